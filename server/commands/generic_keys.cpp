// Which keys there are: named ones, all, some, any.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/encode.hpp"
#include "server/client/client_limits.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/scan_cursor.hpp"
#include "storage/base/glob.hpp"
#include "storage/base/letter_case.hpp"

namespace tidemark::server {

namespace {

using storage::Database;
using storage::Entry;

// How many of the named keys `holds` is true of; a key named twice counts twice.
template <typename Holds>
Reply count_keys(ArgReader& args, Holds&& holds) {
  const auto keys = args.rest();
  if (args.failed()) return args.error();

  int64_t count = 0;
  for (const Bytes key : keys) count += holds(key) ? 1 : 0;
  return Reply::integer(count);
}

// Both DEL and UNLINK free small values within the command and big ones in slices: for the client
// there is nothing to choose between waiting and not waiting.
Reply del(Context& ctx, ArgReader& args) {
  return count_keys(args, [&](Bytes key) { return ctx.database(key).unlink(ctx.hashed(key)); });
}

constexpr Command kDel{
    .name = "del",
    .summary = "Removes keys.",
    .since = "1.0.0",
    .complexity = "O(N) in the keys, and in the elements of what they hold",
    .group = Group::generic,
    .arity = at_least(2),
    .flags = Flag::write,
    .categories = Category::keyspace,
    .keys = {keys_from(1, Access::remove)},
    .syntax = "key:key...",
    .tips = {"request_policy:multi_shard", "response_policy:agg_sum"},
    .run = del,
};

Reply unlink(Context& ctx, ArgReader& args) { return del(ctx, args); }

constexpr Command kUnlink{
    .name = "unlink",
    .summary = "Removes keys and frees what is large of them bit by bit.",
    .since = "4.0.0",
    .complexity = "O(1) for each key, then O(N) in slices",
    .group = Group::generic,
    .arity = at_least(2),
    .flags = Flag::write | Flag::fast,
    .categories = Category::keyspace,
    .keys = {keys_from(1, Access::remove)},
    .syntax = "key:key...",
    .tips = {"request_policy:multi_shard", "response_policy:agg_sum"},
    .run = unlink,
};

Reply exists(Context& ctx, ArgReader& args) {
  return count_keys(args, [&](Bytes key) { return ctx.find_to_inspect(key) != nullptr; });
}

constexpr Command kExists{
    .name = "exists",
    .summary = "Counts which of the keys exist.",
    .since = "1.0.0",
    .complexity = "O(N) in the keys given",
    .group = Group::generic,
    .arity = at_least(2),
    .flags = Flag::readonly | Flag::fast,
    .categories = Category::keyspace,
    .keys = {keys_from(1, Access::inspect)},
    .syntax = "key:key...",
    .tips = {"request_policy:multi_shard", "response_policy:agg_sum"},
    .run = exists,
};

// Also for a client that said CLIENT NO-TOUCH: this is what it asks for.
Reply touch(Context& ctx, ArgReader& args) {
  return count_keys(args, [&](Bytes key) { return ctx.find_to_read(key) != nullptr; });
}

constexpr Command kTouch{
    .name = "touch",
    .summary = "Counts which of the keys exist, as a use of them.",
    .since = "3.2.1",
    .complexity = "O(N) in the keys given",
    .group = Group::generic,
    .arity = at_least(2),
    .flags = Flag::readonly | Flag::fast,
    .categories = Category::keyspace,
    .keys = {keys_from(1, Access::inspect)},
    .syntax = "key:key...",
    .tips = {"request_policy:multi_shard", "response_policy:agg_sum"},
    .run = touch,
};

Reply type(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();
  const Entry* entry = ctx.find_to_inspect(key);
  return Reply::simple(entry != nullptr ? storage::type_name(entry->type()) : Bytes("none"));
}

constexpr Command kType{
    .name = "type",
    .summary = "Tells the type of the value at a key.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = exactly(2),
    .flags = Flag::readonly | Flag::fast,
    .categories = Category::keyspace,
    .keys = {key_at(1, Access::inspect)},
    .syntax = "key:key",
    .run = type,
};

Database& database_of(const Context& ctx, CoreId core) {
  return ctx.data(core).keyspace.database(ctx.session().db);
}

// The keys may be many, so they are written to the wire from where they lie; nothing moves them
// while every core is stopped.
Reply keys(Context& ctx, ArgReader& args) {
  const Bytes pattern = args.next();
  if (args.failed()) return args.error();

  std::vector<Bytes> found;
  const bool all = pattern == "*";
  for (const CoreId core : ctx.all_cores()) {
    const Database& database = database_of(ctx, core);
    (void)database.scan(0, SIZE_MAX, [&](const Entry& entry) {
      if (all || glob_matches(pattern, entry.key())) found.push_back(entry.key());
    });
  }
  protocol::Output wire;
  protocol::write_array_header(wire, found.size());
  for (const Bytes key : found) {
    protocol::write_bulk(wire, key);
    // Redis writes the length last, and so puts nothing of this where the first replies do not
    // count. Of what is too much only the size matters: none of it is sent.
    if (ctx.is_past_reply_limit(wire.size() + kUnlimitedOutputBytes)) {
      wire.append(std::string(kUnlimitedOutputBytes, ' '));
      break;
    }
  }
  return Reply::encoded(std::move(wire));
}

constexpr Command kKeys{
    .name = "keys",
    .summary = "Names all keys that match a pattern.",
    .since = "1.0.0",
    .complexity = "O(N) in the keys of the database",
    .group = Group::generic,
    .arity = exactly(2),
    .flags = Flag::readonly | Flag::touches_arbitrary_keys,
    .categories = Category::keyspace | Category::dangerous,
    .syntax = "pattern:pattern",
    .tips = {"request_policy:all_shards", "nondeterministic_output_order"},
    .scope = Scope::all_cores,
    .run = keys,
};

// How often a draw may meet a partition where everything has expired, before there is no key.
constexpr int kDrawsMax = 16;

// A core is drawn by how many keys it has, and then one of its keys: fair over all keys.
Reply randomkey(Context& ctx, ArgReader&) {
  for (int draw = 0; draw < kDrawsMax; ++draw) {
    uint64_t total = 0;
    for (const CoreId core : ctx.all_cores()) total += database_of(ctx, core).size();
    if (total == 0) break;
    uint64_t pick = ctx.here().data().keyspace.next_random() % total;
    for (const CoreId core : ctx.all_cores()) {
      Database& database = database_of(ctx, core);
      if (pick < database.size()) {
        const Entry* entry = database.random_key();
        if (entry != nullptr) return Reply::bulk_copy(entry->key());
        break;
      }
      pick -= database.size();
    }
  }
  return Reply::null();
}

constexpr Command kRandomkey{
    .name = "randomkey",
    .summary = "Names a key chosen at random.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = exactly(1),
    .flags = Flag::readonly | Flag::touches_arbitrary_keys,
    .categories = Category::keyspace,
    .tips = {"request_policy:all_shards", "response_policy:special", "nondeterministic_output"},
    .scope = Scope::all_cores,
    .run = randomkey,
};

Reply scan(Context& ctx, ArgReader& args) {
  const ScanArgs read = read_scan(args, ScanWords::with_type);
  if (args.failed()) return args.error();

  std::vector<Reply> found;
  const Database& database = ctx.here().data().keyspace.database(ctx.session().db);
  const uint64_t next = database.scan(bound_of(read.cursor), read.count, [&](const Entry& entry) {
    if (!read.matches(entry.key())) return;
    if (read.type && !equals_nocase(*read.type, storage::type_name(entry.type()))) return;
    found.push_back(Reply::bulk_copy(entry.key()));
  });
  return scan_reply(ctx, next, std::move(found));
}

constexpr Command kScan{
    .name = "scan",
    .summary = "Iterates over the keys of the database.",
    .since = "2.8.0",
    .complexity = "O(1) for a call, O(N) for all of the database",
    .group = Group::generic,
    .arity = at_least(2),
    .flags = Flag::readonly | Flag::touches_arbitrary_keys,
    .categories = Category::keyspace,
    .syntax = "cursor:integer [MATCH pattern:pattern] [COUNT count:integer] [TYPE type]",
    .tips = {"nondeterministic_output", "request_policy:special", "response_policy:special"},
    .owner = owner_of_cursor,
    .run = scan,
};

constexpr Command kCommands[] = {kDel, kExists, kKeys, kRandomkey, kScan, kTouch, kType, kUnlink};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> generic_keys_commands() { return kCommands; }

}  // namespace tidemark::server
