// The databases as a whole: counting and emptying them.

#include <optional>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/core/work_message.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

using storage::Free;

// What each core frees before it reads its clients again: small databases are gone when the reply
// is sent, and of big ones it takes about a millisecond.
constexpr size_t kFreedAtOnce = 4096;

Reply dbsize(Context& ctx, ArgReader&) {
  size_t keys = 0;
  for (const CoreId core : ctx.all_cores()) {
    keys += ctx.data(core).keyspace.database(ctx.session().db).size();
  }
  return Reply::integer(static_cast<int64_t>(keys));
}

constexpr Command kDbsize{
    .name = "dbsize",
    .summary = "Counts the keys of the database.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(1),
    .flags = Flag::readonly | Flag::fast,
    .categories = Category::keyspace,
    .tips = {"request_policy:all_shards", "response_policy:agg_sum"},
    .scope = Scope::all_cores,
    .run = dbsize,
};

// Which databases a flush empties.
enum class Which : uint8_t { selected, all };

// Unhooks the tables, which takes no time, and leaves it to their owners to free them, in slices.
// ASYNC and SYNC are the same to us: neither holds anybody up, and both free at once.
Reply flush(Context& ctx, ArgReader& args, Which which) {
  if (!args.accept("async")) (void)args.accept("sync");
  args.finish();
  if (args.failed()) return args.error();

  BackgroundSave& background_save = ctx.server().background_save();
  if (which == Which::all) background_save.abandon(ctx.here());
  for (const CoreId core : ctx.all_cores()) {
    storage::Keyspace& keyspace = ctx.data(core).keyspace;
    if (which == Which::all) {
      keyspace.flush_all(Free::in_slices);
    } else {
      keyspace.database(ctx.session().db).flush(Free::in_slices);
    }
    ctx.data(core).tracking.note_flush(which == Which::all ? TrackingTable::Flushed::everything
                                                           : TrackingTable::Flushed::one_database,
                                       ctx.session());
    // Posted at once, so that it comes before whatever follows the reply.
    ctx.server().core(core).post(std::make_unique<WorkMessage>(
        [](OnCore& here) { (void)here.data().keyspace.free_some(kFreedAtOnce); }));
  }
  // What is gone is not to come back with the next start.
  if (which == Which::all) background_save.begin_if_configured(ctx.here());
  return Reply::ok();
}

Reply flushall(Context& ctx, ArgReader& args) { return flush(ctx, args, Which::all); }

constexpr Command kFlushall{
    .name = "flushall",
    .summary = "Removes all keys of all databases.",
    .since = "1.0.0",
    .complexity = "O(1), then O(N) in slices",
    .group = Group::server,
    .arity = at_least(1),
    .flags = Flag::write | Flag::touches_arbitrary_keys,
    .categories = Category::keyspace | Category::dangerous,
    .syntax = "[flush-type:{ASYNC|SYNC}]",
    .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
    .scope = Scope::all_cores,
    .run = flushall,
};

Reply flushdb(Context& ctx, ArgReader& args) { return flush(ctx, args, Which::selected); }

constexpr Command kFlushdb{
    .name = "flushdb",
    .summary = "Removes all keys of the database.",
    .since = "1.0.0",
    .complexity = "O(1), then O(N) in slices",
    .group = Group::server,
    .arity = at_least(1),
    .flags = Flag::write | Flag::touches_arbitrary_keys,
    .categories = Category::keyspace | Category::dangerous,
    .syntax = "[flush-type:{ASYNC|SYNC}]",
    .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
    .scope = Scope::all_cores,
    .run = flushdb,
};

constexpr Command kCommands[] = {kDbsize, kFlushall, kFlushdb};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> database_commands() { return kCommands; }

}  // namespace tidemark::server
