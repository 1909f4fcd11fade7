// Unions, intersections and differences of sorted sets, and of plain sets among them.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/sorted_set_limits.hpp"
#include "server/commands/sorted_set_reply.hpp"
#include "server/commands/sorted_set_store.hpp"
#include "server/errors.hpp"
#include "storage/base/number.hpp"
#include "storage/value/score_tally.hpp"
#include "storage/value/set.hpp"
#include "storage/value/sorted_set.hpp"

namespace tidemark::server {

namespace {

using storage::ScoreTally;
using storage::Set;
using storage::SortedSet;

// What one of the keys holds, and what its scores are multiplied by. The members of a plain set
// have the score 1.
struct Input {
  const SortedSet* sorted = nullptr;
  const Set* plain = nullptr;
  double weight = 1;

  size_t size() const {
    if (sorted != nullptr) return sorted->size();
    return plain != nullptr ? plain->size() : 0;
  }
  std::optional<double> score(Bytes member) const {
    if (sorted != nullptr) {
      const auto found = sorted->score(member);
      return found ? std::optional(weighted(*found)) : std::nullopt;
    }
    const bool found = plain != nullptr && plain->contains(member);
    return found ? std::optional(weighted(1)) : std::nullopt;
  }
  // Calls visit(Bytes member, double score) until it returns false, and a little longer.
  template <typename Visit>
  void visit(Visit&& visit) const {
    if (sorted != nullptr) visit_sorted(visit);
    if (plain == nullptr) return;
    plain->visit([&](const storage::PackedElement& member) {
      IntegerText scratch;
      return visit(member.text(scratch), weighted(1));
    });
  }

 private:
  static constexpr size_t kStep = 256;

  // Nothing times infinity is nothing.
  double weighted(double score) const {
    const double product = weight * score;
    return std::isnan(product) ? 0 : product;
  }
  template <typename Visit>
  void visit_sorted(Visit&& visit) const {
    bool go_on = true;
    for (size_t rank = 0; go_on && rank < sorted->size(); rank += kStep) {
      const size_t count = std::min(kStep, sorted->size() - rank);
      sorted->visit(rank, count, storage::Direction::ascending, [&](Bytes member, double score) {
        go_on = go_on && visit(member, weighted(score));
      });
    }
  }
};

enum class Operation : uint8_t { join, intersect, subtract };
enum class Aggregate : uint8_t { sum, min, max };

// What may follow the keys.
struct Words {
  bool weights = false;
  bool scores = false;
  bool limit = false;
};

struct Query {
  std::vector<Input> inputs;
  Aggregate aggregate = Aggregate::sum;
  bool with_scores = false;
  size_t limit = std::numeric_limits<size_t>::max();
};

double combine(Aggregate aggregate, double a, double b) {
  switch (aggregate) {
    case Aggregate::min:
      return std::min(a, b);
    case Aggregate::max:
      return std::max(a, b);
    case Aggregate::sum:
      break;
  }
  // Infinities of both signs are nothing together.
  return std::isnan(a + b) ? 0 : a + b;
}

void read_weights(ArgReader& args, std::vector<Input>& inputs) {
  for (Input& input : inputs) {
    const auto weight = parse_double(args.next());
    if (!weight) args.fail("ERR weight value is not a float");
    input.weight = weight.value_or(0);
  }
}

Aggregate read_aggregate(ArgReader& args) {
  if (args.accept("min")) return Aggregate::min;
  if (args.accept("max")) return Aggregate::max;
  if (!args.accept("sum")) args.fail_syntax();
  return Aggregate::sum;
}

void read_words(ArgReader& args, const Words& words, Query& query) {
  while (!args.empty() && !args.failed()) {
    if (words.weights && args.accept_with("weights", query.inputs.size())) {
      read_weights(args, query.inputs);
    } else if (words.weights && args.accept_with("aggregate", 1)) {
      query.aggregate = read_aggregate(args);
    } else if (words.scores && args.accept("withscores")) {
      query.with_scores = true;
    } else if (words.limit && args.accept_with("limit", 1)) {
      const int64_t limit =
          args.next_integer(0, std::numeric_limits<int64_t>::max(), "ERR LIMIT can't be negative");
      query.limit = limit > 0 ? static_cast<size_t>(limit) : std::numeric_limits<size_t>::max();
    } else {
      args.fail_syntax();
    }
  }
}

Result<Input> read_input(Context& ctx, Bytes key) {
  const storage::Entry* entry = ctx.find_to_read(key);
  if (entry == nullptr) return Input();
  switch (entry->type()) {
    case storage::ValueType::zset:
      return Input{.sorted = static_cast<const SortedSet*>(entry->object())};
    case storage::ValueType::set:
      return Input{.plain = static_cast<const Set*>(entry->object())};
    default:
      return Errc::wrong_type;
  }
}

// Reads the number of keys, the keys, and then the words. Returns what is to be answered instead
// where that fails; a key of another type counts before what follows the keys.
std::optional<Reply> read_query(Context& ctx, ArgReader& args, Bytes name, const Words& words,
                                Query& query) {
  const int64_t count = args.next_integer();
  if (args.failed()) return args.error();
  if (count < 1) {
    return Reply::error(fmt::format("ERR at least 1 input key is needed for '{}' command", name));
  }
  for (const Bytes key : args.take(static_cast<size_t>(count))) {
    const auto input = read_input(ctx, key);
    if (!input) return error_reply(input.error());
    query.inputs.push_back(*input);
  }
  read_words(args, words, query);
  if (args.failed()) return args.error();
  return std::nullopt;
}

// The smallest first: sums of floats depend on the order, and it is the one that Redis has.
void sort_by_size(std::vector<Input>& inputs) {
  std::stable_sort(inputs.begin(), inputs.end(),
                   [](const Input& a, const Input& b) { return a.size() < b.size(); });
}

void join(Query& query, ScoreTally& tally) {
  sort_by_size(query.inputs);
  for (const Input& input : query.inputs) {
    input.visit([&](Bytes member, double score) {
      tally.merge(member, score,
                  [&](double a, double b) { return combine(query.aggregate, a, b); });
      return true;
    });
  }
}

// Calls found(member, score) for each common member until it returns false.
template <typename Found>
void intersect(Query& query, Found&& found) {
  sort_by_size(query.inputs);
  query.inputs.front().visit([&](Bytes member, double score) {
    for (size_t i = 1; i < query.inputs.size(); ++i) {
      const auto other = query.inputs[i].score(member);
      if (!other) return true;
      score = combine(query.aggregate, score, *other);
    }
    return found(member, score);
  });
}

void subtract(const Query& query, ScoreTally& tally) {
  query.inputs.front().visit([&](Bytes member, double score) {
    for (size_t i = 1; i < query.inputs.size(); ++i) {
      if (query.inputs[i].score(member)) return true;
    }
    tally.add(member, score);
    return true;
  });
}

void run(Operation operation, Query& query, ScoreTally& tally) {
  switch (operation) {
    case Operation::join:
      return join(query, tally);
    case Operation::intersect:
      return intersect(query, [&](Bytes member, double score) {
        tally.add(member, score);
        return true;
      });
    case Operation::subtract:
      return subtract(query, tally);
  }
}

Reply return_result(Context& ctx, ArgReader& args, Bytes name, Operation operation) {
  Query query;
  const Words words{.weights = operation != Operation::subtract, .scores = true};
  if (auto refusal = read_query(ctx, args, name, words, query)) return std::move(*refusal);

  ScoreTally tally;
  run(operation, query, tally);
  const protocol::RespVersion resp = ctx.session().resp;
  ScoredReply reply(resp, query.with_scores ? layout_with_scores(resp) : ScoredLayout::members,
                    tally.size());
  for (const ScoreTally::Element& element : tally.sorted()) {
    reply.add(element.member, element.score);
  }
  return std::move(reply).finish();
}

Reply store_result(Context& ctx, ArgReader& args, Bytes name, Operation operation) {
  const Bytes destination = args.next();
  Query query;
  const Words words{.weights = operation != Operation::subtract};
  if (auto refusal = read_query(ctx, args, name, words, query)) return std::move(*refusal);

  ScoreTally tally;
  run(operation, query, tally);
  NewSortedSet stored(sorted_set_limits(ctx));
  stored.expect(tally.size(), tally.longest_member());
  for (const ScoreTally::Element& element : tally.sorted()) {
    stored.append(element.member, element.score);
  }
  return std::move(stored).store(ctx, destination);
}

Reply zunion(Context& ctx, ArgReader& args) {
  return return_result(ctx, args, "zunion", Operation::join);
}

constexpr Command kZunion{
    .name = "zunion",
    .summary = "Returns the union of sorted sets.",
    .since = "6.2.0",
    .complexity = "O(N)+O(M*log(M)), N being all members of the sets and M those of the result",
    .group = Group::sorted_set,
    .arity = at_least(3),
    .flags = Flag::readonly,
    .keys = {counted_keys_at(1, Access::read)},
    .syntax =
        "numkeys:integer key:key... [WEIGHTS weight:integer...] [AGGREGATE "
        "aggregate:{SUM|MIN|MAX}] "
        "[WITHSCORES]",
    .run = zunion,
};

Reply zunionstore(Context& ctx, ArgReader& args) {
  return store_result(ctx, args, "zunionstore", Operation::join);
}

constexpr Command kZunionstore{
    .name = "zunionstore",
    .summary = "Stores the union of sorted sets in a key.",
    .since = "2.0.0",
    .complexity = "O(N)+O(M*log(M)), N being all members of the sets and M those of the result",
    .group = Group::sorted_set,
    .arity = at_least(4),
    .flags = Flag::write | Flag::deny_oom,
    .event = "zunionstore",
    .keys = {key_at(1, Access::overwrite), counted_keys_at(2, Access::read)},
    .syntax =
        "destination:key numkeys:integer key:key1... [WEIGHTS weight:integer...] [AGGREGATE "
        "aggregate:{SUM|MIN|MAX}]",
    .run = zunionstore,
};

Reply zinter(Context& ctx, ArgReader& args) {
  return return_result(ctx, args, "zinter", Operation::intersect);
}

constexpr Command kZinter{
    .name = "zinter",
    .summary = "Returns the intersection of sorted sets.",
    .since = "6.2.0",
    .complexity =
        "O(N*K)+O(M*log(M)), N being the members of the smallest set, K the number of "
        "sets and M the members of the result",
    .group = Group::sorted_set,
    .arity = at_least(3),
    .flags = Flag::readonly,
    .keys = {counted_keys_at(1, Access::read)},
    .syntax =
        "numkeys:integer key:key... [WEIGHTS weight:integer...] [AGGREGATE "
        "aggregate:{SUM|MIN|MAX}] "
        "[WITHSCORES]",
    .run = zinter,
};

Reply zinterstore(Context& ctx, ArgReader& args) {
  return store_result(ctx, args, "zinterstore", Operation::intersect);
}

constexpr Command kZinterstore{
    .name = "zinterstore",
    .summary = "Stores the intersection of sorted sets in a key.",
    .since = "2.0.0",
    .complexity =
        "O(N*K)+O(M*log(M)), N being the members of the smallest set, K the number of "
        "sets and M the members of the result",
    .group = Group::sorted_set,
    .arity = at_least(4),
    .flags = Flag::write | Flag::deny_oom,
    .event = "zinterstore",
    .keys = {key_at(1, Access::overwrite), counted_keys_at(2, Access::read)},
    .syntax =
        "destination:key numkeys:integer key:key1... [WEIGHTS weight:integer...] [AGGREGATE "
        "aggregate:{SUM|MIN|MAX}]",
    .run = zinterstore,
};

Reply zintercard(Context& ctx, ArgReader& args) {
  Query query;
  if (auto refusal = read_query(ctx, args, "zintercard", {.limit = true}, query)) {
    return std::move(*refusal);
  }
  size_t count = 0;
  intersect(query, [&](Bytes, double) { return ++count < query.limit; });
  return Reply::integer(static_cast<int64_t>(count));
}

constexpr Command kZintercard{
    .name = "zintercard",
    .summary = "Counts the members of the intersection of sorted sets.",
    .since = "7.0.0",
    .complexity = "O(N*K), N being the members of the smallest set and K the number of sets",
    .group = Group::sorted_set,
    .arity = at_least(3),
    .flags = Flag::readonly,
    .keys = {counted_keys_at(1, Access::read)},
    .syntax = "numkeys:integer key:key... [LIMIT limit:integer]",
    .run = zintercard,
};

Reply zdiff(Context& ctx, ArgReader& args) {
  return return_result(ctx, args, "zdiff", Operation::subtract);
}

constexpr Command kZdiff{
    .name = "zdiff",
    .summary = "Returns the members of a sorted set that are in none of the others.",
    .since = "6.2.0",
    .complexity = "O(N*K), N being the members of the first set and K the number of sets",
    .group = Group::sorted_set,
    .arity = at_least(3),
    .flags = Flag::readonly,
    .keys = {counted_keys_at(1, Access::read)},
    .syntax = "numkeys:integer key:key... [WITHSCORES]",
    .run = zdiff,
};

Reply zdiffstore(Context& ctx, ArgReader& args) {
  return store_result(ctx, args, "zdiffstore", Operation::subtract);
}

constexpr Command kZdiffstore{
    .name = "zdiffstore",
    .summary = "Stores the members of a sorted set that are in none of the others in a key.",
    .since = "6.2.0",
    .complexity = "O(N*K), N being the members of the first set and K the number of sets",
    .group = Group::sorted_set,
    .arity = at_least(4),
    .flags = Flag::write | Flag::deny_oom,
    .event = "zdiffstore",
    .keys = {key_at(1, Access::overwrite), counted_keys_at(2, Access::read)},
    .syntax = "destination:key numkeys:integer key:key1...",
    .run = zdiffstore,
};

constexpr Command kCommands[] = {kZdiff,       kZdiffstore, kZinter,     kZintercard,
                                 kZinterstore, kZunion,     kZunionstore};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> sorted_set_algebra_commands() { return kCommands; }

}  // namespace tidemark::server
