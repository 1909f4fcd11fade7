// Members of sets that chance picks: SPOP takes them, SRANDMEMBER returns them.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/elements_reply.hpp"
#include "server/commands/families.hpp"
#include "server/commands/pick_count.hpp"
#include "server/commands/set_limits.hpp"
#include "server/errors.hpp"
#include "storage/keyspace/edit.hpp"

namespace tidemark::server {

namespace {

using storage::IfAbsent;
using storage::PackedElement;
using storage::Set;

std::string text_of(const PackedElement& element) {
  IntegerText scratch;
  return std::string(element.text(scratch));
}

Reply spop(Context& ctx, ArgReader& args) {
  constexpr Bytes kOutOfRange = "ERR value is out of range, must be positive";
  const Bytes key = args.next();
  const bool counted = !args.empty();
  if (args.remaining() > 1) args.fail_syntax();
  int64_t count = 1;
  if (counted) count = args.next_integer(0, std::numeric_limits<int64_t>::max(), kOutOfRange);
  if (args.failed()) return args.error();

  auto set = ctx.database(key).edit<Set>(ctx.hashed(key), IfAbsent::leave);
  if (!set) return error_reply(set.error());
  ElementsReply popped(ctx.session().resp, Gathering::set);
  if (!*set) return counted ? std::move(popped).finish() : Reply::null();
  if (count == 0) set->nothing_changed();
  Reply single = Reply::null();
  (*set)->pop(static_cast<size_t>(count), ctx.keyspace(key).next_random(), set_limits(ctx),
              [&](const PackedElement& member) {
                if (counted) {
                  popped.add(member);
                } else {
                  single = Reply::bulk_copy(text_of(member));
                }
              });
  return counted ? std::move(popped).finish() : std::move(single);
}

constexpr Command kSpop{
    .name = "spop",
    .summary = "Removes members picked at random from a set and returns them.",
    .since = "1.0.0",
    .complexity = "O(N) in the count",
    .group = Group::set,
    .arity = at_least(2),
    .flags = Flag::write | Flag::fast,
    .event = "spop",
    .keys = {key_at(1, Access::access_delete)},
    .syntax = "key:key [count:integer]",
    .tips = {"nondeterministic_output"},
    .run = spop,
};

// So many different members, or all.
Reply sample(const Context& ctx, const Set& set, size_t count, uint64_t seed) {
  count = std::min(count, set.size());
  ElementsReply picked(ctx.session().resp, Gathering::array, count);
  set.sample(count, seed, [&picked](const PackedElement& member) { picked.add(member); });
  return std::move(picked).finish();
}

// So many members, whichever and however often chance has it.
Reply draw(const Context& ctx, const Set& set, size_t count, uint64_t seed) {
  ElementsReply picked(ctx.session().resp, Gathering::array, count);
  set.draw(count, seed, [&](const PackedElement& member) {
    picked.add(member);
    return picks_fit(ctx, picked.bytes());
  });
  return picks_reply(ctx, std::move(picked));
}

Reply srandmember(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const bool counted = !args.empty();
  if (args.remaining() > 1) args.fail_syntax();
  const int64_t count = counted ? read_pick_count(args) : 1;
  if (args.failed()) return args.error();

  const auto set = ctx.find_to_read_as<Set>(key);
  if (!set) return error_reply(set.error());
  if (*set == nullptr) return counted ? Reply::empty_array() : Reply::null();
  const uint64_t seed = ctx.keyspace(key).next_random();
  if (!counted) {
    storage::Random random(seed);
    return Reply::bulk_copy(text_of((*set)->random_member(random)));
  }
  return count < 0 ? draw(ctx, **set, static_cast<size_t>(-count), seed)
                   : sample(ctx, **set, static_cast<size_t>(count), seed);
}

constexpr Command kSrandmember{
    .name = "srandmember",
    .summary = "Returns members of a set, picked at random.",
    .since = "1.0.0",
    .complexity = "O(N) in the count",
    .group = Group::set,
    .arity = at_least(2),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key [count:integer]",
    .tips = {"nondeterministic_output"},
    .run = srandmember,
};

constexpr Command kCommands[] = {kSpop, kSrandmember};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> set_random_commands() { return kCommands; }

}  // namespace tidemark::server
