// Lists: elements of the first list, among several, that has any.

#include <limits>
#include <span>
#include <utility>

#include "protocol/encode.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/list_value.hpp"
#include "server/errors.hpp"

namespace tidemark::server {

namespace {

using storage::ListEnd;

// Some elements of one of several lists.
struct ManyPop {
  std::span<const Bytes> keys;
  ListEnd end = ListEnd::front;
  uint64_t count = 1;
};

ManyPop read_many_pop(ArgReader& args) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  ManyPop pop;
  const int64_t keys = args.next_integer(1, kMax, "ERR numkeys should be greater than 0");
  pop.keys = args.take(static_cast<size_t>(keys));
  pop.end = read_list_end(args);
  if (args.accept_with("count", 1)) {
    pop.count =
        static_cast<uint64_t>(args.next_integer(1, kMax, "ERR count should be greater than 0"));
  }
  args.finish();
  return pop;
}

// The key and what was popped there. REQUIRES: the list is there.
Reply pop_with_key(Context& ctx, Bytes key, const ManyPop& pop) {
  const Reply elements = pop_elements(ctx, key, pop.end, pop.count);
  protocol::Output out;
  protocol::write_array_header(out, 2);
  protocol::write_bulk(out, key);
  protocol::encode(elements, ctx.session().resp, out);
  return Reply::encoded(std::move(out));
}

Reply lmpop(Context& ctx, ArgReader& args) {
  const ManyPop pop = read_many_pop(args);
  if (args.failed()) return args.error();
  for (const Bytes key : pop.keys) {
    const auto list = find_list(ctx, key);
    if (!list) return error_reply(list.error());
    if (*list != nullptr) return pop_with_key(ctx, key, pop);
  }
  return Reply::null_array();
}

constexpr Command kLmpop{
    .name = "lmpop",
    .summary = "Removes elements of the first list, among several, that has any, and returns them.",
    .since = "7.0.0",
    .complexity = "O(N+M), N the keys given, M the elements returned",
    .group = Group::list,
    .arity = at_least(4),
    .flags = Flag::write,
    .keys = {counted_keys_at(1, Access::access_delete)},
    .syntax = "numkeys:integer key:key... where:{LEFT|RIGHT} [COUNT count:integer]",
    .run = lmpop,
};

constexpr Command kCommands[] = {kLmpop};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> list_pop_commands() { return kCommands; }

}  // namespace tidemark::server
