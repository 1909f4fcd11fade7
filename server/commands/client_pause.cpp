#include <limits>
#include <memory>

#include "server/commands/client.hpp"
#include "server/core/work_message.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

constexpr Bytes kTooManyArguments =
    "ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.";

Pause::Mode read_mode(ArgReader& args) {
  if (args.empty() || args.accept("all")) return Pause::Mode::all;
  if (args.accept("write")) return Pause::Mode::write;
  args.fail("ERR CLIENT PAUSE mode must be WRITE or ALL");
  return Pause::Mode::none;
}

}  // namespace

Reply client_pause(Context& ctx, ArgReader& args) {
  if (args.remaining() > 2) args.fail(kTooManyArguments);
  const int64_t timeout_ms =
      args.next_integer(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(),
                        "ERR timeout is not an integer or out of range");
  if (timeout_ms < 0) args.fail("ERR timeout is negative");
  if (timeout_ms > std::numeric_limits<int64_t>::max() - ctx.now_ms()) {
    args.fail("ERR timeout is out of range");
  }
  const Pause::Mode mode = read_mode(args);
  if (args.failed()) return args.error();

  for (const CoreId core : ctx.all_cores()) {
    ctx.data(core).pause.extend(mode, ctx.now_ms() + timeout_ms, ctx.now_ms());
  }
  return Reply::ok();
}

Reply client_unpause(Context& ctx, ArgReader&) {
  for (const CoreId core : ctx.all_cores()) {
    ctx.data(core).pause.end();
    // Who was held goes on where it belongs.
    ctx.server().core(core).post(
        std::make_unique<WorkMessage>([](OnCore& here) { here.data().pause.release(here); }));
  }
  return Reply::ok();
}

}  // namespace tidemark::server
