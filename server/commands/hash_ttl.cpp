// HTTL and its like: when fields of hashes expire.

#include <cstdint>
#include <utility>

#include "protocol/encode.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/expiry_option.hpp"
#include "server/commands/families.hpp"
#include "server/commands/hash_field_args.hpp"
#include "server/errors.hpp"
#include "storage/value/hash.hpp"

namespace tidemark::server {

namespace {

using storage::Hash;

// -2 for no field, -1 for one that lives for ever.
int64_t told_end(const Context& ctx, const Hash* hash, Bytes field, TimeScale scale) {
  if (hash == nullptr) return -2;
  const auto present = hash->ends_ms(field, ctx.now_ms());
  if (!present) return -2;
  if (*present == storage::kForever) return -1;
  const int64_t time_ms = scale.since == Since::now ? *present - ctx.now_ms() : *present;
  // A second that has begun counts, unlike in the times of keys.
  return scale.unit == LifetimeUnit::seconds ? (time_ms + 999) / 1000 : time_ms;
}

Reply tell_ends(Context& ctx, ArgReader& args, TimeScale scale) {
  const Bytes key = args.next();
  const auto hash = ctx.find_to_read_as<Hash>(key);
  if (!hash) return error_reply(hash.error());
  const auto fields = read_fields(args);
  if (args.failed()) return args.error();

  protocol::Output wire;
  protocol::write_array_header(wire, fields.size());
  for (const Bytes field : fields)
    protocol::write_integer(wire, told_end(ctx, *hash, field, scale));
  return Reply::encoded(std::move(wire));
}

Reply hexpiretime(Context& ctx, ArgReader& args) { return tell_ends(ctx, args, kUnixSeconds); }

constexpr Command kHexpiretime{
    .name = "hexpiretime",
    .summary = "Tells the Unix time in seconds at which fields of a hash expire.",
    .since = "7.4.0",
    .complexity = "O(N) in the fields given",
    .group = Group::hash,
    .arity = at_least(5),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key fields:(FIELDS numfields:integer field...)",
    .run = hexpiretime,
};

Reply hpexpiretime(Context& ctx, ArgReader& args) {
  return tell_ends(ctx, args, kUnixMilliseconds);
}

constexpr Command kHpexpiretime{
    .name = "hpexpiretime",
    .summary = "Tells the Unix time in milliseconds at which fields of a hash expire.",
    .since = "7.4.0",
    .complexity = "O(N) in the fields given",
    .group = Group::hash,
    .arity = at_least(5),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key fields:(FIELDS numfields:integer field...)",
    .run = hpexpiretime,
};

Reply hpttl(Context& ctx, ArgReader& args) { return tell_ends(ctx, args, kMillisecondsFromNow); }

constexpr Command kHpttl{
    .name = "hpttl",
    .summary = "Tells the milliseconds that fields of a hash have yet to live.",
    .since = "7.4.0",
    .complexity = "O(N) in the fields given",
    .group = Group::hash,
    .arity = at_least(5),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key fields:(FIELDS numfields:integer field...)",
    .tips = {"nondeterministic_output"},
    .run = hpttl,
};

Reply httl(Context& ctx, ArgReader& args) { return tell_ends(ctx, args, kSecondsFromNow); }

constexpr Command kHttl{
    .name = "httl",
    .summary = "Tells the seconds that fields of a hash have yet to live.",
    .since = "7.4.0",
    .complexity = "O(N) in the fields given",
    .group = Group::hash,
    .arity = at_least(5),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key fields:(FIELDS numfields:integer field...)",
    .tips = {"nondeterministic_output"},
    .run = httl,
};

constexpr Command kCommands[] = {kHexpiretime, kHpexpiretime, kHpttl, kHttl};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> hash_ttl_commands() { return kCommands; }

}  // namespace tidemark::server
