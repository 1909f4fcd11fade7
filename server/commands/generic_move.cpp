// Keys that change their name, their database, or both; and databases that change places.

#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/database_arg.hpp"
#include "server/commands/families.hpp"

namespace tidemark::server {

namespace {

using storage::Database;

constexpr Bytes kSameObject = "ERR source and destination objects are the same";

struct CopyOptions {
  DbIndex db;
  bool replace = false;
};

CopyOptions read_copy_options(const Context& ctx, ArgReader& args) {
  CopyOptions options{.db = ctx.session().db};
  while (!args.empty() && !args.failed()) {
    if (args.accept("replace")) {
      options.replace = true;
    } else if (args.accept_with("db", 1)) {
      options.db = read_database(ctx, args);
    } else {
      args.fail_syntax();
    }
  }
  return options;
}

Reply copy(Context& ctx, ArgReader& args) {
  const Bytes from = args.next();
  const Bytes to = args.next();
  const CopyOptions options = read_copy_options(ctx, args);
  if (from == to && options.db == ctx.session().db) args.fail(kSameObject);
  if (args.failed()) return args.error();

  Database& source = ctx.database(from);
  Database& target = ctx.keyspace(to).database(options.db);
  if (ctx.find_to_read(from) == nullptr) return Reply::integer(0);
  if (!options.replace && target.find(ctx.hashed(to), ctx.touch()) != nullptr) {
    return Reply::integer(0);
  }
  // Looked up again: the lookup in the target may have moved it.
  const storage::Entry* entry = source.peek(ctx.hashed(from));
  if (entry == nullptr) return Reply::integer(0);
  target.put(ctx.hashed(to), entry->copy(to));
  return Reply::integer(1);
}

constexpr Command kCopy{
    .name = "copy",
    .summary = "Copies the value of a key to another key.",
    .since = "6.2.0",
    .complexity = "O(1) for strings, else O(N) in the elements",
    .group = Group::generic,
    .arity = at_least(3),
    .flags = Flag::write | Flag::deny_oom,
    .categories = Category::keyspace,
    .event = "copy_to",
    .keys = {key_at(1, Access::read), key_at(2, Access::overwrite)},
    .syntax = "source:key destination:key1 [DB destination-db:integer] [REPLACE]",
    .run = copy,
};

Reply move(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const DbIndex db = read_database(ctx, args);
  if (db == ctx.session().db) args.fail(kSameObject);
  if (args.failed()) return args.error();

  Database& source = ctx.database(key);
  Database& target = ctx.keyspace(key).database(db);
  if (source.find(ctx.hashed(key), ctx.touch()) == nullptr) return Reply::integer(0);
  if (target.find(ctx.hashed(key), ctx.touch()) != nullptr) return Reply::integer(0);
  ctx.name_changes(key, "move_from");
  auto entry = source.take(ctx.hashed(key));
  ctx.name_changes(key, "move_to");
  target.put(ctx.hashed(key), std::move(entry));
  return Reply::integer(1);
}

constexpr Command kMove{
    .name = "move",
    .summary = "Moves a key to another database.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = exactly(3),
    .flags = Flag::write | Flag::fast,
    .categories = Category::keyspace,
    .keys = {key_at(1, Access::access_update)},
    .syntax = "key:key db:integer",
    .run = move,
};

// The value moves as it is, also to another partition: to copy it would take a time that grows with
// it. Its memory stays in the arena it came from until it is freed, and is counted all the same.
void rename_key(Context& ctx, Bytes from, Bytes to) {
  ctx.name_changes(from, "rename_from");
  auto entry = ctx.database(from).take(ctx.hashed(from));
  ctx.name_changes(to, "rename_to");
  ctx.database(to).put(ctx.hashed(to), std::move(entry));
}

bool absent(const Context& ctx, Bytes key) {
  return ctx.database(key).find(ctx.hashed(key), ctx.touch()) == nullptr;
}

Reply rename(Context& ctx, ArgReader& args) {
  const Bytes from = args.next();
  const Bytes to = args.next();
  if (args.failed()) return args.error();
  if (absent(ctx, from)) return Reply::error("ERR no such key");
  if (from != to) rename_key(ctx, from, to);
  return Reply::ok();
}

constexpr Command kRename{
    .name = "rename",
    .summary = "Gives a key another name, replacing what had that name.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = exactly(3),
    .flags = Flag::write,
    .categories = Category::keyspace,
    .keys = {key_at(1, Access::access_delete), key_at(2, Access::overwrite)},
    .syntax = "key:key newkey:key1",
    .run = rename,
};

Reply renamenx(Context& ctx, ArgReader& args) {
  const Bytes from = args.next();
  const Bytes to = args.next();
  if (args.failed()) return args.error();
  if (absent(ctx, from)) return Reply::error("ERR no such key");
  // Its own name is taken, too.
  if (!absent(ctx, to)) return Reply::integer(0);
  rename_key(ctx, from, to);
  return Reply::integer(1);
}

constexpr Command kRenamenx{
    .name = "renamenx",
    .summary = "Gives a key another name, unless that is taken.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = exactly(3),
    .flags = Flag::write | Flag::fast,
    .categories = Category::keyspace,
    .keys = {key_at(1, Access::access_delete), key_at(2, Access::overwrite_insert)},
    .syntax = "key:key newkey:key1",
    .run = renamenx,
};

Reply swapdb(Context& ctx, ArgReader& args) {
  const int64_t first =
      args.next_integer(kDatabaseLow, kDatabaseHigh, "ERR invalid first DB index");
  const int64_t second =
      args.next_integer(kDatabaseLow, kDatabaseHigh, "ERR invalid second DB index");
  const DbIndex one = existing_database(ctx, args, first);
  const DbIndex other = existing_database(ctx, args, second);
  if (args.failed()) return args.error();
  for (const CoreId core : ctx.all_cores()) {
    CoreData& data = ctx.data(core);
    data.keyspace.swap_databases(one, other);
    data.waiting_keys.note_database(one);
    data.waiting_keys.note_database(other);
    data.watched_keys.on_swap(one, other);
  }
  return Reply::ok();
}

constexpr Command kSwapdb{
    .name = "swapdb",
    .summary = "Exchanges two databases.",
    .since = "4.0.0",
    .complexity = "O(N) in the clients that watch or wait for keys of either database",
    .group = Group::server,
    .arity = exactly(3),
    .flags = Flag::write | Flag::fast | Flag::touches_arbitrary_keys,
    .categories = Category::keyspace | Category::dangerous,
    .syntax = "index1:integer index2:integer",
    .scope = Scope::all_cores,
    .run = swapdb,
};

constexpr Command kCommands[] = {kCopy, kMove, kRename, kRenamenx, kSwapdb};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> generic_move_commands() { return kCommands; }

}  // namespace tidemark::server
