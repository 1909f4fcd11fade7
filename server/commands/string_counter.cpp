// Strings that count: INCR and its like.

#include <limits>
#include <string>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/errors.hpp"
#include "storage/base/number.hpp"
#include "storage/keyspace/edit.hpp"
#include "storage/keyspace/string_edit.hpp"
#include "storage/value/string.hpp"

namespace tidemark::server {

namespace {

using storage::Database;
using storage::IfAbsent;
using storage::String;

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
    .event = "incrby",
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
    .event = "incrby",
    .keys = {key_at(1, Access::access_update)},
    .syntax = "key:key decrement:integer",
    .run = decrby,
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
    .event = "incrby",
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
    .event = "incrby",
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
  const auto found = database.find_string(ctx.hashed(key));
  if (!found) return error_reply(found.error());
  const auto increment = parse_long_double(text);
  if (!increment) return error_reply(Errc::not_a_float);

  if (*found == nullptr) {
    // An infinite increment must not leave a key behind.
    Result<std::string> sum = storage::add_float("0", *increment);
    if (!sum) return error_reply(sum.error());
    database.set_string(ctx.hashed(key), *sum);
    return Reply::bulk_copy(std::move(*sum));
  }
  auto string = database.edit<String>(ctx.hashed(key), IfAbsent::leave);
  if (!string) return error_reply(string.error());
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
    .event = "incrbyfloat",
    .keys = {key_at(1, Access::access_update)},
    .syntax = "key:key increment:double",
    .run = incrbyfloat,
};

constexpr Command kCommands[] = {kDecr, kDecrby, kIncr, kIncrby, kIncrbyfloat};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> string_counter_commands() { return kCommands; }

}  // namespace tidemark::server
