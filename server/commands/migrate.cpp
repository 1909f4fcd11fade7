// MIGRATE: keys that move to another server.

#include <string>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/key_finder.hpp"
#include "server/commands/families.hpp"
#include "server/core/migration.hpp"
#include "server/errors.hpp"
#include "storage/base/letter_case.hpp"
#include "storage/base/number.hpp"

namespace tidemark::server {

namespace {

constexpr size_t kKeyPosition = 3;
constexpr size_t kFirstOption = 6;

// How many words an option of MIGRATE takes up, with its name; 0 for KEYS, behind which there are
// keys alone.
size_t option_words(Bytes name) {
  if (equals_nocase(name, "keys")) return 0;
  if (equals_nocase(name, "auth")) return 2;
  return equals_nocase(name, "auth2") ? 3 : 1;
}

// Where the keys after KEYS begin; the end where there are none.
size_t keys_begin(std::span<const Bytes> args) {
  for (size_t i = kFirstOption; i < args.size();) {
    const size_t words = option_words(args[i]);
    if (words == 0) return i + 1;
    i += words;
  }
  return args.size();
}

bool find_migrate_keys(std::span<const Bytes> args, FoundKeys& found) {
  const size_t begin = keys_begin(args);
  if (begin == args.size()) {
    found.add(kKeyPosition, Access::access_delete);
    return true;
  }
  if (!args[kKeyPosition].empty()) return false;
  for (size_t i = begin; i < args.size(); ++i) found.add(i, Access::access_delete);
  return true;
}

bool is_secret_of_migrate(std::span<const Bytes> args, size_t position) {
  for (size_t i = kFirstOption; i < args.size();) {
    const size_t words = option_words(args[i]);
    if (words == 0) return false;
    if (position > i && position < i + words) return true;
    i += words;
  }
  return false;
}

void read_options(ArgReader& args, Bytes key, MigrationOrder& order) {
  while (!args.empty() && !args.failed()) {
    if (args.accept("copy")) {
      order.afterwards = MigrationOrder::Afterwards::keep;
    } else if (args.accept("replace")) {
      order.existing = MigrationOrder::Existing::replace;
    } else if (args.accept_with("auth", 1)) {
      order.login = {"AUTH", std::string(args.next())};
    } else if (args.accept_with("auth2", 2)) {
      order.login = {"AUTH", std::string(args.next()), std::string(args.next())};
    } else if (args.accept("keys")) {
      if (!key.empty()) {
        args.fail(
            "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string");
      }
      order.keys.clear();
      for (const Bytes other : args.rest()) order.keys.emplace_back(other);
    } else {
      args.fail_syntax();
    }
  }
}

Reply migrate(Context& ctx, ArgReader& args) {
  constexpr int64_t kTimeoutMs = 1000;
  MigrationOrder order{.from = ctx.session().db};
  order.host = args.next();
  order.port = args.next();
  const Bytes key = args.next();
  order.keys.emplace_back(key);
  const Bytes to = args.next();
  const Bytes timeout = args.next();
  read_options(args, key, order);
  if (args.failed()) return args.error();
  // What is wrong with the options is told before what is wrong with the numbers.
  const auto database = parse_int64(to);
  const auto timeout_ms = parse_int64(timeout);
  if (!database || !timeout_ms) return error_reply(Errc::not_an_integer);
  order.to = *database;
  order.timeout_ms = *timeout_ms > 0 ? *timeout_ms : kTimeoutMs;
  if (!ctx.session().may_wait) {
    return Reply::error(
        "ERR MIGRATE waits for another server, which a transaction or script cannot");
  }
  Migration::start(ctx.here(), std::move(order), ctx.caller());
  return ctx.suspend();
}

constexpr KeySpec kKeysBehindKeys{.start = StartAfter{"KEYS", -2},
                                  .walk = Walk{.last = -1},
                                  .access = Access::access_delete,
                                  .extra = KeyExtra::incomplete};

constexpr Command kMigrate{
    .name = "migrate",
    .summary = "Moves keys to another server.",
    .since = "2.6.0",
    .complexity = "As DUMP and DEL here and RESTORE there, and O(N) in the bytes that are sent",
    .group = Group::generic,
    .arity = at_least(6),
    .flags = Flag::write | Flag::hidden_args,
    .categories = Category::keyspace | Category::dangerous,
    .keys = {key_at(3, Access::access_delete), kKeysBehindKeys},
    .find_keys = find_migrate_keys,
    .syntax =
        "host port:integer key-selector:{key:key|empty-string=} destination-db:integer "
        "timeout:integer [COPY] [REPLACE] [authentication:{AUTH auth<password>|AUTH2 "
        "auth2:(username password)}] [KEYS keys<key>:key1...]",
    .tips = {"nondeterministic_output"},
    .scope = Scope::home,
    .is_secret = is_secret_of_migrate,
    .run = migrate,
};

constexpr Command kCommands[] = {kMigrate};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> migrate_commands() { return kCommands; }

}  // namespace tidemark::server
