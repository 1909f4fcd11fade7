// ZRANDMEMBER: members of sorted sets that chance picks.

#include <algorithm>
#include <cstdint>
#include <unordered_set>
#include <utility>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/pick_count.hpp"
#include "server/commands/sorted_set_reply.hpp"
#include "server/errors.hpp"
#include "storage/value/random.hpp"
#include "storage/value/sorted_set.hpp"

namespace tidemark::server {

namespace {

using storage::Direction;
using storage::Random;
using storage::SortedSet;

// Of less than one in so many elements, ranks that are drawn are seldom drawn again; for more, all
// elements are gone through.
constexpr size_t kSparsePart = 3;

// The element at the rank.
void add_at(ScoredReply& reply, const SortedSet& set, size_t rank) {
  reply.add(set, {.first = rank, .last = rank + 1}, Direction::ascending);
}

// So many different elements, or all.
Reply sample(const Context& ctx, const SortedSet& set, size_t count, ScoredLayout layout,
             uint64_t seed) {
  count = std::min(count, set.size());
  ScoredReply reply(ctx.session().resp, layout, count);
  if (count < set.size() / kSparsePart) {
    Random random(seed);
    std::unordered_set<size_t> drawn;
    while (drawn.size() < count) {
      const size_t rank = random.below(set.size());
      if (drawn.insert(rank).second) add_at(reply, set, rank);
    }
    return std::move(reply).finish();
  }
  storage::Selection selection(set.size(), count, seed);
  set.visit(0, set.size(), Direction::ascending, [&](Bytes member, double score) {
    if (selection.takes_next()) reply.add(member, score);
  });
  return std::move(reply).finish();
}

// So many elements, whichever and however often chance has it.
Reply draw(const Context& ctx, const SortedSet& set, size_t count, ScoredLayout layout,
           uint64_t seed) {
  ScoredReply reply(ctx.session().resp, layout, count);
  Random random(seed);
  for (size_t i = 0; i < count; ++i) {
    add_at(reply, set, random.below(set.size()));
    if (!picks_fit(ctx, reply.bytes())) break;
  }
  return picks_reply(ctx, std::move(reply));
}

Reply zrandmember(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const PickArgs picks = read_picks(args, "withscores");
  if (args.failed()) return args.error();

  const auto set = ctx.find_to_read_as<SortedSet>(key);
  if (!set) return error_reply(set.error());
  if (*set == nullptr) return picks.counted ? Reply::empty_array() : Reply::null();
  const uint64_t seed = ctx.keyspace(key).next_random();
  if (!picks.counted) {
    std::string picked;
    (*set)->visit(Random(seed).below((*set)->size()), 1, Direction::ascending,
                  [&picked](Bytes member, double) { picked = member; });
    return Reply::bulk_copy(std::move(picked));
  }
  const ScoredLayout layout =
      picks.in_pairs ? layout_with_scores(ctx.session().resp) : ScoredLayout::members;
  return picks.count < 0 ? draw(ctx, **set, static_cast<size_t>(-picks.count), layout, seed)
                         : sample(ctx, **set, static_cast<size_t>(picks.count), layout, seed);
}

constexpr Command kZrandmember{
    .name = "zrandmember",
    .summary = "Returns members of a sorted set, picked at random.",
    .since = "6.2.0",
    .complexity = "O(N) in the count",
    .group = Group::sorted_set,
    .arity = at_least(2),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key [options:(count:integer [WITHSCORES])]",
    .tips = {"nondeterministic_output"},
    .run = zrandmember,
};

constexpr Command kCommands[] = {kZrandmember};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> sorted_set_random_commands() { return kCommands; }

}  // namespace tidemark::server
