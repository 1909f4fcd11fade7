// What depends on the value that is there: DELEX and DIGEST as Redis 8.4 has them, DELIFEQ as
// Valkey 9.

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/key_finder.hpp"
#include "server/commands/families.hpp"
#include "server/commands/value_condition.hpp"
#include "server/errors.hpp"
#include "storage/keyspace/database.hpp"

namespace tidemark::server {

namespace {

using storage::Entry;
using storage::ValueType;

// Removes the key where there is one and the condition holds of it.
Reply remove_if(Context& ctx, Bytes key, const ValueCondition& condition) {
  const Entry* entry = ctx.find_to_inspect(key);
  if (entry == nullptr) return Reply::integer(0);
  if (condition.kind != ValueCondition::Kind::none) {
    const Result<bool> holds = condition.holds(entry);
    if (!holds) return error_reply(holds.error());
    if (!*holds) return Reply::integer(0);
  }
  return Reply::integer(ctx.database(key).erase(ctx.hashed(key)) ? 1 : 0);
}

Reply delex(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  ValueCondition condition;
  if (!args.empty() && !accept_value_condition(args, condition)) args.fail_syntax();
  args.finish();
  if (args.failed()) return args.error();
  return remove_if(ctx, key, condition);
}

// With a condition it looks at the value first.
bool keys_of_delex(std::span<const Bytes> args, FoundKeys& found) {
  found.add(1, args.size() > 2 ? Access::access_delete : Access::remove);
  return true;
}

constexpr Command kDelex{
    .name = "delex",
    .summary = "Removes a key, if its value or the digest of its value is or is not the given one.",
    .since = "8.4.0",
    .complexity = "O(1), with a digest O(N) in the bytes of the value",
    .group = Group::string,
    .arity = at_least(2),
    .flags = Flag::write | Flag::fast,
    .keys = {{.start = StartAt{1},
              .access = Access::access_delete,
              .extra = KeyExtra::variable_flags}},
    .find_keys = keys_of_delex,
    .syntax =
        "key:key [condition:{IFEQ ifeq-value|IFNE ifne-value|IFDEQ ifdeq-digest|IFDNE "
        "ifdne-digest}]",
    .run = delex,
};

Reply delifeq(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes value = args.next();
  if (args.failed()) return args.error();
  return remove_if(ctx, key, {.kind = ValueCondition::Kind::equal, .operand = value});
}

constexpr Command kDelifeq{
    .name = "delifeq",
    .summary = "Removes a key, if its value is the given one.",
    .since = "9.0.0",
    .complexity = "O(1)",
    .group = Group::string,
    .arity = exactly(3),
    .flags = Flag::write | Flag::fast,
    .keys = {key_at(1, Access::access_delete)},
    .syntax = "key:key value",
    .run = delifeq,
};

Reply digest(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();
  const Entry* entry = ctx.find_to_read(key);
  if (entry == nullptr) return Reply::null();
  if (entry->type() != ValueType::string) return error_reply(Errc::wrong_type);
  IntegerText scratch;
  return Reply::bulk_copy(digest_of(entry->text(scratch)));
}

constexpr Command kDigest{
    .name = "digest",
    .summary = "Returns the digest of a string, 16 hexadecimal digits of XXH3.",
    .since = "8.4.0",
    .complexity = "O(N) in the bytes of the value",
    .group = Group::string,
    .arity = exactly(2),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key",
    .run = digest,
};

constexpr Command kCommands[] = {kDelex, kDelifeq, kDigest};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> string_condition_commands() { return kCommands; }

}  // namespace tidemark::server
