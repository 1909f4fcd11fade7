// Lists: their ends, and what is read of them.

#include <algorithm>
#include <limits>
#include <utility>

#include "protocol/encode.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/elements_reply.hpp"
#include "server/commands/families.hpp"
#include "server/commands/index_range.hpp"
#include "server/commands/list_value.hpp"
#include "server/errors.hpp"

namespace tidemark::server {

namespace {

using storage::IfAbsent;
using storage::List;
using storage::ListEnd;
using storage::PackedElement;

Reply push(Context& ctx, ArgReader& args, ListEnd end, IfAbsent if_absent) {
  const Bytes key = args.next();
  const auto elements = args.rest();
  check_list_elements(args, elements);
  if (args.failed()) return args.error();

  auto list = ctx.database(key).edit<List>(ctx.hashed(key), if_absent);
  if (!list) return error_reply(list.error());
  if (!*list) return Reply::integer(0);
  const storage::ListLimits limits = list_limits(ctx);
  for (const Bytes element : elements) (*list)->push(end, element, limits);
  return Reply::integer(static_cast<int64_t>((*list)->size()));
}

Reply lpush(Context& ctx, ArgReader& args) {
  return push(ctx, args, ListEnd::front, IfAbsent::create);
}

constexpr Command kLpush{
    .name = "lpush",
    .summary = "Adds elements in front of a list, creating the list when the key is absent.",
    .since = "1.0.0",
    .complexity = "O(N) in the elements given",
    .group = Group::list,
    .arity = at_least(3),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "lpush",
    .keys = {key_at(1, Access::insert)},
    .syntax = "key:key element...",
    .run = lpush,
};

Reply lpushx(Context& ctx, ArgReader& args) {
  return push(ctx, args, ListEnd::front, IfAbsent::leave);
}

constexpr Command kLpushx{
    .name = "lpushx",
    .summary = "Adds elements in front of a list if there is one.",
    .since = "2.2.0",
    .complexity = "O(N) in the elements given",
    .group = Group::list,
    .arity = at_least(3),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "lpush",
    .keys = {key_at(1, Access::insert)},
    .syntax = "key:key element...",
    .run = lpushx,
};

Reply rpush(Context& ctx, ArgReader& args) {
  return push(ctx, args, ListEnd::back, IfAbsent::create);
}

constexpr Command kRpush{
    .name = "rpush",
    .summary = "Adds elements to the end of a list, creating the list when the key is absent.",
    .since = "1.0.0",
    .complexity = "O(N) in the elements given",
    .group = Group::list,
    .arity = at_least(3),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "rpush",
    .keys = {key_at(1, Access::insert)},
    .syntax = "key:key element...",
    .run = rpush,
};

Reply rpushx(Context& ctx, ArgReader& args) {
  return push(ctx, args, ListEnd::back, IfAbsent::leave);
}

constexpr Command kRpushx{
    .name = "rpushx",
    .summary = "Adds elements to the end of a list if there is one.",
    .since = "2.2.0",
    .complexity = "O(N) in the elements given",
    .group = Group::list,
    .arity = at_least(3),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "rpush",
    .keys = {key_at(1, Access::insert)},
    .syntax = "key:key element...",
    .run = rpushx,
};

Reply pop(Context& ctx, ArgReader& args, ListEnd end) {
  const Bytes key = args.next();
  const bool counted = !args.empty();
  if (args.remaining() > 1) {
    args.fail(end == ListEnd::front ? "ERR wrong number of arguments for 'lpop' command"
                                    : "ERR wrong number of arguments for 'rpop' command");
  }
  int64_t count = 1;
  if (counted) {
    count = args.next_integer(0, std::numeric_limits<int64_t>::max(),
                              "ERR value is out of range, must be positive");
  }
  if (args.failed()) return args.error();

  const auto list = find_list(ctx, key);
  if (!list) return error_reply(list.error());
  if (*list == nullptr) return counted ? Reply::null_array() : Reply::null();
  if (!counted) return pop_element(ctx, key, end);
  if (count == 0) return Reply::empty_array();
  return pop_elements(ctx, key, end, static_cast<uint64_t>(count));
}

Reply lpop(Context& ctx, ArgReader& args) { return pop(ctx, args, ListEnd::front); }

constexpr Command kLpop{
    .name = "lpop",
    .summary = "Removes the first element of a list and returns it, or the first few.",
    .since = "1.0.0",
    .complexity = "O(N) in the elements returned",
    .group = Group::list,
    .arity = at_least(2),
    .flags = Flag::write | Flag::fast,
    .event = "lpop",
    .keys = {key_at(1, Access::access_delete)},
    .syntax = "key:key [count:integer]",
    .run = lpop,
};

Reply rpop(Context& ctx, ArgReader& args) { return pop(ctx, args, ListEnd::back); }

constexpr Command kRpop{
    .name = "rpop",
    .summary = "Removes the last element of a list and returns it, or the last few.",
    .since = "1.0.0",
    .complexity = "O(N) in the elements returned",
    .group = Group::list,
    .arity = at_least(2),
    .flags = Flag::write | Flag::fast,
    .event = "rpop",
    .keys = {key_at(1, Access::access_delete)},
    .syntax = "key:key [count:integer]",
    .run = rpop,
};

Reply llen(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();
  const auto list = find_list_to_read(ctx, key);
  if (!list) return error_reply(list.error());
  return Reply::integer(*list != nullptr ? static_cast<int64_t>((*list)->size()) : 0);
}

constexpr Command kLlen{
    .name = "llen",
    .summary = "Returns the length of a list.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::list,
    .arity = exactly(2),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::inspect)},
    .syntax = "key:key",
    .run = llen,
};

Reply lrange(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const int64_t start = args.next_integer();
  const int64_t stop = args.next_integer();
  if (args.failed()) return args.error();

  const auto list = find_list_to_read(ctx, key);
  if (!list) return error_reply(list.error());
  const size_t size = *list != nullptr ? (*list)->size() : 0;
  const IndexRange range = index_range(start, stop, size);
  if (range.count == 0) return Reply::empty_array();
  protocol::Output out;
  protocol::write_array_header(out, range.count);
  (*list)->visit(ListEnd::front, range.first, range.count, [&](const PackedElement& element) {
    write_list_element(out, element);
    return true;
  });
  return Reply::encoded(std::move(out));
}

constexpr Command kLrange{
    .name = "lrange",
    .summary = "Returns a range of a list's elements.",
    .since = "1.0.0",
    .complexity = "O(S+N), S the pieces between the range and the nearer end, N what is returned",
    .group = Group::list,
    .arity = exactly(4),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key start:integer stop:integer",
    .run = lrange,
};

Reply lindex(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const auto list = find_list_to_read(ctx, key);
  if (!list) return error_reply(list.error());
  if (*list == nullptr) return Reply::null();
  // Asked for only where there is a list to look into.
  const auto index = index_within(args.next_integer(), (*list)->size());
  if (args.failed()) return args.error();
  if (!index) return Reply::null();
  return element_reply((*list)->get(*index));
}

constexpr Command kLindex{
    .name = "lindex",
    .summary = "Returns an element of a list by its index.",
    .since = "1.0.0",
    .complexity = "O(N) in the pieces between the element and the nearer end",
    .group = Group::list,
    .arity = exactly(3),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key index:integer",
    .run = lindex,
};

constexpr Command kCommands[] = {kLindex, kLlen, kLpop,  kLpush, kLpushx,
                                 kLrange, kRpop, kRpush, kRpushx};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> list_commands() { return kCommands; }

}  // namespace tidemark::server
