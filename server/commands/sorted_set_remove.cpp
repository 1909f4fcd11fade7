// What takes members out of sorted sets by their place.

#include <cstdint>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/sorted_set_erase.hpp"
#include "server/commands/sorted_set_query.hpp"
#include "server/errors.hpp"

namespace tidemark::server {

namespace {

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
    .event = "zremrangebyrank",
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
    .event = "zremrangebyscore",
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
    .event = "zremrangebylex",
    .keys = {key_at(1, Access::erase)},
    .syntax = "key:key min max",
    .run = zremrangebylex,
};

constexpr Command kCommands[] = {kZremrangebylex, kZremrangebyrank, kZremrangebyscore};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> sorted_set_remove_commands() { return kCommands; }

}  // namespace tidemark::server
