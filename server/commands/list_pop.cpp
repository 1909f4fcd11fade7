// Lists: elements of the first list, among several, that has any, or has any first.

#include <limits>
#include <span>
#include <utility>

#include "protocol/encode.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/list_value.hpp"
#include "server/commands/pop_first.hpp"
#include "server/commands/timeout_arg.hpp"

namespace tidemark::server {

namespace {

using storage::List;
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

Reply pair_of(const Context& ctx, Bytes key, const Reply& value) {
  protocol::Output out;
  protocol::write_array_header(out, 2);
  protocol::write_bulk(out, key);
  protocol::encode(value, ctx.session().resp, out);
  return Reply::encoded(std::move(out));
}

// The key and what was popped there. REQUIRES: the list is there.
auto pop_many(ListEnd end, uint64_t count) {
  return [end, count](Context& ctx, Bytes key) {
    const Reply elements = pop_elements(ctx, key, end, count);
    return pair_of(ctx, key, elements);
  };
}
auto pop_one(ListEnd end) {
  return [end](Context& ctx, Bytes key) {
    const Reply element = pop_element(ctx, key, end);
    return pair_of(ctx, key, element);
  };
}

Reply lmpop(Context& ctx, ArgReader& args) {
  const ManyPop pop = read_many_pop(args);
  if (args.failed()) return args.error();
  auto popped = pop_first<List>(ctx, pop.keys, pop_many(pop.end, pop.count));
  return popped ? std::move(*popped) : Reply::null_array();
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

Reply blmpop(Context& ctx, ArgReader& args) {
  const Bytes timeout = args.next();
  const ManyPop pop = read_many_pop(args);
  const int64_t timeout_ms = timeout_of(ctx, args, timeout);
  if (args.failed()) return args.error();
  return pop_or_wait<List>(ctx, pop.keys, timeout_ms, pop_many(pop.end, pop.count));
}

constexpr Command kBlmpop{
    .name = "blmpop",
    .summary =
        "Removes elements of the first list, among several, that has any, and returns them; "
        "waits until one has.",
    .since = "7.0.0",
    .complexity = "O(N+M), N the keys given, M the elements returned",
    .group = Group::list,
    .arity = at_least(5),
    .flags = Flag::write | Flag::blocking,
    .keys = {counted_keys_at(2, Access::access_delete)},
    .syntax = "timeout:double numkeys:integer key:key... where:{LEFT|RIGHT} [COUNT count:integer]",
    .run = blmpop,
};

Reply pop_one_or_wait(Context& ctx, ArgReader& args, ListEnd end) {
  const auto keys = args.take(args.remaining() - 1);
  const int64_t timeout_ms = timeout_of(ctx, args, args.next());
  if (args.failed()) return args.error();
  return pop_or_wait<List>(ctx, keys, timeout_ms, pop_one(end));
}

Reply blpop(Context& ctx, ArgReader& args) { return pop_one_or_wait(ctx, args, ListEnd::front); }

constexpr Command kBlpop{
    .name = "blpop",
    .summary =
        "Removes the first element of the first list, among several, that has any, and "
        "returns it; waits until one has.",
    .since = "2.0.0",
    .complexity = "O(N) in the keys given",
    .group = Group::list,
    .arity = at_least(3),
    .flags = Flag::write | Flag::blocking,
    .keys = {{.walk = Walk{.last = -2}, .access = Access::access_delete}},
    .syntax = "key:key... timeout:double",
    .run = blpop,
};

Reply brpop(Context& ctx, ArgReader& args) { return pop_one_or_wait(ctx, args, ListEnd::back); }

constexpr Command kBrpop{
    .name = "brpop",
    .summary =
        "Removes the last element of the first list, among several, that has any, and "
        "returns it; waits until one has.",
    .since = "2.0.0",
    .complexity = "O(N) in the keys given",
    .group = Group::list,
    .arity = at_least(3),
    .flags = Flag::write | Flag::blocking,
    .keys = {{.walk = Walk{.last = -2}, .access = Access::access_delete}},
    .syntax = "key:key... timeout:double",
    .run = brpop,
};

constexpr Command kCommands[] = {kBlmpop, kBlpop, kBrpop, kLmpop};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> list_pop_commands() { return kCommands; }

}  // namespace tidemark::server
