// Popping the first or last members of sorted sets, at once or when there are any.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include "protocol/encode.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/pop_first.hpp"
#include "server/commands/sorted_set_erase.hpp"
#include "server/commands/sorted_set_reply.hpp"
#include "server/commands/timeout_arg.hpp"
#include "server/errors.hpp"

namespace tidemark::server {

namespace {

using storage::Direction;
using storage::RankRange;
using storage::SortedSet;

// The first `count` elements in the direction, as ascending ranks.
RankRange ranks_at(const SortedSet& set, size_t count, Direction direction) {
  count = std::min(count, set.size());
  return direction == Direction::ascending
             ? RankRange{.first = 0, .last = count}
             : RankRange{.first = set.size() - count, .last = set.size()};
}

// ZPOPMIN and ZPOPMAX. In RESP3 it is pairs with a count, and one flat array without.
Reply pop(Context& ctx, ArgReader& args, Direction direction) {
  const Bytes key = args.next();
  const bool counted = !args.empty();
  if (args.remaining() > 1) args.fail_syntax();
  const int64_t count = counted ? args.next_integer(0, std::numeric_limits<int64_t>::max(),
                                                    "ERR value is out of range, must be positive")
                                : 1;
  if (args.failed()) return args.error();

  storage::Database& database = ctx.database(key);
  const storage::HashedKey hashed = ctx.hashed(key);
  const auto set = database.find_as<SortedSet>(hashed);
  if (!set) return error_reply(set.error());
  if (*set == nullptr) return Reply::empty_array();
  const protocol::RespVersion resp = ctx.session().resp;
  const ScoredLayout layout = counted ? layout_with_scores(resp) : ScoredLayout::flat;
  const RankRange range = ranks_at(**set, static_cast<size_t>(count), direction);
  ScoredReply reply(resp, layout, range.size());
  reply.add(**set, range, direction);
  erase_ranks(database, hashed, **set, range);
  return std::move(reply).finish();
}

Reply zpopmin(Context& ctx, ArgReader& args) { return pop(ctx, args, Direction::ascending); }

constexpr Command kZpopmin{
    .name = "zpopmin",
    .summary = "Removes and returns the members of a sorted set with the lowest scores.",
    .since = "5.0.0",
    .complexity = "O(log(N)+M), N being the members of the sorted set and M those popped",
    .group = Group::sorted_set,
    .arity = at_least(2),
    .flags = Flag::write | Flag::fast,
    .event = "zpopmin",
    .keys = {key_at(1, Access::access_delete)},
    .syntax = "key:key [count:integer]",
    .run = zpopmin,
};

Reply zpopmax(Context& ctx, ArgReader& args) { return pop(ctx, args, Direction::descending); }

constexpr Command kZpopmax{
    .name = "zpopmax",
    .summary = "Removes and returns the members of a sorted set with the highest scores.",
    .since = "5.0.0",
    .complexity = "O(log(N)+M), N being the members of the sorted set and M those popped",
    .group = Group::sorted_set,
    .arity = at_least(2),
    .flags = Flag::write | Flag::fast,
    .event = "zpopmax",
    .keys = {key_at(1, Access::access_delete)},
    .syntax = "key:key [count:integer]",
    .run = zpopmax,
};

// Some members of one of several sets.
struct ManyPop {
  std::span<const Bytes> keys;
  Direction direction = Direction::ascending;
  size_t count = 1;
};

ManyPop read_many_pop(ArgReader& args) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const int64_t keys = args.next_integer(1, kMax, "ERR numkeys should be greater than 0");
  ManyPop pop{.keys = args.take(static_cast<size_t>(keys))};
  if (args.accept("max")) {
    pop.direction = Direction::descending;
  } else if (!args.accept("min")) {
    args.fail_syntax();
  }
  if (args.accept_with("count", 1)) {
    pop.count =
        static_cast<size_t>(args.next_integer(1, kMax, "ERR count should be greater than 0"));
  }
  args.finish();
  return pop;
}

// The key, and what was popped there: one member and its score, or pairs of these in an array.
// REQUIRES: the set is there.
enum class Popped : uint8_t { one, many };
auto pop_with_key(Popped what, Direction direction, size_t count) {
  return [what, direction, count](Context& ctx, Bytes key) {
    ctx.name_changes(key, direction == Direction::ascending ? "zpopmin" : "zpopmax");
    storage::Database& database = ctx.database(key);
    const storage::HashedKey hashed = ctx.hashed(key);
    const SortedSet& set = **database.find_as<SortedSet>(hashed);
    const RankRange range = ranks_at(set, count, direction);
    const protocol::RespVersion resp = ctx.session().resp;
    protocol::Output wire;
    protocol::write_array_header(wire, what == Popped::one ? 3 : 2);
    protocol::write_bulk(wire, key);
    if (what == Popped::one) {
      set.visit(range.first, 1, direction, [&](Bytes member, double score) {
        protocol::write_bulk(wire, member);
        protocol::write_real(wire, resp, score);
      });
    } else {
      ScoredReply popped(resp, ScoredLayout::pairs, range.size());
      popped.add(set, range, direction);
      wire.append(std::move(popped).finish_wire().view());
    }
    erase_ranks(database, hashed, set, range);
    return Reply::encoded(std::move(wire));
  };
}

Reply zmpop(Context& ctx, ArgReader& args) {
  const ManyPop pop = read_many_pop(args);
  if (args.failed()) return args.error();
  auto popped =
      pop_first<SortedSet>(ctx, pop.keys, pop_with_key(Popped::many, pop.direction, pop.count));
  return popped ? std::move(*popped) : Reply::null_array();
}

constexpr Command kZmpop{
    .name = "zmpop",
    .summary = "Pops members from the first of several sorted sets that exists.",
    .since = "7.0.0",
    .complexity =
        "O(K)+O(M*log(N)), K being the keys given, N the members of the sorted set and M "
        "those popped",
    .group = Group::sorted_set,
    .arity = at_least(4),
    .flags = Flag::write,
    .keys = {counted_keys_at(1, Access::access_delete)},
    .syntax = "numkeys:integer key:key... where:{MIN|MAX} [COUNT count:integer]",
    .run = zmpop,
};

Reply bzmpop(Context& ctx, ArgReader& args) {
  const Bytes timeout = args.next();
  const ManyPop pop = read_many_pop(args);
  const int64_t timeout_ms = timeout_of(ctx, args, timeout);
  if (args.failed()) return args.error();
  return pop_or_wait<SortedSet>(ctx, pop.keys, timeout_ms,
                                pop_with_key(Popped::many, pop.direction, pop.count));
}

constexpr Command kBzmpop{
    .name = "bzmpop",
    .summary =
        "Pops members from the first of several sorted sets that exists; waits until one does.",
    .since = "7.0.0",
    .complexity =
        "O(K)+O(M*log(N)), K being the keys given, N the members of the sorted set and M "
        "those popped",
    .group = Group::sorted_set,
    .arity = at_least(5),
    .flags = Flag::write | Flag::blocking,
    .keys = {counted_keys_at(2, Access::access_delete)},
    .syntax = "timeout:double numkeys:integer key:key... where:{MIN|MAX} [COUNT count:integer]",
    .run = bzmpop,
};

Reply pop_one_or_wait(Context& ctx, ArgReader& args, Direction direction) {
  const auto keys = args.take(args.remaining() - 1);
  const int64_t timeout_ms = timeout_of(ctx, args, args.next());
  if (args.failed()) return args.error();
  return pop_or_wait<SortedSet>(ctx, keys, timeout_ms, pop_with_key(Popped::one, direction, 1));
}

Reply bzpopmin(Context& ctx, ArgReader& args) {
  return pop_one_or_wait(ctx, args, Direction::ascending);
}

constexpr Command kBzpopmin{
    .name = "bzpopmin",
    .summary =
        "Pops the member with the lowest score from the first of several sorted sets that "
        "exists; waits until one does.",
    .since = "5.0.0",
    .complexity = "O(K)+O(log(N)), K being the keys given and N the members of the sorted set",
    .group = Group::sorted_set,
    .arity = at_least(3),
    .flags = Flag::write | Flag::fast | Flag::blocking,
    .keys = {{.walk = Walk{.last = -2}, .access = Access::access_delete}},
    .syntax = "key:key... timeout:double",
    .run = bzpopmin,
};

Reply bzpopmax(Context& ctx, ArgReader& args) {
  return pop_one_or_wait(ctx, args, Direction::descending);
}

constexpr Command kBzpopmax{
    .name = "bzpopmax",
    .summary =
        "Pops the member with the highest score from the first of several sorted sets that "
        "exists; waits until one does.",
    .since = "5.0.0",
    .complexity = "O(K)+O(log(N)), K being the keys given and N the members of the sorted set",
    .group = Group::sorted_set,
    .arity = at_least(3),
    .flags = Flag::write | Flag::fast | Flag::blocking,
    .keys = {{.walk = Walk{.last = -2}, .access = Access::access_delete}},
    .syntax = "key:key... timeout:double",
    .run = bzpopmax,
};

constexpr Command kCommands[] = {kBzmpop, kBzpopmax, kBzpopmin, kZmpop, kZpopmax, kZpopmin};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> sorted_set_pop_commands() { return kCommands; }

}  // namespace tidemark::server
