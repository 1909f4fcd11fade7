// Sorted sets: members that come, go, move and are looked for. Ranges of them are in
// sorted_set_range.cpp.

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/elements_reply.hpp"
#include "server/commands/families.hpp"
#include "server/commands/scan_cursor.hpp"
#include "server/commands/sorted_set_add.hpp"
#include "server/errors.hpp"
#include "storage/keyspace/edit.hpp"
#include "storage/value/sorted_set.hpp"

namespace tidemark::server {

namespace {

using storage::IfAbsent;
using storage::SortedSet;

AddRule read_add_rule(ArgReader& args) {
  AddRule rule;
  for (;;) {
    if (args.accept("nx")) {
      rule.if_absent = true;
    } else if (args.accept("xx")) {
      rule.if_present = true;
    } else if (args.accept("gt")) {
      rule.if_greater = true;
    } else if (args.accept("lt")) {
      rule.if_less = true;
    } else if (args.accept("ch")) {
      rule.count_changed = true;
    } else if (args.accept("incr")) {
      rule.increment = true;
    } else {
      return rule;
    }
  }
}

void check_add(const AddRule& rule, ArgReader& args) {
  if (args.empty() || args.remaining() % 2 != 0) args.fail_syntax();
  if (rule.if_absent && rule.if_present) {
    args.fail("ERR XX and NX options at the same time are not compatible");
  }
  if (int{rule.if_absent} + int{rule.if_greater} + int{rule.if_less} > 1) {
    args.fail("ERR GT, LT, and/or NX options at the same time are not compatible");
  }
  if (rule.increment && args.remaining() > 2) {
    args.fail("ERR INCR option supports a single increment-element pair");
  }
}

Reply zadd(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const AddRule rule = read_add_rule(args);
  check_add(rule, args);
  std::vector<GivenScore> elements;
  elements.reserve(args.remaining() / 2);
  while (!args.empty() && !args.failed()) {
    const double score = args.next_double();
    elements.push_back({.score = score, .member = args.next()});
  }
  if (args.failed()) return args.error();
  if (!rule.increment) return add_members(ctx, key, elements, rule);
  ctx.name_changes(key, "zincr");
  return add_to_score(ctx, key, elements.front(), rule);
}

constexpr Command kZadd{
    .name = "zadd",
    .summary = "Adds members to a sorted set, or gives them other scores.",
    .since = "1.2.0",
    .complexity = "O(log(N)) for each member, N being the members of the sorted set",
    .group = Group::sorted_set,
    .arity = at_least(4),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "zadd",
    .keys = {key_at(1, Access::update)},
    .syntax =
        "key:key [condition:{NX|XX}] [comparison:{GT|LT}] [change=CH] [increment=INCR] "
        "data:(score:double member)...",
    .run = zadd,
};

Reply zincrby(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const double by = args.next_double();
  const Bytes member = args.next();
  if (args.failed()) return args.error();
  return add_to_score(ctx, key, {.score = by, .member = member}, {.increment = true});
}

constexpr Command kZincrby{
    .name = "zincrby",
    .summary = "Adds to the score of a member of a sorted set.",
    .since = "1.2.0",
    .complexity = "O(log(N)) in the members of the sorted set",
    .group = Group::sorted_set,
    .arity = exactly(4),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "zincr",
    .keys = {key_at(1, Access::access_update)},
    .syntax = "key:key increment:integer member",
    .run = zincrby,
};

Reply zrem(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const auto members = args.rest();
  if (args.failed()) return args.error();

  auto set = ctx.database(key).edit<SortedSet>(ctx.hashed(key), IfAbsent::leave);
  if (!set) return error_reply(set.error());
  if (!*set) return Reply::integer(0);
  int64_t removed = 0;
  for (const Bytes member : members) removed += (*set)->erase(member) ? 1 : 0;
  if (removed == 0) set->nothing_changed();
  return Reply::integer(removed);
}

constexpr Command kZrem{
    .name = "zrem",
    .summary = "Removes members from a sorted set.",
    .since = "1.2.0",
    .complexity = "O(M*log(N)), M being the members given and N those of the sorted set",
    .group = Group::sorted_set,
    .arity = at_least(3),
    .flags = Flag::write | Flag::fast,
    .event = "zrem",
    .keys = {key_at(1, Access::erase)},
    .syntax = "key:key member...",
    .run = zrem,
};

Reply zcard(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();
  const auto set = ctx.find_to_read_as<SortedSet>(key);
  if (!set) return error_reply(set.error());
  return Reply::integer(*set == nullptr ? 0 : static_cast<int64_t>((*set)->size()));
}

constexpr Command kZcard{
    .name = "zcard",
    .summary = "Counts the members of a sorted set.",
    .since = "1.2.0",
    .complexity = "O(1)",
    .group = Group::sorted_set,
    .arity = exactly(2),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::inspect)},
    .syntax = "key:key",
    .run = zcard,
};

Reply zscore(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes member = args.next();
  if (args.failed()) return args.error();
  const auto set = ctx.find_to_read_as<SortedSet>(key);
  if (!set) return error_reply(set.error());
  const auto score = *set == nullptr ? std::nullopt : (*set)->score(member);
  return score ? Reply::real(*score) : Reply::null();
}

constexpr Command kZscore{
    .name = "zscore",
    .summary = "Tells the score of a member of a sorted set.",
    .since = "1.2.0",
    .complexity = "O(1)",
    .group = Group::sorted_set,
    .arity = exactly(3),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key member",
    .run = zscore,
};

Reply zmscore(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const auto members = args.rest();
  if (args.failed()) return args.error();
  const auto set = ctx.find_to_read_as<SortedSet>(key);
  if (!set) return error_reply(set.error());

  protocol::Output wire;
  protocol::write_array_header(wire, members.size());
  for (const Bytes member : members) {
    const auto score = *set == nullptr ? std::nullopt : (*set)->score(member);
    score ? protocol::write_real(wire, ctx.session().resp, *score)
          : protocol::write_null(wire, ctx.session().resp);
  }
  return Reply::encoded(std::move(wire));
}

constexpr Command kZmscore{
    .name = "zmscore",
    .summary = "Tells the scores of members of a sorted set.",
    .since = "6.2.0",
    .complexity = "O(N) in the members given",
    .group = Group::sorted_set,
    .arity = at_least(3),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key member...",
    .run = zmscore,
};

// ZRANK and ZREVRANK. `too_many`: what is answered where more follows than one option.
Reply rank_of(Context& ctx, ArgReader& args, storage::Direction direction, Bytes too_many) {
  const Bytes key = args.next();
  const Bytes member = args.next();
  if (args.remaining() > 1) args.fail(too_many);
  const bool with_score = args.accept("withscore");
  args.finish();
  if (args.failed()) return args.error();

  const auto set = ctx.find_to_read_as<SortedSet>(key);
  if (!set) return error_reply(set.error());
  const auto found = *set == nullptr ? std::nullopt : (*set)->find_ranked(member);
  if (!found) return with_score ? Reply::null_array() : Reply::null();
  const size_t rank =
      direction == storage::Direction::ascending ? found->rank : (*set)->size() - 1 - found->rank;
  if (!with_score) return Reply::integer(static_cast<int64_t>(rank));
  std::vector<Reply> pair;
  pair.push_back(Reply::integer(static_cast<int64_t>(rank)));
  pair.push_back(Reply::real(found->score));
  return Reply::array(std::move(pair));
}

Reply zrank(Context& ctx, ArgReader& args) {
  return rank_of(ctx, args, storage::Direction::ascending,
                 "ERR wrong number of arguments for 'zrank' command");
}

constexpr Command kZrank{
    .name = "zrank",
    .summary = "Tells how many members of a sorted set come before one.",
    .since = "2.0.0",
    .complexity = "O(log(N)) in the members of the sorted set",
    .group = Group::sorted_set,
    .arity = at_least(3),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key member [WITHSCORE]",
    .run = zrank,
};

Reply zrevrank(Context& ctx, ArgReader& args) {
  return rank_of(ctx, args, storage::Direction::descending,
                 "ERR wrong number of arguments for 'zrevrank' command");
}

constexpr Command kZrevrank{
    .name = "zrevrank",
    .summary = "Tells how many members of a sorted set come behind one.",
    .since = "2.0.0",
    .complexity = "O(log(N)) in the members of the sorted set",
    .group = Group::sorted_set,
    .arity = at_least(3),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key member [WITHSCORE]",
    .run = zrevrank,
};

Reply zscan(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  ScanArgs read{.cursor = read_scan_cursor(args)};
  if (args.failed()) return args.error();
  const auto set = ctx.find_to_read_as<SortedSet>(key);
  if (!set) return error_reply(set.error());
  ElementsReply found(ctx.session().resp, Gathering::array);
  // Redis does not look at the options of a scan of nothing.
  if (*set == nullptr) {
    (void)args.rest();
    return part_scan_reply(0, std::move(found));
  }
  read_scan_options(args, ScanWords::plain, read);
  if (args.failed()) return args.error();

  const uint64_t next = (*set)->scan(read.cursor, read.count, [&](Bytes member, double score) {
    if (!read.matches(member)) return;
    found.add(member);
    found.add(Bytes(to_text(score)));
  });
  return part_scan_reply(next, std::move(found));
}

constexpr Command kZscan{
    .name = "zscan",
    .summary = "Iterates over the members of a sorted set and their scores.",
    .since = "2.8.0",
    .complexity = "O(1) for a call, O(N) for all of the sorted set",
    .group = Group::sorted_set,
    .arity = at_least(3),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key cursor:integer [MATCH pattern:pattern] [COUNT count:integer] [NOSCORES]",
    .tips = {"nondeterministic_output"},
    .run = zscan,
};

constexpr Command kCommands[] = {kZadd, kZcard,    kZincrby, kZmscore, kZrank,
                                 kZrem, kZrevrank, kZscan,   kZscore};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> sorted_set_commands() { return kCommands; }

}  // namespace tidemark::server
