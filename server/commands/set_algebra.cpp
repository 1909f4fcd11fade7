// Intersections, unions and differences of sets, returned, counted or stored.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/elements_reply.hpp"
#include "server/commands/families.hpp"
#include "server/commands/set_limits.hpp"
#include "server/errors.hpp"
#include "storage/keyspace/edit.hpp"

namespace tidemark::server {

namespace {

using storage::PackedElement;
using storage::Set;
using storage::SetLimits;

// In the order of their keys; null for a key that is absent.
using Operands = std::vector<const Set*>;

struct SetDeleter {
  void operator()(Set* set) const { storage::object_functions(Set::kType).destroy(set); }
};
using SetOwner = std::unique_ptr<Set, SetDeleter>;

SetOwner make_set() { return SetOwner(storage::make_object<Set>()); }

Result<Operands> find_sets(const Context& ctx, std::span<const Bytes> keys) {
  Operands sets;
  sets.reserve(keys.size());
  for (const Bytes key : keys) {
    const auto set = ctx.find_to_read_as<Set>(key);
    if (!set) return set.error();
    sets.push_back(*set);
  }
  return sets;
}

// Puts the result at the destination, whatever was there; an empty one removes it.
Reply store(Context& ctx, Bytes destination, SetOwner result) {
  const auto count = static_cast<int64_t>(result->size());
  storage::Database& database = ctx.database(destination);
  if (count == 0) {
    database.unlink(ctx.hashed(destination));
  } else {
    database.set_object(ctx.hashed(destination), result.release());
  }
  return Reply::integer(count);
}

Reply reply_of(const Context& ctx, const Set& set) {
  ElementsReply members(ctx.session().resp, Gathering::set, set.size());
  set.visit([&members](const PackedElement& member) {
    members.add(member);
    return true;
  });
  return std::move(members).finish();
}

// ---- Intersection.

// Calls visit(const PackedElement&) for each common member until it returns false. Each member of
// the smallest set is looked for in the others, the next smallest first.
template <typename Visit>
void intersect(Operands sets, Visit&& visit) {
  if (std::find(sets.begin(), sets.end(), nullptr) != sets.end()) return;
  std::stable_sort(sets.begin(), sets.end(),
                   [](const Set* a, const Set* b) { return a->size() < b->size(); });
  const std::span others(sets.begin() + 1, sets.end());
  sets.front()->visit([&](const PackedElement& member) {
    const bool common = std::all_of(others.begin(), others.end(),
                                    [&](const Set* other) { return other->contains(member); });
    return !common || visit(member);
  });
}

Reply sinter(Context& ctx, ArgReader& args) {
  const auto keys = args.rest();
  if (args.failed()) return args.error();

  auto sets = find_sets(ctx, keys);
  if (!sets) return error_reply(sets.error());
  ElementsReply members(ctx.session().resp, Gathering::set);
  intersect(std::move(*sets), [&members](const PackedElement& member) {
    members.add(member);
    return true;
  });
  return std::move(members).finish();
}

constexpr Command kSinter{
    .name = "sinter",
    .summary = "Returns the members that all of the sets have.",
    .since = "1.0.0",
    .complexity = "O(N*M) for the smallest set's N members and M sets",
    .group = Group::set,
    .arity = at_least(2),
    .flags = Flag::readonly,
    .keys = {keys_from(1, Access::read)},
    .syntax = "key:key...",
    .tips = {"nondeterministic_output_order"},
    .run = sinter,
};

Reply sintercard(Context& ctx, ArgReader& args) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const int64_t count = args.next_integer(1, kMax, "ERR numkeys should be greater than 0");
  if (static_cast<uint64_t>(count) > args.remaining()) {
    args.fail("ERR Number of keys can't be greater than number of args");
  }
  if (args.failed()) return args.error();
  const auto keys = args.take(static_cast<size_t>(count));
  int64_t limit = 0;
  while (!args.empty() && !args.failed()) {
    if (args.accept_with("limit", 1)) {
      limit = args.next_integer(0, kMax, "ERR LIMIT can't be negative");
    } else {
      args.fail_syntax();
    }
  }
  if (args.failed()) return args.error();

  auto sets = find_sets(ctx, keys);
  if (!sets) return error_reply(sets.error());
  int64_t common = 0;
  intersect(std::move(*sets), [&](const PackedElement&) { return ++common != limit; });
  return Reply::integer(common);
}

constexpr Command kSintercard{
    .name = "sintercard",
    .summary = "Counts the members that all of the sets have, up to a limit.",
    .since = "7.0.0",
    .complexity = "O(N*M) for the smallest set's N members and M sets",
    .group = Group::set,
    .arity = at_least(3),
    .flags = Flag::readonly,
    .keys = {counted_keys_at(1, Access::read)},
    .syntax = "numkeys:integer key:key... [LIMIT limit:integer]",
    .run = sintercard,
};

Reply sinterstore(Context& ctx, ArgReader& args) {
  const Bytes destination = args.next();
  const auto keys = args.rest();
  if (args.failed()) return args.error();

  auto sets = find_sets(ctx, keys);
  if (!sets) return error_reply(sets.error());
  const SetLimits limits = set_limits(ctx);
  SetOwner result = make_set();
  // Packed, since it is unlikely to be all integers; it becomes what it can be at the end.
  result->expect({}, 0, limits);
  intersect(std::move(*sets), [&](const PackedElement& member) {
    IntegerText scratch;
    result->insert(member.text(scratch), limits);
    return true;
  });
  result->become_integers_if_possible(limits);
  return store(ctx, destination, std::move(result));
}

constexpr Command kSinterstore{
    .name = "sinterstore",
    .summary = "Stores the members that all of the sets have.",
    .since = "1.0.0",
    .complexity = "O(N*M) for the smallest set's N members and M sets",
    .group = Group::set,
    .arity = at_least(3),
    .flags = Flag::write | Flag::deny_oom,
    .event = "sinterstore",
    .keys = {key_at(1, Access::overwrite), keys_from(2, Access::read)},
    .syntax = "destination:key key:key1...",
    .run = sinterstore,
};

// ---- Union.

SetOwner unite(const Operands& sets, const SetLimits& limits) {
  SetOwner result = make_set();
  for (const Set* set : sets) {
    if (set == nullptr) continue;
    set->visit([&](const PackedElement& member) {
      IntegerText scratch;
      result->insert(member.text(scratch), limits);
      return true;
    });
  }
  return result;
}

Reply sunion(Context& ctx, ArgReader& args) {
  const auto keys = args.rest();
  if (args.failed()) return args.error();

  const auto sets = find_sets(ctx, keys);
  if (!sets) return error_reply(sets.error());
  return reply_of(ctx, *unite(*sets, set_limits(ctx)));
}

constexpr Command kSunion{
    .name = "sunion",
    .summary = "Returns the members that any of the sets has.",
    .since = "1.0.0",
    .complexity = "O(N) in the members of all sets",
    .group = Group::set,
    .arity = at_least(2),
    .flags = Flag::readonly,
    .keys = {keys_from(1, Access::read)},
    .syntax = "key:key...",
    .tips = {"nondeterministic_output_order"},
    .run = sunion,
};

Reply sunionstore(Context& ctx, ArgReader& args) {
  const Bytes destination = args.next();
  const auto keys = args.rest();
  if (args.failed()) return args.error();

  const auto sets = find_sets(ctx, keys);
  if (!sets) return error_reply(sets.error());
  return store(ctx, destination, unite(*sets, set_limits(ctx)));
}

constexpr Command kSunionstore{
    .name = "sunionstore",
    .summary = "Stores the members that any of the sets has.",
    .since = "1.0.0",
    .complexity = "O(N) in the members of all sets",
    .group = Group::set,
    .arity = at_least(3),
    .flags = Flag::write | Flag::deny_oom,
    .event = "sunionstore",
    .keys = {key_at(1, Access::overwrite), keys_from(2, Access::read)},
    .syntax = "destination:key key:key1...",
    .run = sunionstore,
};

// ---- Difference: what the first set has and none of the others.

enum class Difference : uint8_t {
  nothing,  // there is no first set, or it is among the others
  look_up,  // each of its members is looked for in the others
  erase,    // it is copied, and the others' members are erased from the copy
};

// Looking up touches at most the members of the first set for each of the others, and mostly fewer,
// since one hit is enough: half of that is what it is expected to cost.
Difference choose_difference(const Operands& sets) {
  const Set* first = sets.front();
  if (first == nullptr) return Difference::nothing;
  if (std::find(sets.begin() + 1, sets.end(), first) != sets.end()) return Difference::nothing;
  size_t look_ups = 0;
  size_t members = 0;
  for (const Set* set : sets) {
    if (set == nullptr) continue;
    look_ups += first->size();
    members += set->size();
  }
  return look_ups / 2 <= members ? Difference::look_up : Difference::erase;
}

// Calls visit(const PackedElement&) for each member of the difference. The largest of the others is
// the most likely to have a member, so it is asked first.
template <typename Visit>
void visit_difference(Operands sets, Visit&& visit) {
  const Set* first = sets.front();
  sets.erase(sets.begin());
  std::erase(sets, nullptr);
  std::stable_sort(sets.begin(), sets.end(),
                   [](const Set* a, const Set* b) { return a->size() > b->size(); });
  first->visit([&](const PackedElement& member) {
    const bool elsewhere = std::any_of(sets.begin(), sets.end(),
                                       [&](const Set* other) { return other->contains(member); });
    if (!elsewhere) visit(member);
    return true;
  });
}

SetOwner erase_from_first(const Operands& sets, const SetLimits& limits) {
  SetOwner rest = unite({sets.front()}, limits);
  for (const Set* other : std::span(sets).subspan(1)) {
    if (other == nullptr) continue;
    other->visit([&rest](const PackedElement& member) {
      IntegerText scratch;
      rest->erase(member.text(scratch));
      return !rest->empty();
    });
  }
  return rest;
}

Reply sdiff(Context& ctx, ArgReader& args) {
  const auto keys = args.rest();
  if (args.failed()) return args.error();

  auto sets = find_sets(ctx, keys);
  if (!sets) return error_reply(sets.error());
  const Difference how = choose_difference(*sets);
  if (how == Difference::erase) return reply_of(ctx, *erase_from_first(*sets, set_limits(ctx)));
  ElementsReply members(ctx.session().resp, Gathering::set);
  if (how == Difference::look_up) {
    visit_difference(std::move(*sets),
                     [&members](const PackedElement& member) { members.add(member); });
  }
  return std::move(members).finish();
}

constexpr Command kSdiff{
    .name = "sdiff",
    .summary = "Returns the members of the first set that no other set has.",
    .since = "1.0.0",
    .complexity = "O(N) in the members of all sets",
    .group = Group::set,
    .arity = at_least(2),
    .flags = Flag::readonly,
    .keys = {keys_from(1, Access::read)},
    .syntax = "key:key...",
    .tips = {"nondeterministic_output_order"},
    .run = sdiff,
};

Reply sdiffstore(Context& ctx, ArgReader& args) {
  const Bytes destination = args.next();
  const auto keys = args.rest();
  if (args.failed()) return args.error();

  auto sets = find_sets(ctx, keys);
  if (!sets) return error_reply(sets.error());
  const SetLimits limits = set_limits(ctx);
  const Difference how = choose_difference(*sets);
  if (how == Difference::erase) return store(ctx, destination, erase_from_first(*sets, limits));
  SetOwner result = make_set();
  if (how == Difference::look_up) {
    visit_difference(std::move(*sets), [&](const PackedElement& member) {
      IntegerText scratch;
      result->insert(member.text(scratch), limits);
    });
  }
  return store(ctx, destination, std::move(result));
}

constexpr Command kSdiffstore{
    .name = "sdiffstore",
    .summary = "Stores the members of the first set that no other set has.",
    .since = "1.0.0",
    .complexity = "O(N) in the members of all sets",
    .group = Group::set,
    .arity = at_least(3),
    .flags = Flag::write | Flag::deny_oom,
    .event = "sdiffstore",
    .keys = {key_at(1, Access::overwrite), keys_from(2, Access::read)},
    .syntax = "destination:key key:key1...",
    .run = sdiffstore,
};

constexpr Command kCommands[] = {kSdiff,       kSdiffstore, kSinter,     kSintercard,
                                 kSinterstore, kSunion,     kSunionstore};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> set_algebra_commands() { return kCommands; }

}  // namespace tidemark::server
