// How long fields of hashes live: HEXPIRE and its like set it, HPERSIST takes it away.

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "protocol/encode.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/expiry_option.hpp"
#include "server/commands/families.hpp"
#include "server/commands/hash_field_args.hpp"
#include "server/errors.hpp"
#include "storage/keyspace/edit.hpp"
#include "storage/value/hash.hpp"

namespace tidemark::server {

namespace {

using storage::Hash;
using storage::IfAbsent;

// What a command answers for each field.
constexpr int64_t kNoField = -2;
constexpr int64_t kNoEnd = -1;
constexpr int64_t kConditionFailed = 0;
constexpr int64_t kDone = 1;
constexpr int64_t kRemoved = 2;

// Gives every field of a call what apply(hash, field) makes of it and answers with. Whether the
// hash is changed, the answers tell.
template <typename Apply>
Reply for_each_field(storage::Edit<Hash>& hash, std::span<const Bytes> fields, Apply&& apply) {
  protocol::Output wire;
  protocol::write_array_header(wire, fields.size());
  bool changed = false;
  for (const Bytes field : fields) {
    const int64_t answer = hash ? apply(*hash, field) : kNoField;
    changed = changed || answer >= kDone;
    protocol::write_integer(wire, answer);
  }
  if (hash && !changed) hash.nothing_changed();
  return Reply::encoded(std::move(wire));
}

// `beyond` is the error where the time lies too far ahead.
Reply set_ends(Context& ctx, ArgReader& args, TimeScale scale, Bytes beyond) {
  const Bytes key = args.next();
  auto hash = ctx.database(key).edit<Hash>(ctx.hashed(key), IfAbsent::leave);
  if (!hash) return error_reply(hash.error());
  const int64_t ends_ms = read_field_end(ctx, args, scale, beyond);
  ExpiryConditions conditions;
  (void)conditions.accept(args);
  const auto fields = read_fields(args, "ERR Parameter `numFields` should be greater than 0");
  if (args.failed()) {
    if (*hash) hash->nothing_changed();
    return args.error();
  }

  const int64_t now_ms = ctx.now_ms();
  if (ends_ms <= now_ms) ctx.name_changes(key, "hdel");
  return for_each_field(*hash, fields, [&](Hash& fields_of, Bytes field) {
    const auto present = fields_of.ends_ms(field, now_ms);
    if (!present) return kNoField;
    const bool has_end = *present != storage::kForever;
    if (!conditions.hold(has_end ? present : std::nullopt, ends_ms)) return kConditionFailed;
    if (ends_ms <= now_ms) {
      fields_of.erase(field, now_ms);
      return kRemoved;
    }
    fields_of.set_end(field, ends_ms);
    return kDone;
  });
}

Reply hexpire(Context& ctx, ArgReader& args) {
  return set_ends(ctx, args, kSecondsFromNow, "ERR invalid expire time in 'hexpire' command");
}

constexpr Command kHexpire{
    .name = "hexpire",
    .summary = "Gives fields of a hash a lifetime in seconds.",
    .since = "7.4.0",
    .complexity = "O(N) in the fields given",
    .group = Group::hash,
    .arity = at_least(6),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "hexpire",
    .keys = {key_at(1, Access::update)},
    .syntax =
        "key:key seconds:integer [condition:{NX|XX|GT|LT}] fields:(FIELDS numfields:integer "
        "field...)",
    .run = hexpire,
};

Reply hexpireat(Context& ctx, ArgReader& args) {
  return set_ends(ctx, args, kUnixSeconds, "ERR invalid expire time in 'hexpireat' command");
}

constexpr Command kHexpireat{
    .name = "hexpireat",
    .summary = "Sets the Unix time in seconds at which fields of a hash expire.",
    .since = "7.4.0",
    .complexity = "O(N) in the fields given",
    .group = Group::hash,
    .arity = at_least(6),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "hexpire",
    .keys = {key_at(1, Access::update)},
    .syntax =
        "key:key unix-time-seconds:unix-time [condition:{NX|XX|GT|LT}] fields:(FIELDS "
        "numfields:integer field...)",
    .run = hexpireat,
};

Reply hpersist(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  auto hash = ctx.database(key).edit<Hash>(ctx.hashed(key), IfAbsent::leave);
  if (!hash) return error_reply(hash.error());
  const auto fields = read_fields(args);
  if (args.failed()) {
    if (*hash) hash->nothing_changed();
    return args.error();
  }

  const int64_t now_ms = ctx.now_ms();
  return for_each_field(*hash, fields, [now_ms](Hash& fields_of, Bytes field) {
    const auto present = fields_of.ends_ms(field, now_ms);
    if (!present) return kNoField;
    if (*present == storage::kForever) return kNoEnd;
    fields_of.set_end(field, storage::kForever);
    return kDone;
  });
}

constexpr Command kHpersist{
    .name = "hpersist",
    .summary = "Takes away the lifetime of fields of a hash.",
    .since = "7.4.0",
    .complexity = "O(N) in the fields given",
    .group = Group::hash,
    .arity = at_least(5),
    .flags = Flag::write | Flag::fast,
    .event = "hpersist",
    .keys = {key_at(1, Access::update)},
    .syntax = "key:key fields:(FIELDS numfields:integer field...)",
    .run = hpersist,
};

Reply hpexpire(Context& ctx, ArgReader& args) {
  return set_ends(ctx, args, kMillisecondsFromNow, "ERR invalid expire time in 'hpexpire' command");
}

constexpr Command kHpexpire{
    .name = "hpexpire",
    .summary = "Gives fields of a hash a lifetime in milliseconds.",
    .since = "7.4.0",
    .complexity = "O(N) in the fields given",
    .group = Group::hash,
    .arity = at_least(6),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "hexpire",
    .keys = {key_at(1, Access::update)},
    .syntax =
        "key:key milliseconds:integer [condition:{NX|XX|GT|LT}] fields:(FIELDS "
        "numfields:integer field...)",
    .run = hpexpire,
};

Reply hpexpireat(Context& ctx, ArgReader& args) {
  return set_ends(ctx, args, kUnixMilliseconds, "ERR invalid expire time in 'hpexpireat' command");
}

constexpr Command kHpexpireat{
    .name = "hpexpireat",
    .summary = "Sets the Unix time in milliseconds at which fields of a hash expire.",
    .since = "7.4.0",
    .complexity = "O(N) in the fields given",
    .group = Group::hash,
    .arity = at_least(6),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "hexpire",
    .keys = {key_at(1, Access::update)},
    .syntax =
        "key:key unix-time-milliseconds:unix-time [condition:{NX|XX|GT|LT}] fields:(FIELDS "
        "numfields:integer field...)",
    .run = hpexpireat,
};

constexpr Command kCommands[] = {kHexpire, kHexpireat, kHpersist, kHpexpire, kHpexpireat};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> hash_expiry_commands() { return kCommands; }

}  // namespace tidemark::server
