// Ranges of sorted sets: counted, returned, and stored as sorted sets of their own.

#include <cstdint>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/sorted_set_limits.hpp"
#include "server/commands/sorted_set_query.hpp"
#include "server/commands/sorted_set_reply.hpp"
#include "server/commands/sorted_set_store.hpp"
#include "server/errors.hpp"

namespace tidemark::server {

namespace {

using storage::Direction;
using storage::RankRange;
using storage::SortedSet;
using By = RangeQuery::By;

template <typename Range>
Reply count_range(Context& ctx, Bytes key, const Range& range) {
  const auto set = ctx.find_to_read_as<SortedSet>(key);
  if (!set) return error_reply(set.error());
  return Reply::integer(*set == nullptr ? 0 : static_cast<int64_t>(ranks_in(**set, range).size()));
}

Reply zcount(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes low = args.next();
  const Bytes high = args.next();
  const ScoreRange range = read_score_range(args, low, high);
  if (args.failed()) return args.error();
  return count_range(ctx, key, range);
}

constexpr Command kZcount{
    .name = "zcount",
    .summary = "Counts the members of a sorted set with scores in a range.",
    .since = "2.0.0",
    .complexity = "O(log(N)) in the members of the sorted set",
    .group = Group::sorted_set,
    .arity = exactly(4),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key min:double max:double",
    .run = zcount,
};

Reply zlexcount(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes low = args.next();
  const Bytes high = args.next();
  const MemberRange range = read_member_range(args, low, high);
  if (args.failed()) return args.error();
  return count_range(ctx, key, range);
}

constexpr Command kZlexcount{
    .name = "zlexcount",
    .summary = "Counts the members of a sorted set in a range of the alphabet.",
    .since = "2.8.9",
    .complexity = "O(log(N)) in the members of the sorted set",
    .group = Group::sorted_set,
    .arity = exactly(4),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key min max",
    .run = zlexcount,
};

Reply return_range(Context& ctx, ArgReader& args, const RangeWords& words) {
  const Bytes key = args.next();
  const RangeQuery query = read_range_query(args, words);
  if (args.failed()) return args.error();

  const auto set = ctx.find_to_read_as<SortedSet>(key);
  if (!set) return error_reply(set.error());
  const RankRange range = *set == nullptr ? RankRange() : query.ranks_in(**set);
  const protocol::RespVersion resp = ctx.session().resp;
  const ScoredLayout layout = query.with_scores ? layout_with_scores(resp) : ScoredLayout::members;
  ScoredReply reply(resp, layout, range.size());
  if (*set != nullptr) reply.add(**set, range, query.direction);
  return std::move(reply).finish();
}

Reply zrange(Context& ctx, ArgReader& args) { return return_range(ctx, args, {}); }

constexpr Command kZrange{
    .name = "zrange",
    .summary = "Returns a range of a sorted set: by rank, by score, or by member.",
    .since = "1.2.0",
    .complexity = "O(log(N)+M), N being the members of the sorted set and M those returned",
    .group = Group::sorted_set,
    .arity = at_least(4),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax =
        "key:key start stop [sortby:{BYSCORE|BYLEX}] [REV] [LIMIT limit:(offset:integer "
        "count:integer)] [WITHSCORES]",
    .run = zrange,
};

Reply zrevrange(Context& ctx, ArgReader& args) {
  return return_range(ctx, args, {.by = By::rank, .direction = Direction::descending});
}

constexpr Command kZrevrange{
    .name = "zrevrange",
    .summary = "Returns a range of a sorted set by rank, the highest score first.",
    .since = "1.2.0",
    .complexity = "O(log(N)+M), N being the members of the sorted set and M those returned",
    .deprecated = {.since = "6.2.0", .instead = "`ZRANGE` with `REV`"},
    .group = Group::sorted_set,
    .arity = at_least(4),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key start:integer stop:integer [WITHSCORES]",
    .run = zrevrange,
};

Reply zrangebyscore(Context& ctx, ArgReader& args) {
  return return_range(ctx, args, {.by = By::score, .direction = Direction::ascending});
}

constexpr Command kZrangebyscore{
    .name = "zrangebyscore",
    .summary = "Returns the members of a sorted set with scores in a range.",
    .since = "1.0.5",
    .complexity = "O(log(N)+M), N being the members of the sorted set and M those returned",
    .deprecated = {.since = "6.2.0", .instead = "`ZRANGE` with `BYSCORE`"},
    .group = Group::sorted_set,
    .arity = at_least(4),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax =
        "key:key min:double max:double [WITHSCORES] [LIMIT limit:(offset:integer "
        "count:integer)]",
    .run = zrangebyscore,
};

Reply zrevrangebyscore(Context& ctx, ArgReader& args) {
  return return_range(ctx, args, {.by = By::score, .direction = Direction::descending});
}

constexpr Command kZrevrangebyscore{
    .name = "zrevrangebyscore",
    .summary = "Returns the members of a sorted set with scores in a range, the highest first.",
    .since = "2.2.0",
    .complexity = "O(log(N)+M), N being the members of the sorted set and M those returned",
    .deprecated = {.since = "6.2.0", .instead = "`ZRANGE` with `REV` and `BYSCORE`"},
    .group = Group::sorted_set,
    .arity = at_least(4),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax =
        "key:key max:double min:double [WITHSCORES] [LIMIT limit:(offset:integer "
        "count:integer)]",
    .run = zrevrangebyscore,
};

Reply zrangebylex(Context& ctx, ArgReader& args) {
  return return_range(ctx, args, {.by = By::member, .direction = Direction::ascending});
}

constexpr Command kZrangebylex{
    .name = "zrangebylex",
    .summary = "Returns the members of a sorted set in a range of the alphabet.",
    .since = "2.8.9",
    .complexity = "O(log(N)+M), N being the members of the sorted set and M those returned",
    .deprecated = {.since = "6.2.0", .instead = "`ZRANGE` with `BYLEX`"},
    .group = Group::sorted_set,
    .arity = at_least(4),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key min max [LIMIT limit:(offset:integer count:integer)]",
    .run = zrangebylex,
};

Reply zrevrangebylex(Context& ctx, ArgReader& args) {
  return return_range(ctx, args, {.by = By::member, .direction = Direction::descending});
}

constexpr Command kZrevrangebylex{
    .name = "zrevrangebylex",
    .summary = "Returns the members of a sorted set in a range of the alphabet, the last first.",
    .since = "2.8.9",
    .complexity = "O(log(N)+M), N being the members of the sorted set and M those returned",
    .deprecated = {.since = "6.2.0", .instead = "`ZRANGE` with `REV` and `BYLEX`"},
    .group = Group::sorted_set,
    .arity = at_least(4),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key max min [LIMIT limit:(offset:integer count:integer)]",
    .run = zrevrangebylex,
};

Reply zrangestore(Context& ctx, ArgReader& args) {
  const Bytes destination = args.next();
  const Bytes source = args.next();
  const RangeQuery query = read_range_query(args, {.may_show_scores = false});
  if (args.failed()) return args.error();

  const auto set = ctx.find_to_read_as<SortedSet>(source);
  if (!set) return error_reply(set.error());
  NewSortedSet stored(sorted_set_limits(ctx));
  if (*set != nullptr) {
    const RankRange range = query.ranks_in(**set);
    (*set)->visit(range.first, range.size(), Direction::ascending,
                  [&stored](Bytes member, double score) { stored.append(member, score); });
  }
  return std::move(stored).store(ctx, destination);
}

constexpr Command kZrangestore{
    .name = "zrangestore",
    .summary = "Stores a range of a sorted set in another key.",
    .since = "6.2.0",
    .complexity = "O(log(N)+M), N being the members of the sorted set and M those stored",
    .group = Group::sorted_set,
    .arity = at_least(5),
    .flags = Flag::write | Flag::deny_oom,
    .event = "zrangestore",
    .keys = {key_at(1, Access::overwrite), key_at(2, Access::read)},
    .syntax =
        "dst:key src:key1 min max [sortby:{BYSCORE|BYLEX}] [REV] [LIMIT limit:(offset:integer "
        "count:integer)]",
    .run = zrangestore,
};

constexpr Command kCommands[] = {kZcount,      kZlexcount,      kZrange,
                                 kZrangebylex, kZrangebyscore,  kZrangestore,
                                 kZrevrange,   kZrevrangebylex, kZrevrangebyscore};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> sorted_set_range_commands() { return kCommands; }

}  // namespace tidemark::server
