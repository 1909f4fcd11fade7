// Many strings in one command.

#include <optional>
#include <utility>
#include <vector>

#include "protocol/encode.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "storage/keyspace/entry.hpp"

namespace tidemark::server {

namespace {

using storage::Entry;
using storage::ValueType;

Reply mget(Context& ctx, ArgReader& args) {
  const auto keys = args.rest();
  if (args.failed()) return args.error();

  // Straight to the wire: a key may be named a thousand times, and looking for the next one may
  // remove one that has expired and move others.
  protocol::Output wire;
  protocol::write_array_header(wire, keys.size());
  IntegerText scratch;
  for (const Bytes key : keys) {
    if (ctx.is_past_reply_limit(wire.size())) break;
    const Entry* entry = ctx.find_to_read(key);
    if (entry != nullptr && entry->type() == ValueType::string) {
      protocol::write_bulk(wire, entry->text(scratch));
    } else {
      protocol::write_null(wire, ctx.session().resp);
    }
  }
  return Reply::encoded(std::move(wire));
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
    .event = "set",
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
    .event = "set",
    .keys = {keys_from(1, Access::overwrite_insert, 2)},
    .syntax = "data:(key:key value)...",
    .run = msetnx,
};

constexpr Command kCommands[] = {kMget, kMset, kMsetnx};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> string_many_commands() { return kCommands; }

}  // namespace tidemark::server
