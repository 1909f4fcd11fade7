// Fields that count: HINCRBY and HINCRBYFLOAT.

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/hash_limits.hpp"
#include "server/errors.hpp"
#include "storage/base/number.hpp"
#include "storage/keyspace/edit.hpp"
#include "storage/value/hash.hpp"
#include "storage/value/string.hpp"

namespace tidemark::server {

namespace {

using storage::Hash;
using storage::IfAbsent;

Reply hash_value_error(Errc error) {
  if (error == Errc::not_an_integer) return Reply::error("ERR hash value is not an integer");
  if (error == Errc::not_a_float) return Reply::error("ERR hash value is not a float");
  return error_reply(error);
}

// Puts compute(text of the value) into the field's place, "0" being the value of a field that is
// absent, and returns what it returned: a Result<std::string>.
template <typename Compute>
Result<std::string> replace_value(Context& ctx, Bytes key, Bytes field, Compute&& compute) {
  auto hash = ctx.database(key).edit<Hash>(ctx.hashed(key), IfAbsent::create);
  if (!hash) return hash.error();
  const auto present = (*hash)->find(field, ctx.now_ms());
  IntegerText scratch;
  Result<std::string> computed = compute(present ? present->text(scratch) : Bytes("0"));
  if (computed) {
    (*hash)->set(field, *computed, hash_limits(ctx), ctx.now_ms(), storage::Ttl::keep());
  } else {
    hash->nothing_changed();
  }
  return computed;
}

Reply hincrby(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes field = args.next();
  const int64_t increment = args.next_integer();
  if (args.failed()) return args.error();

  int64_t sum = 0;
  const auto text = replace_value(ctx, key, field, [&](Bytes value) -> Result<std::string> {
    const Result<int64_t> added = storage::add(value, increment);
    if (!added) return added.error();
    sum = *added;
    return to_text(sum);
  });
  return text ? Reply::integer(sum) : hash_value_error(text.error());
}

constexpr Command kHincrby{
    .name = "hincrby",
    .summary = "Adds to the integer in a field, counting from 0 where the field is absent.",
    .since = "2.0.0",
    .complexity = "O(1)",
    .group = Group::hash,
    .arity = exactly(4),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "hincrby",
    .keys = {key_at(1, Access::access_update)},
    .syntax = "key:key field increment:integer",
    .run = hincrby,
};

Reply hincrbyfloat(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes field = args.next();
  const auto increment = parse_long_double(args.next());
  if (!increment) args.fail("ERR value is not a valid float");
  if (increment && std::isinf(*increment)) args.fail("ERR value is NaN or Infinity");
  if (args.failed()) return args.error();

  auto sum = replace_value(ctx, key, field,
                           [&](Bytes value) { return storage::add_float(value, *increment); });
  return sum ? Reply::bulk_copy(std::move(*sum)) : hash_value_error(sum.error());
}

constexpr Command kHincrbyfloat{
    .name = "hincrbyfloat",
    .summary =
        "Adds to the floating-point number in a field, counting from 0 where the field is "
        "absent.",
    .since = "2.6.0",
    .complexity = "O(1)",
    .group = Group::hash,
    .arity = exactly(4),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "hincrbyfloat",
    .keys = {key_at(1, Access::access_update)},
    .syntax = "key:key field increment:double",
    .run = hincrbyfloat,
};

constexpr Command kCommands[] = {kHincrby, kHincrbyfloat};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> hash_counter_commands() { return kCommands; }

}  // namespace tidemark::server
