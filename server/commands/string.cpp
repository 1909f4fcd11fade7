// Strings as a whole: SET, GET and their like.

#include <algorithm>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/key_finder.hpp"
#include "server/commands/expiry_option.hpp"
#include "server/commands/families.hpp"
#include "server/commands/string_reply.hpp"
#include "server/commands/value_condition.hpp"
#include "server/errors.hpp"
#include "storage/base/letter_case.hpp"

namespace tidemark::server {

namespace {

using storage::Database;
using storage::HashedKey;
using storage::Ttl;

Reply get(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();
  return string_reply(ctx.find_to_read(key));
}

constexpr Command kGet{
    .name = "get",
    .summary = "Returns the string at a key.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::string,
    .arity = exactly(2),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key",
    .run = get,
};

Reply getdel(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();

  Reply value = string_copy(ctx.find_to_read(key));
  if (!value.is_error()) ctx.database(key).erase(ctx.hashed(key));
  return value;
}

constexpr Command kGetdel{
    .name = "getdel",
    .summary = "Returns the string at a key and removes the key.",
    .since = "6.2.0",
    .complexity = "O(1)",
    .group = Group::string,
    .arity = exactly(2),
    .flags = Flag::write | Flag::fast,
    .keys = {key_at(1, Access::access_delete)},
    .syntax = "key:key",
    .run = getdel,
};

Reply getex(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  ExpiryOption expiry;
  while (!args.empty() && !args.failed()) accept_expiry_option(args, ExpiryWords::persist, expiry);
  if (args.failed()) return args.error();

  Reply value = string_copy(ctx.find_to_read(key));
  if (value.is_error() || value.kind() == Reply::Kind::null) return value;
  Database& database = ctx.database(key);
  if (expiry.has_time()) {
    const int64_t at_ms = end_of(ctx, args, expiry);
    if (args.failed()) return args.error();
    database.expire_at(ctx.hashed(key), at_ms);
  } else if (expiry.kind == ExpiryOption::Kind::persist) {
    database.persist(ctx.hashed(key));
  }
  return value;
}

constexpr Command kGetex{
    .name = "getex",
    .summary = "Returns the string at a key and changes its lifetime.",
    .since = "6.2.0",
    .complexity = "O(1)",
    .group = Group::string,
    .arity = at_least(2),
    .flags = Flag::write | Flag::fast,
    .keys = {key_at(1, Access::access_update)},
    .syntax =
        "key:key [expiration:{EX seconds:integer|PX milliseconds:integer|EXAT "
        "unix-time-seconds:unix-time|PXAT unix-time-milliseconds:unix-time|PERSIST}]",
    .run = getex,
};

Reply getset(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes value = args.next();
  if (args.failed()) return args.error();

  Reply before = string_copy(ctx.find_to_read(key));
  if (!before.is_error()) ctx.database(key).set_string(ctx.hashed(key), value);
  return before;
}

constexpr Command kGetset{
    .name = "getset",
    .summary = "Sets a string and returns what it was before.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .deprecated = {.since = "6.2.0", .instead = "`SET` with `GET`"},
    .group = Group::string,
    .arity = exactly(3),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "set",
    .keys = {key_at(1, Access::access_update)},
    .syntax = "key:key value",
    .run = getset,
};

// SETEX and PSETEX: `unit_ms` is what one of the given units lasts.
Reply set_with_lifetime(Context& ctx, ArgReader& args, LifetimeUnit unit) {
  const Bytes key = args.next();
  const int64_t at_ms = read_lifetime(ctx, args, unit);
  const Bytes value = args.next();
  if (args.failed()) return args.error();
  ctx.database(key).set_string(ctx.hashed(key), value, Ttl::at(at_ms));
  return Reply::ok();
}

Reply psetex(Context& ctx, ArgReader& args) {
  return set_with_lifetime(ctx, args, LifetimeUnit::milliseconds);
}

constexpr Command kPsetex{
    .name = "psetex",
    .summary = "Sets a string with a lifetime in milliseconds.",
    .since = "2.6.0",
    .complexity = "O(1)",
    .deprecated = {.since = "2.6.12", .instead = "`SET` with `PX`"},
    .group = Group::string,
    .arity = exactly(4),
    .flags = Flag::write | Flag::deny_oom,
    .event = "set",
    .keys = {key_at(1, Access::overwrite)},
    .syntax = "key:key milliseconds:integer value",
    .run = psetex,
};

struct SetOptions {
  enum class Presence : uint8_t { any, absent, present };
  Presence presence = Presence::any;
  ValueCondition condition;  // never beside a presence
  bool get = false;
  ExpiryOption expiry;
};

// One of NX, XX and the conditions of the value; a syntax error where another was given before.
bool accept_condition(ArgReader& args, SetOptions& options) {
  using Presence = SetOptions::Presence;
  const Presence before = options.presence;
  const bool has_condition = options.condition.kind != ValueCondition::Kind::none;
  if (args.accept("nx")) {
    options.presence = Presence::absent;
  } else if (args.accept("xx")) {
    options.presence = Presence::present;
  } else if (accept_value_condition(args, options.condition)) {
    if (before != Presence::any) args.fail_syntax();
    return true;
  } else {
    return false;
  }
  if (has_condition || (before != Presence::any && before != options.presence)) args.fail_syntax();
  return true;
}

SetOptions read_set_options(ArgReader& args) {
  SetOptions options;
  while (!args.empty() && !args.failed()) {
    if (args.accept("get")) {
      options.get = true;
    } else if (!accept_condition(args, options)) {
      accept_expiry_option(args, ExpiryWords::keep_ttl, options.expiry);
    }
  }
  return options;
}

// Whether the value may be set; wrong_type where the condition is about another kind of value.
Result<bool> may_set(Context& ctx, Bytes key, const SetOptions& options) {
  using Presence = SetOptions::Presence;
  const bool has_condition = options.condition.kind != ValueCondition::Kind::none;
  if (options.presence == Presence::any && !has_condition) return true;
  const storage::Entry* entry = ctx.database(key).find(ctx.hashed(key), storage::Touch::no);
  if (has_condition) return options.condition.holds(entry);
  return (entry != nullptr) == (options.presence == Presence::present);
}

Reply set(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes value = args.next();
  const SetOptions options = args.empty() ? SetOptions{} : read_set_options(args);
  const Ttl ttl = args.failed() ? Ttl() : ttl_of(ctx, args, options.expiry);
  if (args.failed()) return args.error();

  Reply before = Reply::none();
  if (options.get) {
    before = string_copy(ctx.find_to_read(key));
    if (before.is_error()) return before;
  }
  const Result<bool> allowed = may_set(ctx, key, options);
  if (!allowed) return error_reply(allowed.error());
  if (!*allowed) return options.get ? std::move(before) : Reply::null();
  ctx.database(key).set_string(ctx.hashed(key), value, ttl);
  return options.get ? std::move(before) : Reply::ok();
}

// With GET it returns the value it replaces, and a condition tells of it; otherwise it only
// overwrites it.
bool keys_of_set(std::span<const Bytes> args, FoundKeys& found) {
  const auto options = args.subspan(3);
  const bool reads = std::any_of(options.begin(), options.end(), [](Bytes word) {
    return equals_nocase(word, "get") || equals_nocase(word, "ifeq") ||
           equals_nocase(word, "ifne") || equals_nocase(word, "ifdeq") ||
           equals_nocase(word, "ifdne");
  });
  found.add(1, reads ? Access::access_update : Access::overwrite);
  return true;
}

constexpr Command kSet{
    .name = "set",
    .summary = "Sets a string, whatever was at the key before.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::string,
    .arity = at_least(3),
    .flags = Flag::write | Flag::deny_oom,
    .event = "set",
    .keys = {{.start = StartAt{1},
              .access = Access::access_update,
              .extra = KeyExtra::variable_flags}},
    .find_keys = keys_of_set,
    .syntax =
        "key:key value [condition:{NX|XX|IFEQ ifeq-value|IFNE ifne-value|IFDEQ ifdeq-digest|IFDNE "
        "ifdne-digest}] [GET] [expiration:{EX seconds:integer|PX milliseconds:integer|EXAT "
        "unix-time-seconds:unix-time|PXAT unix-time-milliseconds:unix-time|KEEPTTL}]",
    .run = set,
};

Reply setex(Context& ctx, ArgReader& args) {
  return set_with_lifetime(ctx, args, LifetimeUnit::seconds);
}

constexpr Command kSetex{
    .name = "setex",
    .summary = "Sets a string with a lifetime in seconds.",
    .since = "2.0.0",
    .complexity = "O(1)",
    .deprecated = {.since = "2.6.12", .instead = "`SET` with `EX`"},
    .group = Group::string,
    .arity = exactly(4),
    .flags = Flag::write | Flag::deny_oom,
    .event = "set",
    .keys = {key_at(1, Access::overwrite)},
    .syntax = "key:key seconds:integer value",
    .run = setex,
};

Reply setnx(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes value = args.next();
  if (args.failed()) return args.error();

  Database& database = ctx.database(key);
  const HashedKey hashed = ctx.hashed(key);
  if (database.find(hashed, storage::Touch::no) != nullptr) return Reply::integer(0);
  database.set_string(hashed, value);
  return Reply::integer(1);
}

constexpr Command kSetnx{
    .name = "setnx",
    .summary = "Sets a string if the key does not exist.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .deprecated = {.since = "2.6.12", .instead = "`SET` with `NX`"},
    .group = Group::string,
    .arity = exactly(3),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "set",
    .keys = {key_at(1, Access::overwrite_insert)},
    .syntax = "key:key value",
    .run = setnx,
};

constexpr Command kCommands[] = {kGet, kGetdel, kGetex, kGetset, kPsetex, kSet, kSetex, kSetnx};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> string_commands() { return kCommands; }

}  // namespace tidemark::server
