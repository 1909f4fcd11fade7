// Hashes: fields that are set, looked up and removed.

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/elements_reply.hpp"
#include "server/commands/families.hpp"
#include "server/commands/hash_limits.hpp"
#include "server/errors.hpp"
#include "storage/keyspace/edit.hpp"
#include "storage/value/hash.hpp"

namespace tidemark::server {

namespace {

using storage::Hash;
using storage::IfAbsent;
using storage::PackedElement;

Reply hdel(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const auto fields = args.rest();
  if (args.failed()) return args.error();

  auto hash = ctx.database(key).edit<Hash>(ctx.hashed(key), IfAbsent::leave);
  if (!hash) return error_reply(hash.error());
  if (!*hash) return Reply::integer(0);
  int64_t removed = 0;
  for (const Bytes field : fields) removed += (*hash)->erase(field, ctx.now_ms()) ? 1 : 0;
  if (removed == 0) hash->nothing_changed();
  return Reply::integer(removed);
}

constexpr Command kHdel{
    .name = "hdel",
    .summary = "Removes fields from a hash; an emptied hash goes.",
    .since = "2.0.0",
    .complexity = "O(N) in the fields given",
    .group = Group::hash,
    .arity = at_least(3),
    .flags = Flag::write | Flag::fast,
    .event = "hdel",
    .keys = {key_at(1, Access::erase)},
    .syntax = "key:key field...",
    .run = hdel,
};

// The value of a field, or none.
Result<std::optional<PackedElement>> find_value(const Context& ctx, Bytes key, Bytes field) {
  const auto hash = ctx.find_to_read_as<Hash>(key);
  if (!hash) return hash.error();
  return *hash == nullptr ? std::nullopt : (*hash)->find(field, ctx.now_ms());
}

Reply hexists(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes field = args.next();
  if (args.failed()) return args.error();

  const auto value = find_value(ctx, key, field);
  if (!value) return error_reply(value.error());
  return Reply::integer(*value ? 1 : 0);
}

constexpr Command kHexists{
    .name = "hexists",
    .summary = "Tells whether a hash has a field.",
    .since = "2.0.0",
    .complexity = "O(1)",
    .group = Group::hash,
    .arity = exactly(3),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::inspect)},
    .syntax = "key:key field",
    .run = hexists,
};

Reply hget(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes field = args.next();
  if (args.failed()) return args.error();

  const auto value = find_value(ctx, key, field);
  if (!value) return error_reply(value.error());
  return *value ? element_reply(**value) : Reply::null();
}

constexpr Command kHget{
    .name = "hget",
    .summary = "Returns the value of a field.",
    .since = "2.0.0",
    .complexity = "O(1)",
    .group = Group::hash,
    .arity = exactly(3),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key field",
    .run = hget,
};

Reply hlen(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();

  const auto hash = ctx.find_to_read_as<Hash>(key);
  if (!hash) return error_reply(hash.error());
  return Reply::integer(*hash == nullptr ? 0 : static_cast<int64_t>((*hash)->size()));
}

constexpr Command kHlen{
    .name = "hlen",
    .summary = "Counts the fields of a hash, with those that have expired and wait to be removed.",
    .since = "2.0.0",
    .complexity = "O(1)",
    .group = Group::hash,
    .arity = exactly(2),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::inspect)},
    .syntax = "key:key",
    .run = hlen,
};

Reply hmget(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const auto fields = args.rest();
  if (args.failed()) return args.error();

  const auto hash = ctx.find_to_read_as<Hash>(key);
  if (!hash) return error_reply(hash.error());
  ElementsReply values(ctx.session().resp, Gathering::array, fields.size());
  for (const Bytes field : fields) {
    values.add_or_null(*hash == nullptr ? std::nullopt : (*hash)->find(field, ctx.now_ms()));
  }
  return std::move(values).finish();
}

constexpr Command kHmget{
    .name = "hmget",
    .summary = "Returns the values of fields.",
    .since = "2.0.0",
    .complexity = "O(N) in the fields given",
    .group = Group::hash,
    .arity = at_least(3),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key field...",
    .run = hmget,
};

// HSET and HMSET: the number of fields that were added.
Result<int64_t> set_fields(Context& ctx, Bytes key, std::span<const Bytes> pairs) {
  auto hash = ctx.database(key).edit<Hash>(ctx.hashed(key), IfAbsent::create);
  if (!hash) return hash.error();
  const storage::PackingLimits limits = hash_limits(ctx);
  (*hash)->expect(pairs, limits);
  int64_t added = 0;
  for (size_t i = 0; i < pairs.size(); i += 2) {
    const Hash::Outcome outcome = (*hash)->set(pairs[i], pairs[i + 1], limits, ctx.now_ms());
    added += outcome == Hash::Outcome::added ? 1 : 0;
  }
  return added;
}

Reply hmset(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const auto pairs = args.rest();
  if (pairs.size() % 2 != 0) args.fail("ERR wrong number of arguments for 'hmset' command");
  if (args.failed()) return args.error();

  const auto added = set_fields(ctx, key, pairs);
  return added ? Reply::ok() : error_reply(added.error());
}

constexpr Command kHmset{
    .name = "hmset",
    .summary = "Sets fields of a hash, which is created where it is absent.",
    .since = "2.0.0",
    .complexity = "O(N) in the fields given",
    .deprecated = {.since = "4.0.0", .instead = "`HSET` with several fields"},
    .group = Group::hash,
    .arity = at_least(4),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "hset",
    .keys = {key_at(1, Access::update)},
    .syntax = "key:key data:(field value)...",
    .run = hmset,
};

Reply hset(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const auto pairs = args.rest();
  if (pairs.size() % 2 != 0) args.fail("ERR wrong number of arguments for 'hset' command");
  if (args.failed()) return args.error();

  const auto added = set_fields(ctx, key, pairs);
  return added ? Reply::integer(*added) : error_reply(added.error());
}

constexpr Command kHset{
    .name = "hset",
    .summary = "Sets fields of a hash, which is created where it is absent.",
    .since = "2.0.0",
    .complexity = "O(N) in the fields given",
    .group = Group::hash,
    .arity = at_least(4),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "hset",
    .keys = {key_at(1, Access::update)},
    .syntax = "key:key data:(field value)...",
    .run = hset,
};

Reply hsetnx(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes field = args.next();
  const Bytes value = args.next();
  if (args.failed()) return args.error();

  auto hash = ctx.database(key).edit<Hash>(ctx.hashed(key), IfAbsent::create);
  if (!hash) return error_reply(hash.error());
  if ((*hash)->contains(field, ctx.now_ms())) {
    hash->nothing_changed();
    return Reply::integer(0);
  }
  (*hash)->set(field, value, hash_limits(ctx), ctx.now_ms());
  return Reply::integer(1);
}

constexpr Command kHsetnx{
    .name = "hsetnx",
    .summary = "Sets a field of a hash where the field is absent.",
    .since = "2.0.0",
    .complexity = "O(1)",
    .group = Group::hash,
    .arity = exactly(4),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "hset",
    .keys = {key_at(1, Access::insert)},
    .syntax = "key:key field value",
    .run = hsetnx,
};

Reply hstrlen(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes field = args.next();
  if (args.failed()) return args.error();

  const auto value = find_value(ctx, key, field);
  if (!value) return error_reply(value.error());
  IntegerText scratch;
  return Reply::integer(*value ? static_cast<int64_t>((*value)->text(scratch).size()) : 0);
}

constexpr Command kHstrlen{
    .name = "hstrlen",
    .summary = "Returns the length of the value of a field.",
    .since = "3.2.0",
    .complexity = "O(1)",
    .group = Group::hash,
    .arity = exactly(3),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::inspect)},
    .syntax = "key:key field",
    .run = hstrlen,
};

constexpr Command kCommands[] = {kHdel,  kHexists, kHget,   kHlen,   kHmget,
                                 kHmset, kHset,    kHsetnx, kHstrlen};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> hash_commands() { return kCommands; }

}  // namespace tidemark::server
