// How long keys live: EXPIRE and its like set it, TTL and its like tell it.

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/expiry_option.hpp"
#include "server/commands/families.hpp"
#include "server/errors.hpp"
#include "storage/base/number.hpp"

namespace tidemark::server {

namespace {

using storage::Database;
using storage::Entry;

// The moment in milliseconds since the epoch, which may have passed; none where that overflows.
std::optional<int64_t> moment(const Context& ctx, int64_t time, TimeScale scale) {
  using Limits = std::numeric_limits<int64_t>;
  const int64_t unit_ms = scale.unit == LifetimeUnit::seconds ? 1000 : 1;
  if (time > Limits::max() / unit_ms || time < Limits::min() / unit_ms) return std::nullopt;
  const int64_t base_ms = scale.since == Since::now ? ctx.now_ms() : 0;
  if (time * unit_ms > Limits::max() - base_ms) return std::nullopt;
  return base_ms + time * unit_ms;
}

// An error, or nothing and `conditions`.
std::optional<Reply> read_conditions(ArgReader& args, ExpiryConditions& conditions) {
  while (!args.empty()) {
    if (!conditions.accept(args)) {
      return Reply::error("ERR Unsupported option " + std::string(args.peek()));
    }
  }
  const auto& [mortal, immortal, later, sooner] = conditions;
  if (immortal && (mortal || later || sooner)) {
    return Reply::error("ERR NX and XX, GT or LT options at the same time are not compatible");
  }
  if (later && sooner) {
    return Reply::error("ERR GT and LT options at the same time are not compatible");
  }
  return std::nullopt;
}

// `name` is the command's, for its error.
Reply set_expiry(Context& ctx, ArgReader& args, TimeScale scale, const char* name) {
  const Bytes key = args.next();
  const Bytes time_text = args.next();
  if (args.failed()) return args.error();
  ExpiryConditions conditions;
  if (auto error = read_conditions(args, conditions)) return std::move(*error);
  const auto time = parse_int64(time_text);
  if (!time) return error_reply(Errc::not_an_integer);
  const auto at_ms = moment(ctx, *time, scale);
  if (!at_ms) {
    return Reply::error("ERR invalid expire time in '" + std::string(name) + "' command");
  }

  Database& database = ctx.database(key);
  const Entry* entry = database.find(ctx.hashed(key), ctx.touch());
  if (entry == nullptr) return Reply::integer(0);
  std::optional<int64_t> current_ms;
  if (entry->has_expiry()) current_ms = entry->expire_at_ms();
  if (!conditions.hold(current_ms, *at_ms)) return Reply::integer(0);
  database.expire_at(ctx.hashed(key), *at_ms);
  return Reply::integer(1);
}

Reply expire(Context& ctx, ArgReader& args) {
  return set_expiry(ctx, args, kSecondsFromNow, "expire");
}

constexpr Command kExpire{
    .name = "expire",
    .summary = "Gives a key a lifetime in seconds.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = at_least(3),
    .flags = Flag::write | Flag::fast,
    .categories = Category::keyspace,
    .keys = {key_at(1, Access::update)},
    .syntax = "key:key seconds:integer [condition:{NX|XX|GT|LT}]",
    .run = expire,
};

Reply expireat(Context& ctx, ArgReader& args) {
  return set_expiry(ctx, args, kUnixSeconds, "expireat");
}

constexpr Command kExpireat{
    .name = "expireat",
    .summary = "Sets the Unix time in seconds at which a key expires.",
    .since = "1.2.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = at_least(3),
    .flags = Flag::write | Flag::fast,
    .categories = Category::keyspace,
    .keys = {key_at(1, Access::update)},
    .syntax = "key:key unix-time-seconds:unix-time [condition:{NX|XX|GT|LT}]",
    .run = expireat,
};

Reply pexpire(Context& ctx, ArgReader& args) {
  return set_expiry(ctx, args, kMillisecondsFromNow, "pexpire");
}

constexpr Command kPexpire{
    .name = "pexpire",
    .summary = "Gives a key a lifetime in milliseconds.",
    .since = "2.6.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = at_least(3),
    .flags = Flag::write | Flag::fast,
    .categories = Category::keyspace,
    .keys = {key_at(1, Access::update)},
    .syntax = "key:key milliseconds:integer [condition:{NX|XX|GT|LT}]",
    .run = pexpire,
};

Reply pexpireat(Context& ctx, ArgReader& args) {
  return set_expiry(ctx, args, kUnixMilliseconds, "pexpireat");
}

constexpr Command kPexpireat{
    .name = "pexpireat",
    .summary = "Sets the Unix time in milliseconds at which a key expires.",
    .since = "2.6.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = at_least(3),
    .flags = Flag::write | Flag::fast,
    .categories = Category::keyspace,
    .keys = {key_at(1, Access::update)},
    .syntax = "key:key unix-time-milliseconds:unix-time [condition:{NX|XX|GT|LT}]",
    .run = pexpireat,
};

Reply persist(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();
  return Reply::integer(ctx.database(key).persist(ctx.hashed(key)) ? 1 : 0);
}

constexpr Command kPersist{
    .name = "persist",
    .summary = "Takes away the lifetime of a key.",
    .since = "2.2.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = exactly(2),
    .flags = Flag::write | Flag::fast,
    .categories = Category::keyspace,
    .keys = {key_at(1, Access::update)},
    .syntax = "key:key",
    .run = persist,
};

// -2 for no key, -1 for one that lives for ever.
Reply tell_expiry(Context& ctx, ArgReader& args, TimeScale scale) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();

  const Entry* entry = ctx.find_to_inspect(key);
  if (entry == nullptr) return Reply::integer(-2);
  if (!entry->has_expiry()) return Reply::integer(-1);
  int64_t time_ms = entry->expire_at_ms();
  // Another core's clock may be a little behind ours: the key may be there after its time.
  if (scale.since == Since::now) time_ms = std::max<int64_t>(time_ms - ctx.now_ms(), 0);
  if (scale.unit == LifetimeUnit::milliseconds) return Reply::integer(time_ms);
  // To the nearest second; divided first, so that the farthest moment does not overflow.
  return Reply::integer(time_ms / 1000 + (time_ms % 1000 >= 500 ? 1 : 0));
}

Reply expiretime(Context& ctx, ArgReader& args) { return tell_expiry(ctx, args, kUnixSeconds); }

constexpr Command kExpiretime{
    .name = "expiretime",
    .summary = "Tells the Unix time in seconds at which a key expires.",
    .since = "7.0.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = exactly(2),
    .flags = Flag::readonly | Flag::fast,
    .categories = Category::keyspace,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key",
    .run = expiretime,
};

Reply pexpiretime(Context& ctx, ArgReader& args) {
  return tell_expiry(ctx, args, kUnixMilliseconds);
}

constexpr Command kPexpiretime{
    .name = "pexpiretime",
    .summary = "Tells the Unix time in milliseconds at which a key expires.",
    .since = "7.0.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = exactly(2),
    .flags = Flag::readonly | Flag::fast,
    .categories = Category::keyspace,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key",
    .run = pexpiretime,
};

Reply pttl(Context& ctx, ArgReader& args) { return tell_expiry(ctx, args, kMillisecondsFromNow); }

constexpr Command kPttl{
    .name = "pttl",
    .summary = "Tells the milliseconds that a key has yet to live.",
    .since = "2.6.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = exactly(2),
    .flags = Flag::readonly | Flag::fast,
    .categories = Category::keyspace,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key",
    .tips = {"nondeterministic_output"},
    .run = pttl,
};

Reply ttl(Context& ctx, ArgReader& args) { return tell_expiry(ctx, args, kSecondsFromNow); }

constexpr Command kTtl{
    .name = "ttl",
    .summary = "Tells the seconds that a key has yet to live.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = exactly(2),
    .flags = Flag::readonly | Flag::fast,
    .categories = Category::keyspace,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key",
    .tips = {"nondeterministic_output"},
    .run = ttl,
};

constexpr Command kCommands[] = {kExpire,    kExpireat,    kExpiretime, kPersist, kPexpire,
                                 kPexpireat, kPexpiretime, kPttl,       kTtl};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> generic_expiry_commands() { return kCommands; }

}  // namespace tidemark::server
