#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/key_finder.hpp"
#include "server/commands/expiry_option.hpp"
#include "server/commands/families.hpp"
#include "server/errors.hpp"
#include "server/server.hpp"
#include "storage/base/number.hpp"
#include "storage/keyspace/edit.hpp"
#include "storage/keyspace/string_edit.hpp"

namespace tidemark::server {

namespace {

using storage::Database;
using storage::Edit;
using storage::Entry;
using storage::HashedKey;
using storage::IfAbsent;
using storage::IntegerText;
using storage::String;
using storage::Ttl;
using storage::ValueType;

// The string of an entry, borrowed where it lies; null for no entry.
Reply string_reply(const Entry* entry) {
  if (entry == nullptr) return Reply::null();
  if (entry->type() != ValueType::string) return error_reply(Errc::wrong_type);
  if (entry->is_integer()) return Reply::bulk_integer(entry->integer());
  IntegerText unused;
  return Reply::bulk(entry->text(unused));
}

// The same, owned: for what changes the key before the reply is encoded.
Reply string_copy(const Entry* entry) {
  if (entry == nullptr) return Reply::null();
  if (entry->type() != ValueType::string) return error_reply(Errc::wrong_type);
  IntegerText scratch;
  return Reply::bulk_copy(entry->text(scratch));
}

size_t length_max(const Context& ctx) {
  return static_cast<size_t>(ctx.settings().proto_max_bulk_len);
}

Reply append(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes tail = args.next();
  if (args.failed()) return args.error();

  auto string = ctx.database(key).edit<String>(ctx.hashed(key), IfAbsent::create);
  if (!string) return error_reply(string.error());
  if ((*string)->origin() == storage::Origin::created) {
    (*string)->assign(tail);
    return Reply::integer(static_cast<int64_t>(tail.size()));
  }
  const Result<size_t> length = (*string)->append(tail, length_max(ctx));
  return length ? Reply::integer(static_cast<int64_t>(*length)) : error_reply(length.error());
}

constexpr Command kAppend{
    .name = "append",
    .summary = "Appends to a string, creating it when the key is absent.",
    .since = "2.0.0",
    .complexity = "O(N) in the bytes appended",
    .group = Group::string,
    .arity = exactly(3),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .keys = {key_at(1, Access::insert)},
    .syntax = "key:key value",
    .run = append,
};

Reply add_to_integer(Context& ctx, Bytes key, int64_t delta) {
  auto string = ctx.database(key).edit<String>(ctx.hashed(key), IfAbsent::create);
  if (!string) return error_reply(string.error());
  if ((*string)->origin() == storage::Origin::created) {
    (*string)->assign_integer(delta);
    return Reply::integer(delta);
  }
  const Result<int64_t> sum = (*string)->increment(delta);
  return sum ? Reply::integer(*sum) : error_reply(sum.error());
}

Reply decr(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();
  return add_to_integer(ctx, key, -1);
}

constexpr Command kDecr{
    .name = "decr",
    .summary = "Takes one from an integer, counting from 0 when the key is absent.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::string,
    .arity = exactly(2),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .keys = {key_at(1, Access::access_update)},
    .syntax = "key:key",
    .run = decr,
};

Reply decrby(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const int64_t decrement = args.next_integer();
  if (args.failed()) return args.error();
  // The one number without an opposite.
  if (decrement == std::numeric_limits<int64_t>::min()) {
    return Reply::error("ERR decrement would overflow");
  }
  return add_to_integer(ctx, key, -decrement);
}

constexpr Command kDecrby{
    .name = "decrby",
    .summary = "Takes a number from an integer, counting from 0 when the key is absent.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::string,
    .arity = exactly(3),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .keys = {key_at(1, Access::access_update)},
    .syntax = "key:key decrement:integer",
    .run = decrby,
};

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
  const ExpiryOption expiry = read_expiry_option(ctx, args, ExpiryWords::persist);
  args.finish();
  if (args.failed()) return args.error();

  Reply value = string_copy(ctx.find_to_read(key));
  if (value.is_error() || value.kind() == Reply::Kind::null) return value;
  Database& database = ctx.database(key);
  switch (expiry.kind) {
    case ExpiryOption::Kind::none:
    case ExpiryOption::Kind::keep:
      break;
    case ExpiryOption::Kind::persist:
      database.persist(ctx.hashed(key));
      break;
    case ExpiryOption::Kind::at:
      if (expiry.at_ms <= ctx.now_ms()) {
        database.erase(ctx.hashed(key));
      } else {
        database.expire_at(ctx.hashed(key), expiry.at_ms);
      }
      break;
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

Reply getrange(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  int64_t start = args.next_integer();
  int64_t end = args.next_integer();
  if (args.failed()) return args.error();

  Entry* entry = ctx.find_to_read(key);
  if (entry == nullptr) return Reply::bulk({});
  if (entry->type() != ValueType::string) return error_reply(Errc::wrong_type);
  IntegerText scratch;
  const Bytes text = entry->text(scratch);
  const auto length = static_cast<int64_t>(text.size());
  if (start < 0 && end < 0 && start > end) return Reply::bulk({});
  if (start < 0) start = std::max<int64_t>(start + length, 0);
  if (end < 0) end = std::max<int64_t>(end + length, 0);
  end = std::min(end, length - 1);
  if (start > end || length == 0) return Reply::bulk({});
  const Bytes part = text.substr(static_cast<size_t>(start), static_cast<size_t>(end - start + 1));
  // An integer's text is in this function's own scratch.
  return entry->is_integer() ? Reply::bulk_copy(part) : Reply::bulk(part);
}

constexpr Command kGetrange{
    .name = "getrange",
    .summary = "Returns part of a string.",
    .since = "2.4.0",
    .complexity = "O(N) in the bytes returned",
    .group = Group::string,
    .arity = exactly(4),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key start:integer end:integer",
    .run = getrange,
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
    .keys = {key_at(1, Access::access_update)},
    .syntax = "key:key value",
    .run = getset,
};

Reply incr(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();
  return add_to_integer(ctx, key, 1);
}

constexpr Command kIncr{
    .name = "incr",
    .summary = "Adds one to an integer, counting from 0 when the key is absent.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::string,
    .arity = exactly(2),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .keys = {key_at(1, Access::access_update)},
    .syntax = "key:key",
    .run = incr,
};

Reply incrby(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const int64_t increment = args.next_integer();
  if (args.failed()) return args.error();
  return add_to_integer(ctx, key, increment);
}

constexpr Command kIncrby{
    .name = "incrby",
    .summary = "Adds a number to an integer, counting from 0 when the key is absent.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::string,
    .arity = exactly(3),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .keys = {key_at(1, Access::access_update)},
    .syntax = "key:key increment:integer",
    .run = incrby,
};

Reply incrbyfloat(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes text = args.next();
  if (args.failed()) return args.error();
  Database& database = ctx.database(key);
  // Redis looks at the key before the increment.
  if (const auto found = database.find_string(ctx.hashed(key)); !found) {
    return error_reply(found.error());
  }
  const auto increment = parse_long_double(text);
  if (!increment) return error_reply(Errc::not_a_float);

  auto string = database.edit<String>(ctx.hashed(key), IfAbsent::create);
  if (!string) return error_reply(string.error());
  if ((*string)->origin() == storage::Origin::created) (*string)->assign_integer(0);
  Result<std::string> sum = (*string)->increment_float(*increment);
  return sum ? Reply::bulk_copy(std::move(*sum)) : error_reply(sum.error());
}

constexpr Command kIncrbyfloat{
    .name = "incrbyfloat",
    .summary = "Adds to a floating-point number, counting from 0 when the key is absent.",
    .since = "2.6.0",
    .complexity = "O(1)",
    .group = Group::string,
    .arity = exactly(3),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .keys = {key_at(1, Access::access_update)},
    .syntax = "key:key increment:double",
    .run = incrbyfloat,
};

Reply mget(Context& ctx, ArgReader& args) {
  const auto keys = args.rest();
  if (args.failed()) return args.error();

  std::vector<Reply> values;
  values.reserve(keys.size());
  for (const Bytes key : keys) {
    // A copy: looking for the next key may remove one that has expired and move others.
    const Entry* entry = ctx.find_to_read(key);
    const bool is_string = entry != nullptr && entry->type() == ValueType::string;
    values.push_back(is_string ? string_copy(entry) : Reply::null());
  }
  return Reply::array(std::move(values));
}

constexpr Command kMget{
    .name = "mget",
    .summary = "Returns the strings at keys.",
    .since = "1.0.0",
    .complexity = "O(N) in the keys given",
    .group = Group::string,
    .arity = at_least(2),
    .flags = Flag::readonly | Flag::fast,
    .keys = {keys_from(1, Access::read)},
    .syntax = "key:key...",
    .tips = {"request_policy:multi_shard"},
    .run = mget,
};

// Keys and values in turn; null where one key lacks its value.
std::optional<std::span<const Bytes>> pairs_of(ArgReader& args) {
  const auto pairs = args.rest();
  if (pairs.size() % 2 != 0) return std::nullopt;
  return pairs;
}

void set_all(Context& ctx, std::span<const Bytes> pairs) {
  for (size_t i = 0; i < pairs.size(); i += 2) {
    ctx.database(pairs[i]).set_string(ctx.hashed(pairs[i]), pairs[i + 1]);
  }
}

Reply mset(Context& ctx, ArgReader& args) {
  const auto pairs = pairs_of(args);
  if (!pairs) return Reply::error("ERR wrong number of arguments for 'mset' command");
  set_all(ctx, *pairs);
  return Reply::ok();
}

constexpr Command kMset{
    .name = "mset",
    .summary = "Sets strings.",
    .since = "1.0.1",
    .complexity = "O(N) in the keys given",
    .group = Group::string,
    .arity = at_least(3),
    .flags = Flag::write | Flag::deny_oom,
    .keys = {keys_from(1, Access::overwrite, 2)},
    .syntax = "data:(key:key value)...",
    .tips = {"request_policy:multi_shard", "response_policy:all_succeeded"},
    .run = mset,
};

Reply msetnx(Context& ctx, ArgReader& args) {
  const auto pairs = pairs_of(args);
  if (!pairs) return Reply::error("ERR wrong number of arguments for 'msetnx' command");
  for (size_t i = 0; i < pairs->size(); i += 2) {
    const Bytes key = (*pairs)[i];
    if (ctx.database(key).find(ctx.hashed(key), storage::Touch::no) != nullptr) {
      return Reply::integer(0);
    }
  }
  set_all(ctx, *pairs);
  return Reply::integer(1);
}

constexpr Command kMsetnx{
    .name = "msetnx",
    .summary = "Sets strings if none of the keys exists.",
    .since = "1.0.1",
    .complexity = "O(N) in the keys given",
    .group = Group::string,
    .arity = at_least(3),
    .flags = Flag::write | Flag::deny_oom,
    .keys = {keys_from(1, Access::overwrite_insert, 2)},
    .syntax = "data:(key:key value)...",
    .run = msetnx,
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
    .keys = {key_at(1, Access::overwrite)},
    .syntax = "key:key milliseconds:integer value",
    .run = psetex,
};

struct SetOptions {
  enum class Condition : uint8_t { always, if_absent, if_present };
  Condition condition = Condition::always;
  bool get = false;
  ExpiryOption expiry;
};

SetOptions read_set_options(Context& ctx, ArgReader& args) {
  SetOptions options;
  using Condition = SetOptions::Condition;
  while (!args.empty() && !args.failed()) {
    if (args.accept("get")) {
      options.get = true;
    } else if (options.condition != Condition::if_present && args.accept("nx")) {
      options.condition = Condition::if_absent;
    } else if (options.condition != Condition::if_absent && args.accept("xx")) {
      options.condition = Condition::if_present;
    } else {
      accept_expiry_option(ctx, args, ExpiryWords::keep_ttl, options.expiry);
    }
  }
  return options;
}

Reply set(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes value = args.next();
  const SetOptions options = args.empty() ? SetOptions{} : read_set_options(ctx, args);
  if (args.failed()) return args.error();

  Database& database = ctx.database(key);
  const HashedKey hashed = ctx.hashed(key);
  Reply before = Reply::none();
  if (options.get) {
    before = string_copy(ctx.find_to_read(key));
    if (before.is_error()) return before;
  }
  if (options.condition != SetOptions::Condition::always) {
    const bool present = database.find(hashed, storage::Touch::no) != nullptr;
    if (present != (options.condition == SetOptions::Condition::if_present)) {
      return options.get ? std::move(before) : Reply::null();
    }
  }
  switch (options.expiry.kind) {
    case ExpiryOption::Kind::none:
    case ExpiryOption::Kind::persist:
      database.set_string(hashed, value);
      break;
    case ExpiryOption::Kind::keep:
      database.set_string(hashed, value, Ttl::keep());
      break;
    case ExpiryOption::Kind::at:
      database.set_string(hashed, value, Ttl::at(options.expiry.at_ms));
      break;
  }
  return options.get ? std::move(before) : Reply::ok();
}

// With GET it reads the value it replaces; without, it only overwrites it.
bool keys_of_set(std::span<const Bytes> args, FoundKeys& found) {
  const auto options = args.subspan(3);
  const bool reads = std::any_of(options.begin(), options.end(),
                                 [](Bytes word) { return equals_nocase(word, "get"); });
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
    .keys = {{.start = StartAt{1},
              .access = Access::access_update,
              .extra = KeyExtra::variable_flags}},
    .find_keys = keys_of_set,
    .syntax =
        "key:key value [condition:{NX|XX}] [GET] [expiration:{EX seconds:integer|PX "
        "milliseconds:integer|EXAT unix-time-seconds:unix-time|PXAT "
        "unix-time-milliseconds:unix-time|KEEPTTL}]",
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
    .keys = {key_at(1, Access::overwrite_insert)},
    .syntax = "key:key value",
    .run = setnx,
};

Reply setrange(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const int64_t offset = args.next_integer();
  const Bytes value = args.next();
  if (args.failed()) return args.error();
  if (offset < 0) return error_reply(Errc::out_of_range);

  // Writing nothing creates nothing, however far out.
  auto string = ctx.database(key).edit<String>(ctx.hashed(key),
                                               value.empty() ? IfAbsent::leave : IfAbsent::create);
  if (!string) return error_reply(string.error());
  if (!*string) return Reply::integer(0);
  const Result<size_t> length =
      (*string)->set_range(static_cast<size_t>(offset), value, length_max(ctx));
  return length ? Reply::integer(static_cast<int64_t>(*length)) : error_reply(length.error());
}

constexpr Command kSetrange{
    .name = "setrange",
    .summary = "Overwrites part of a string from an offset on.",
    .since = "2.2.0",
    .complexity = "O(N) in the bytes given",
    .group = Group::string,
    .arity = exactly(4),
    .flags = Flag::write | Flag::deny_oom,
    .keys = {key_at(1, Access::update)},
    .syntax = "key:key offset:integer value",
    .run = setrange,
};

Reply strlen(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();

  Entry* entry = ctx.find_to_read(key);
  if (entry == nullptr) return Reply::integer(0);
  if (entry->type() != ValueType::string) return error_reply(Errc::wrong_type);
  return Reply::integer(static_cast<int64_t>(entry->text_length()));
}

constexpr Command kStrlen{
    .name = "strlen",
    .summary = "Tells the length of a string.",
    .since = "2.2.0",
    .complexity = "O(1)",
    .group = Group::string,
    .arity = exactly(2),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::inspect)},
    .syntax = "key:key",
    .run = strlen,
};

constexpr Command kSubstr{
    .name = "substr",
    .summary = "Returns part of a string.",
    .since = "1.0.0",
    .complexity = "O(N) in the bytes returned",
    .deprecated = {.since = "2.0.0", .instead = "`GETRANGE`"},
    .group = Group::string,
    .arity = exactly(4),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key start:integer end:integer",
    .run = getrange,
};

constexpr Command kCommands[] = {kAppend,   kDecr,   kDecrby, kGet,    kGetdel,      kGetex,
                                 kGetrange, kGetset, kIncr,   kIncrby, kIncrbyfloat, kMget,
                                 kMset,     kMsetnx, kPsetex, kSet,    kSetex,       kSetnx,
                                 kSetrange, kStrlen, kSubstr};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> string_commands() { return kCommands; }

}  // namespace tidemark::server
