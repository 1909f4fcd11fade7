// What takes members out of sorted sets by their place: ranges that are removed, and the first and
// last that are popped.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/sorted_set_pop.hpp"
#include "server/commands/sorted_set_query.hpp"
#include "server/commands/sorted_set_reply.hpp"
#include "server/errors.hpp"
#include "storage/keyspace/edit.hpp"

namespace tidemark::server {

namespace {

using storage::Direction;
using storage::RankRange;
using storage::SortedSet;

template <typename RanksIn>
Reply remove_range(Context& ctx, Bytes key, RanksIn&& ranks_in_set) {
  storage::Database& database = ctx.database(key);
  const storage::HashedKey hashed = ctx.hashed(key);
  const auto set = database.find_as<SortedSet>(hashed);
  if (!set) return error_reply(set.error());
  if (*set == nullptr) return Reply::integer(0);
  const RankRange range = ranks_in_set(**set);
  erase_ranks(database, hashed, **set, range);
  return Reply::integer(static_cast<int64_t>(range.size()));
}

Reply zremrangebyrank(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const int64_t start = args.next_integer();
  const int64_t stop = args.next_integer();
  if (args.failed()) return args.error();
  return remove_range(ctx, key,
                      [&](const SortedSet& set) { return ranks_between(set.size(), start, stop); });
}

constexpr Command kZremrangebyrank{
    .name = "zremrangebyrank",
    .summary = "Removes the members of a sorted set with ranks in a range.",
    .since = "2.0.0",
    .complexity = "O(log(N)+M), N being the members of the sorted set and M those removed",
    .group = Group::sorted_set,
    .arity = exactly(4),
    .flags = Flag::write,
    .keys = {key_at(1, Access::erase)},
    .syntax = "key:key start:integer stop:integer",
    .run = zremrangebyrank,
};

Reply zremrangebyscore(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes low = args.next();
  const Bytes high = args.next();
  const ScoreRange range = read_score_range(args, low, high);
  if (args.failed()) return args.error();
  return remove_range(ctx, key, [&](const SortedSet& set) { return ranks_in(set, range); });
}

constexpr Command kZremrangebyscore{
    .name = "zremrangebyscore",
    .summary = "Removes the members of a sorted set with scores in a range.",
    .since = "1.2.0",
    .complexity = "O(log(N)+M), N being the members of the sorted set and M those removed",
    .group = Group::sorted_set,
    .arity = exactly(4),
    .flags = Flag::write,
    .keys = {key_at(1, Access::erase)},
    .syntax = "key:key min:double max:double",
    .run = zremrangebyscore,
};

Reply zremrangebylex(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes low = args.next();
  const Bytes high = args.next();
  const MemberRange range = read_member_range(args, low, high);
  if (args.failed()) return args.error();
  return remove_range(ctx, key, [&](const SortedSet& set) { return ranks_in(set, range); });
}

constexpr Command kZremrangebylex{
    .name = "zremrangebylex",
    .summary = "Removes the members of a sorted set in a range of the alphabet.",
    .since = "2.8.9",
    .complexity = "O(log(N)+M), N being the members of the sorted set and M those removed",
    .group = Group::sorted_set,
    .arity = exactly(4),
    .flags = Flag::write,
    .keys = {key_at(1, Access::erase)},
    .syntax = "key:key min max",
    .run = zremrangebylex,
};

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
  const RankRange range = end_of(**set, static_cast<size_t>(count), direction);
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
    .keys = {key_at(1, Access::access_delete)},
    .syntax = "key:key [count:integer]",
    .run = zpopmax,
};

Reply zmpop(Context& ctx, ArgReader& args) {
  const ManyPop pop = read_many_pop(args);
  if (args.failed()) return args.error();
  for (const Bytes key : pop.keys) {
    const auto set = ctx.database(key).find_as<SortedSet>(ctx.hashed(key));
    if (!set) return error_reply(set.error());
    if (*set != nullptr) return pop_many(ctx, key, **set, pop);
  }
  return Reply::null_array();
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

constexpr Command kCommands[] = {kZmpop,          kZpopmax,         kZpopmin,
                                 kZremrangebylex, kZremrangebyrank, kZremrangebyscore};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> sorted_set_remove_commands() { return kCommands; }

}  // namespace tidemark::server
