#include "server/commands/debug_process.hpp"

#include <sys/mman.h>

#include <new>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "server/core/allocator.hpp"
#include "server/crash/report.hpp"
#include "server/server.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server {

// As Redis does it: by writing to a page that may only be read.
Reply debug_segfault(Context&, ArgReader&) {
  constexpr size_t kPage = 4096;
  void* const page = mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ENSURE(page != MAP_FAILED);
  *static_cast<volatile char*>(page) = 1;
  return Reply::ok();
}

Reply debug_panic(Context&, ArgReader&) { crash::panic("called by DEBUG PANIC"); }

Reply debug_assert(Context&, ArgReader&) {
  ENSURE(1 == 2);
  return Reply::ok();
}

Reply debug_oom(Context& ctx, ArgReader&) {
  // Known at run time only, so that the compiler cannot see that it is too much.
  const size_t far_too_much = SIZE_MAX / 2 - static_cast<size_t>(ctx.now_ms() & 1);
  // Asked for by name: an expression with `new` whose result nobody uses may be left out.
  void* const bytes = ::operator new(far_too_much);
  ::operator delete(bytes);
  return Reply::ok();
}

Reply debug_mallctl(Context&, ArgReader& args) {
  const std::string name(args.next());
  std::optional<uint64_t> set_to;
  if (!args.empty()) set_to = static_cast<uint64_t>(args.next_integer());
  if (args.failed()) return args.error();
  const AllocatorValue value = allocator_number(name, set_to);
  if (!value.number) return Reply::error("ERR " + value.error);
  return Reply::integer(static_cast<int64_t>(*value.number));
}

Reply debug_mallctl_text(Context&, ArgReader& args) {
  const std::string name(args.next());
  const bool call = args.accept("void");
  (void)args.rest();
  const AllocatorText value =
      allocator_text(name, call ? AllocatorCall::call : AllocatorCall::read);
  if (!value.error.empty()) return Reply::error("ERR " + value.error);
  return Reply::bulk_copy(value.text);
}

Reply debug_rewrite_config(Context& ctx, ArgReader&) {
  const auto error = ctx.server().config().rewrite({}, Defaults::spelled_out);
  if (error) return Reply::error("ERR CONFIG-REWRITE-FORCE-ALL failed: " + *error);
  return Reply::ok();
}

Reply debug_client_eviction(Context& ctx, ArgReader&) {
  if (ctx.settings().maxmemory_clients == MemoryOrPercent{}) {
    return Reply::error("ERR maxmemory-clients is disabled.");
  }
  std::string text;
  for (const CoreId core : ctx.all_cores()) {
    const ClientMemoryBooks& books = ctx.data(core).client_memory;
    text +=
        fmt::format("core {}: {} bytes, the largest client below {}\n", core.value(), books.bytes(),
                    books.top_bucket() < 0 ? 0 : uint64_t{1} << books.top_bucket());
  }
  return Reply::verbatim("txt", text);
}

}  // namespace tidemark::server
