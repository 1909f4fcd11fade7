// Sets: members that come, go and are looked for.

#include <cstdint>
#include <string>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/elements_reply.hpp"
#include "server/commands/families.hpp"
#include "server/commands/scan_cursor.hpp"
#include "server/commands/set_limits.hpp"
#include "server/errors.hpp"
#include "storage/keyspace/edit.hpp"

namespace tidemark::server {

namespace {

using storage::IfAbsent;
using storage::PackedElement;
using storage::Set;

Reply sadd(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const auto members = args.rest();
  if (args.failed()) return args.error();

  auto set = ctx.database(key).edit<Set>(ctx.hashed(key), IfAbsent::create);
  if (!set) return error_reply(set.error());
  const storage::SetLimits limits = set_limits(ctx);
  (*set)->expect(members.front(), members.size(), limits);
  int64_t added = 0;
  for (const Bytes member : members) added += (*set)->insert(member, limits) ? 1 : 0;
  if (added == 0) set->nothing_changed();
  return Reply::integer(added);
}

constexpr Command kSadd{
    .name = "sadd",
    .summary = "Adds members to a set, which is created where it is absent.",
    .since = "1.0.0",
    .complexity = "O(N) in the members given",
    .group = Group::set,
    .arity = at_least(3),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "sadd",
    .keys = {key_at(1, Access::insert)},
    .syntax = "key:key member...",
    .run = sadd,
};

Reply scard(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();

  const auto set = ctx.find_to_read_as<Set>(key);
  if (!set) return error_reply(set.error());
  return Reply::integer(*set == nullptr ? 0 : static_cast<int64_t>((*set)->size()));
}

constexpr Command kScard{
    .name = "scard",
    .summary = "Counts the members of a set.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::set,
    .arity = exactly(2),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::inspect)},
    .syntax = "key:key",
    .run = scard,
};

Reply sismember(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes member = args.next();
  if (args.failed()) return args.error();

  const auto set = ctx.find_to_read_as<Set>(key);
  if (!set) return error_reply(set.error());
  return Reply::integer(*set != nullptr && (*set)->contains(member) ? 1 : 0);
}

constexpr Command kSismember{
    .name = "sismember",
    .summary = "Tells whether something is a member of a set.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::set,
    .arity = exactly(3),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::inspect)},
    .syntax = "key:key member",
    .run = sismember,
};

Reply smembers(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();

  const auto set = ctx.find_to_read_as<Set>(key);
  if (!set) return error_reply(set.error());
  const size_t count = *set == nullptr ? 0 : (*set)->size();
  ElementsReply members(ctx.session().resp, Gathering::set, count);
  if (count > 0) {
    (*set)->visit([&members](const PackedElement& member) {
      members.add(member);
      return true;
    });
  }
  return std::move(members).finish();
}

constexpr Command kSmembers{
    .name = "smembers",
    .summary = "Returns all members of a set.",
    .since = "1.0.0",
    .complexity = "O(N) in the members of the set",
    .group = Group::set,
    .arity = exactly(2),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key",
    .tips = {"nondeterministic_output_order"},
    .run = smembers,
};

Reply smismember(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const auto members = args.rest();
  if (args.failed()) return args.error();

  const auto set = ctx.find_to_read_as<Set>(key);
  if (!set) return error_reply(set.error());
  protocol::Output wire;
  protocol::write_array_header(wire, members.size());
  for (const Bytes member : members) {
    protocol::write_integer(wire, *set != nullptr && (*set)->contains(member) ? 1 : 0);
  }
  return Reply::encoded(std::move(wire));
}

constexpr Command kSmismember{
    .name = "smismember",
    .summary = "Tells of several things whether they are members of a set.",
    .since = "6.2.0",
    .complexity = "O(N) in the members given",
    .group = Group::set,
    .arity = at_least(3),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key member...",
    .run = smismember,
};

Reply smove(Context& ctx, ArgReader& args) {
  const Bytes from = args.next();
  const Bytes to = args.next();
  const Bytes member = args.next();
  if (args.failed()) return args.error();

  const auto source = ctx.database(from).find_as<Set>(ctx.hashed(from), ctx.touch());
  if (source && *source == nullptr) return Reply::integer(0);
  const auto target = ctx.database(to).find_as<Set>(ctx.hashed(to), ctx.touch());
  if (!source || !target) return error_reply(Errc::wrong_type);
  if (from == to) return Reply::integer((*source)->contains(member) ? 1 : 0);
  ctx.name_changes(from, "srem");
  {
    auto set = ctx.database(from).edit<Set>(ctx.hashed(from), IfAbsent::leave);
    if (!(*set)->erase(member)) {
      set->nothing_changed();
      return Reply::integer(0);
    }
  }
  ctx.name_changes(to, "sadd");
  auto set = ctx.database(to).edit<Set>(ctx.hashed(to), IfAbsent::create);
  const storage::SetLimits limits = set_limits(ctx);
  if (set->origin() == storage::Origin::created) (*set)->expect(member, 1, limits);
  if (!(*set)->insert(member, limits)) set->nothing_changed();
  return Reply::integer(1);
}

constexpr Command kSmove{
    .name = "smove",
    .summary = "Moves a member from one set to another.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::set,
    .arity = exactly(4),
    .flags = Flag::write | Flag::fast,
    .keys = {key_at(1, Access::access_delete), key_at(2, Access::insert)},
    .syntax = "source:key destination:key1 member",
    .run = smove,
};

Reply srem(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const auto members = args.rest();
  if (args.failed()) return args.error();

  auto set = ctx.database(key).edit<Set>(ctx.hashed(key), IfAbsent::leave);
  if (!set) return error_reply(set.error());
  if (!*set) return Reply::integer(0);
  int64_t removed = 0;
  for (const Bytes member : members) removed += (*set)->erase(member) ? 1 : 0;
  if (removed == 0) set->nothing_changed();
  return Reply::integer(removed);
}

constexpr Command kSrem{
    .name = "srem",
    .summary = "Removes members from a set; an emptied set goes.",
    .since = "1.0.0",
    .complexity = "O(N) in the members given",
    .group = Group::set,
    .arity = at_least(3),
    .flags = Flag::write | Flag::fast,
    .event = "srem",
    .keys = {key_at(1, Access::erase)},
    .syntax = "key:key member...",
    .run = srem,
};

Reply sscan(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  ScanArgs read{.cursor = read_scan_cursor(args)};
  if (args.failed()) return args.error();
  const auto set = ctx.find_to_read_as<Set>(key);
  if (!set) return error_reply(set.error());
  ElementsReply found(ctx.session().resp, Gathering::array);
  if (*set == nullptr) return part_scan_reply(0, std::move(found));
  read_scan_options(args, ScanWords::plain, read);
  if (args.failed()) return args.error();

  const uint64_t next =
      (*set)->scan(bound_of(read.cursor), read.count, [&](const PackedElement& member) {
        IntegerText scratch;
        const Bytes text = member.text(scratch);
        if (read.matches(text)) found.add(text);
      });
  return part_scan_reply(next, std::move(found));
}

constexpr Command kSscan{
    .name = "sscan",
    .summary = "Iterates over the members of a set.",
    .since = "2.8.0",
    .complexity = "O(1) for a call, O(N) for all of the set",
    .group = Group::set,
    .arity = at_least(3),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key cursor:integer [MATCH pattern:pattern] [COUNT count:integer]",
    .tips = {"nondeterministic_output"},
    .run = sscan,
};

constexpr Command kCommands[] = {kSadd,       kScard, kSismember, kSmembers,
                                 kSmismember, kSmove, kSrem,      kSscan};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> set_commands() { return kCommands; }

}  // namespace tidemark::server
