// Values of fields together with their lifetimes: HGETEX, HSETEX and HGETDEL.

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/elements_reply.hpp"
#include "server/commands/expiry_option.hpp"
#include "server/commands/families.hpp"
#include "server/commands/hash_field_args.hpp"
#include "server/commands/hash_limits.hpp"
#include "server/errors.hpp"
#include "storage/base/letter_case.hpp"
#include "storage/keyspace/edit.hpp"
#include "storage/value/hash.hpp"

namespace tidemark::server {

namespace {

using storage::Hash;
using storage::IfAbsent;

// The value of each field, or null, and then what then(hash, field) does to those that are there,
// which returns whether it did anything.
template <typename Then>
Reply take_values(const Context& ctx, storage::Edit<Hash>& hash, std::span<const Bytes> fields,
                  Then&& then) {
  ElementsReply values(ctx.session().resp, Gathering::array, fields.size());
  bool changed = false;
  for (const Bytes field : fields) {
    const auto value = hash ? hash->find(field, ctx.now_ms()) : std::nullopt;
    values.add_or_null(value);
    if (value && then(*hash, field)) changed = true;
  }
  if (hash && !changed) hash.nothing_changed();
  return std::move(values).finish();
}

Reply hgetdel(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  auto hash = ctx.database(key).edit<Hash>(ctx.hashed(key), IfAbsent::leave);
  if (!hash) return error_reply(hash.error());
  const auto fields = read_fields(args);
  if (args.failed()) {
    if (*hash) hash->nothing_changed();
    return args.error();
  }
  return take_values(ctx, *hash, fields, [&ctx](Hash& fields_of, Bytes field) {
    return fields_of.erase(field, ctx.now_ms());
  });
}

constexpr Command kHgetdel{
    .name = "hgetdel",
    .summary = "Returns the values of fields and removes the fields.",
    .since = "8.0.0",
    .complexity = "O(N) in the fields given",
    .group = Group::hash,
    .arity = at_least(5),
    .flags = Flag::write | Flag::fast,
    .event = "hdel",
    .keys = {key_at(1, Access::access_delete)},
    .syntax = "key:key fields:(FIELDS numfields:integer field...)",
    .run = hgetdel,
};

// Gives a field an end: one that has come removes it. Returns whether that changes anything.
bool end_field(Hash& hash, Bytes field, int64_t ends_ms, int64_t now_ms) {
  if (ends_ms <= now_ms) return hash.erase(field, now_ms);
  if (ends_ms == storage::kForever && hash.ends_ms(field, now_ms) == storage::kForever) {
    return false;
  }
  hash.set_end(field, ends_ms);
  return true;
}

// The end that HGETEX is to give, kForever for PERSIST, or none.
std::optional<int64_t> read_hgetex_end(const Context& ctx, ArgReader& args) {
  TimeScale scale{};
  if (accept_field_scale(args, scale)) {
    return read_field_end(ctx, args, scale, "ERR invalid expire time in 'hgetex' command");
  }
  if (args.accept("persist")) return storage::kForever;
  return std::nullopt;
}

Reply hgetex(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  auto hash = ctx.database(key).edit<Hash>(ctx.hashed(key), IfAbsent::leave);
  if (!hash) return error_reply(hash.error());
  const auto ends_ms = read_hgetex_end(ctx, args);
  const auto fields = read_fields(args);
  if (args.failed()) {
    if (*hash) hash->nothing_changed();
    return args.error();
  }
  if (ends_ms == storage::kForever) ctx.name_changes(key, "hpersist");
  if (ends_ms && *ends_ms <= ctx.now_ms()) ctx.name_changes(key, "hdel");
  return take_values(ctx, *hash, fields, [&](Hash& fields_of, Bytes field) {
    return ends_ms && end_field(fields_of, field, *ends_ms, ctx.now_ms());
  });
}

constexpr Command kHgetex{
    .name = "hgetex",
    .summary = "Returns the values of fields and sets or takes away their lifetime.",
    .since = "8.0.0",
    .complexity = "O(N) in the fields given",
    .group = Group::hash,
    .arity = at_least(5),
    .flags = Flag::write | Flag::fast,
    .event = "hexpire",
    .keys = {key_at(1, Access::access_update)},
    .syntax =
        "key:key [expiration:{EX seconds:integer|PX milliseconds:integer|EXAT "
        "unix-time-seconds:unix-time|PXAT unix-time-milliseconds:unix-time|PERSIST}] "
        "fields:(FIELDS numfields:integer field...)",
    .run = hgetex,
};

struct HsetexArgs {
  enum class Condition : uint8_t { none, none_exists, all_exist };
  Condition condition = Condition::none;
  storage::Ttl ttl;
  bool has_ttl = false;
  std::span<const Bytes> pairs;
};

// Fails where a lifetime was given before.
void accept_only_lifetime(ArgReader& args, HsetexArgs& read) {
  if (read.has_ttl) {
    args.fail("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");
  }
  read.has_ttl = true;
}

// One option, where one is next.
bool accept_hsetex_option(const Context& ctx, ArgReader& args, HsetexArgs& read) {
  using Condition = HsetexArgs::Condition;
  TimeScale scale{};
  if (accept_field_scale(args, scale)) {
    accept_only_lifetime(args, read);
    read.ttl = storage::Ttl::at(
        read_field_end(ctx, args, scale, "ERR invalid expire time in 'hsetex' command"));
    return true;
  }
  if (args.accept("keepttl")) {
    accept_only_lifetime(args, read);
    read.ttl = storage::Ttl::keep();
    return true;
  }
  const bool none = equals_nocase(args.peek(), "fnx");
  if (!args.accept("fnx") && !args.accept("fxx")) return false;
  if (read.condition != Condition::none) {
    args.fail("ERR Only one of FXX or FNX arguments can be specified");
  }
  read.condition = none ? Condition::none_exists : Condition::all_exist;
  return true;
}

bool is_time_word(Bytes word) {
  return equals_nocase(word, "ex") || equals_nocase(word, "px") || equals_nocase(word, "exat") ||
         equals_nocase(word, "pxat");
}

// An error that quotes, or none: others are latched by the reader.
std::optional<Reply> read_hsetex(const Context& ctx, ArgReader& args, HsetexArgs& read) {
  while (!args.failed() && !args.accept("fields")) {
    if (args.empty()) {
      args.fail("ERR missing FIELDS argument");
    } else if (!accept_hsetex_option(ctx, args, read)) {
      const Bytes word = args.next();
      if (!is_time_word(word)) return Reply::error("ERR unknown argument: " + std::string(word));
      args.fail("ERR missing expire time");
    }
  }
  const int64_t count =
      args.next_integer(1, std::numeric_limits<int64_t>::max(), "ERR invalid number of fields");
  read.pairs = args.rest();
  if (read.pairs.size() % 2 != 0 || read.pairs.size() / 2 != static_cast<size_t>(count)) {
    args.fail("ERR wrong number of arguments for 'hsetex' command");
  }
  return std::nullopt;
}

// Whether the fields are there, or not there, as it was asked for.
bool holds(const Hash* hash, const HsetexArgs& asked, int64_t now_ms) {
  using Condition = HsetexArgs::Condition;
  if (asked.condition == Condition::none) return true;
  const bool wanted = asked.condition == Condition::all_exist;
  for (size_t i = 0; i < asked.pairs.size(); i += 2) {
    const bool there = hash != nullptr && hash->contains(asked.pairs[i], now_ms);
    if (there != wanted) return false;
  }
  return true;
}

// Where the end has come they are removed instead.
void set_fields(Context& ctx, Bytes key, const HsetexArgs& asked, bool ended) {
  auto hash = *ctx.database(key).edit<Hash>(ctx.hashed(key), IfAbsent::create);
  const storage::PackingLimits limits = hash_limits(ctx);
  if (!ended) hash->expect(asked.pairs, limits);
  for (size_t i = 0; i < asked.pairs.size(); i += 2) {
    if (ended) {
      (void)hash->erase(asked.pairs[i], ctx.now_ms());
    } else {
      hash->set(asked.pairs[i], asked.pairs[i + 1], limits, ctx.now_ms(), asked.ttl);
    }
  }
}

Reply hsetex(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  HsetexArgs asked;
  if (auto error = read_hsetex(ctx, args, asked)) return std::move(*error);
  if (args.failed()) return args.error();
  const int64_t now_ms = ctx.now_ms();
  const auto present = ctx.database(key).find_as<Hash>(ctx.hashed(key), ctx.touch());
  if (!present) return error_reply(present.error());
  if (!holds(*present, asked, now_ms)) return Reply::integer(0);

  const bool timed = asked.ttl.rule == storage::Ttl::Rule::set;
  const bool ended = timed && asked.ttl.expire_at_ms <= now_ms;
  if (ended) ctx.name_changes(key, "hdel");
  set_fields(ctx, key, asked, ended);
  if (timed && !ended) ctx.note_event(key, "hexpire", Hash::kType);
  return Reply::integer(1);
}

constexpr Command kHsetex{
    .name = "hsetex",
    .summary = "Sets fields of a hash together with their lifetime.",
    .since = "8.0.0",
    .complexity = "O(N) in the fields given",
    .group = Group::hash,
    .arity = at_least(6),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "hset",
    .keys = {key_at(1, Access::update)},
    .syntax =
        "key:key [condition:{FNX|FXX}] [expiration:{EX seconds:integer|PX "
        "milliseconds:integer|EXAT unix-time-seconds:unix-time|PXAT "
        "unix-time-milliseconds:unix-time|KEEPTTL}] fields:(FIELDS numfields:integer "
        "data:(field value)...)",
    .run = hsetex,
};

constexpr Command kCommands[] = {kHgetdel, kHgetex, kHsetex};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> hash_value_expiry_commands() { return kCommands; }

}  // namespace tidemark::server
