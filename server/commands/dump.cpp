// DUMP and RESTORE: values as bytes, for other keys, other servers and other times.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/commands/rdb_options.hpp"
#include "server/errors.hpp"
#include "server/log/log.hpp"
#include "server/server.hpp"
#include "storage/base/number.hpp"
#include "storage/rdb/payload.hpp"

namespace tidemark::server {

namespace {

using storage::Entry;
using storage::EntryOwner;
namespace rdb = storage::rdb;

Reply dump(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();
  const Entry* entry = ctx.find_to_read(key);
  if (entry == nullptr) return Reply::null();
  return Reply::bulk_copy(rdb::make_payload(*entry, compression(ctx.settings())));
}

constexpr Command kDump{
    .name = "dump",
    .summary = "Returns a value as bytes that RESTORE takes.",
    .since = "2.6.0",
    .complexity = "O(1) to find the key and O(N) in the bytes of the value",
    .group = Group::generic,
    .arity = exactly(2),
    .flags = Flag::readonly,
    .categories = Category::keyspace,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key",
    .tips = {"nondeterministic_output"},
    .run = dump,
};

struct RestoreOptions {
  bool replace = false;
  bool absolute_ttl = false;
  storage::KeyUse use;
};

RestoreOptions read_restore_options(ArgReader& args) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr int64_t kFrequencyMax = 255;
  RestoreOptions options;
  // What is no integer and what is out of range are two errors.
  const auto read = [&args](int64_t high, Bytes error) {
    const int64_t value = args.next_integer();
    if (value < 0 || value > high) args.fail(error);
    return value;
  };
  while (!args.empty() && !args.failed()) {
    if (args.accept("replace")) {
      options.replace = true;
    } else if (args.accept("absttl")) {
      options.absolute_ttl = true;
    } else if (!options.use.frequency && args.accept_with("idletime", 1)) {
      options.use.idle_seconds =
          static_cast<uint64_t>(read(kMax, "ERR Invalid IDLETIME value, must be >= 0"));
    } else if (!options.use.idle_seconds && args.accept_with("freq", 1)) {
      options.use.frequency = static_cast<uint8_t>(
          read(kFrequencyMax, "ERR Invalid FREQ value, must be >= 0 and <= 255"));
    } else {
      args.fail_syntax();
    }
  }
  return options;
}

// When the value's time is up; none for never. Too far away to be a time is in the past, as it
// comes out in Redis, whose sum overflows.
std::optional<int64_t> end_of_life(const Context& ctx, int64_t ttl_ms, bool absolute) {
  if (ttl_ms == 0) return std::nullopt;
  if (absolute) return ttl_ms;
  int64_t sum = 0;
  return __builtin_add_overflow(ctx.now_ms(), ttl_ms, &sum) ? 0 : sum;
}

Reply restore(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Bytes ttl_text = args.next();
  const Bytes payload = args.next();
  const RestoreOptions options = read_restore_options(args);
  if (args.failed()) return args.error();

  storage::Database& database = ctx.database(key);
  const storage::HashedKey hashed = ctx.hashed(key);
  if (!options.replace && database.find(hashed, storage::Touch::no) != nullptr) {
    return Reply::error("BUSYKEY Target key name already exists.");
  }
  const auto ttl = parse_int64(ttl_text);
  if (!ttl) return error_reply(Errc::not_an_integer);
  if (*ttl < 0) return Reply::error("ERR Invalid TTL value, must be >= 0");

  const auto checksum =
      ctx.server().debug().verify_checksums ? rdb::Checksum::verify : rdb::Checksum::ignore;
  const auto body = rdb::open_payload(payload, checksum);
  if (!body) return Reply::error("ERR DUMP payload version or checksum are wrong");
  Bytes wrong = "A collection without elements";
  Result<EntryOwner> entry = rdb::read_payload(*body, key, value_limits(ctx.settings()), &wrong);
  if (!entry || *entry == nullptr) {
    log::warning(fmt::format("RESTORE of a payload that is not sound: {}", wrong));
    return error_reply(Errc::corrupt);
  }

  const auto expire_at_ms = end_of_life(ctx, *ttl, options.absolute_ttl);
  if (expire_at_ms && *expire_at_ms <= ctx.now_ms()) {
    database.unlink(hashed);
    return Reply::ok();
  }
  if (expire_at_ms) entry->reset(Entry::set_expiry(entry->release(), expire_at_ms));
  database.put(hashed, std::move(*entry));
  ctx.keyspace(key).set_use(ctx.session().db, hashed, options.use);
  return Reply::ok();
}

constexpr Bytes kRestoreSyntax =
    "key:key ttl:integer serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds:integer] "
    "[FREQ frequency:integer]";

constexpr Command kRestore{
    .name = "restore",
    .summary = "Creates a key from what DUMP returned.",
    .since = "2.6.0",
    .complexity = "O(N) in the elements of the value, O(N*log(N)) for sorted sets",
    .group = Group::generic,
    .arity = at_least(4),
    .flags = Flag::write | Flag::deny_oom,
    .categories = Category::keyspace | Category::dangerous,
    .event = "restore",
    .keys = {key_at(1, Access::overwrite)},
    .syntax = kRestoreSyntax,
    .run = restore,
};

constexpr Command kRestoreAsking{
    .name = "restore-asking",
    .summary = "As RESTORE, for what moves slots between nodes.",
    .since = "3.0.0",
    .complexity = "O(N) in the elements of the value, O(N*log(N)) for sorted sets",
    .group = Group::server,
    .arity = at_least(4),
    .flags = Flag::write | Flag::deny_oom | Flag::asking | Flag::system,
    .categories = Category::keyspace | Category::dangerous,
    .keys = {key_at(1, Access::overwrite)},
    .syntax = kRestoreSyntax,
    .run = restore,
};

constexpr Command kCommands[] = {kDump, kRestore, kRestoreAsking};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> dump_commands() { return kCommands; }

}  // namespace tidemark::server
