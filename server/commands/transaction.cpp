// MULTI and EXEC, and the keys that are watched between them. What is queued is not seen here: see
// server/transaction.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/client/client.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/core/round_trip.hpp"
#include "server/errors.hpp"
#include "server/server.hpp"
#include "server/transaction/transaction.hpp"
#include "server/transaction/transaction_run.hpp"

namespace tidemark::server {

namespace {

Reply discard(Context& ctx, ArgReader&) {
  if (!ctx.client().in_transaction()) return Reply::error("ERR DISCARD without MULTI");
  ctx.client().drop_transaction(ctx.here());
  return Reply::ok();
}

constexpr Command kDiscard{
    .name = "discard",
    .summary = "Gives up the transaction that MULTI began.",
    .since = "2.0.0",
    .complexity = "O(N) in the commands queued and the keys watched",
    .group = Group::transactions,
    .arity = exactly(1),
    .flags = Flag::no_script | Flag::loading | Flag::stale | Flag::fast | Flag::allow_busy |
             Flag::at_once,
    .scope = Scope::home,
    .run = discard,
};

Reply exec(Context& ctx, ArgReader&) {
  Client& client = ctx.client();
  if (!client.in_transaction()) return Reply::error("ERR EXEC without MULTI");
  Transaction& transaction = *client.transaction();
  if (transaction.failed()) {
    client.drop_transaction(ctx.here());
    return Reply::error("EXECABORT Transaction discarded because of previous errors.");
  }
  if (transaction.broken()) {
    client.drop_transaction(ctx.here());
    return Reply::null_array();
  }
  std::optional<Reply> reply = TransactionRun::start(ctx.here(), client, transaction);
  if (!reply) return ctx.suspend_uncounted();
  transaction.forget_watch();
  client.drop_transaction(ctx.here());
  return reply->is_error() ? transaction_aborted(*reply) : std::move(*reply);
}

constexpr Command kExec{
    .name = "exec",
    .summary = "Runs the commands queued since MULTI, as one.",
    .since = "1.2.0",
    .complexity = "That of the commands queued",
    .group = Group::transactions,
    .arity = exactly(1),
    .flags = Flag::no_script | Flag::loading | Flag::stale | Flag::skip_slowlog | Flag::at_once |
             Flag::runs_queue,
    .scope = Scope::home,
    .run = exec,
};

Reply multi(Context& ctx, ArgReader&) {
  if (ctx.client().in_transaction()) return Reply::error("ERR MULTI calls can not be nested");
  ctx.client().transaction_or_new(ctx.here()).set_open();
  return Reply::ok();
}

constexpr Command kMulti{
    .name = "multi",
    .summary = "Begins a transaction: commands are queued until EXEC.",
    .since = "1.2.0",
    .complexity = "O(1)",
    .group = Group::transactions,
    .arity = exactly(1),
    .flags = Flag::no_script | Flag::loading | Flag::stale | Flag::fast | Flag::allow_busy |
             Flag::at_once,
    .scope = Scope::home,
    .run = multi,
};

Reply unwatch(Context& ctx, ArgReader&) {
  Transaction* const transaction = ctx.client().transaction();
  // Within EXEC it is over with all that was watched in any case.
  if (transaction != nullptr && !transaction->open()) ctx.client().drop_transaction(ctx.here());
  return Reply::ok();
}

constexpr Command kUnwatch{
    .name = "unwatch",
    .summary = "Watches none of the keys any more.",
    .since = "2.2.0",
    .complexity = "O(N) in the keys watched",
    .group = Group::transactions,
    .arity = exactly(1),
    .flags = Flag::no_script | Flag::loading | Flag::stale | Flag::fast | Flag::allow_busy,
    .scope = Scope::home,
    .run = unwatch,
};

// Whoever has the reply is told of all that is done to the keys from then on, so the owners are
// told before. That they are told one after the other makes no difference: what is done to one of
// the keys meanwhile breaks the watch or does not, as if it were done before or after the command.
Reply watch(Context& ctx, ArgReader& args) {
  Client& client = ctx.client();
  if (client.in_transaction()) return Reply::error("ERR WATCH inside MULTI is not allowed");
  Transaction& transaction = client.transaction_or_new(ctx.here());
  // It is for nothing.
  if (transaction.broken()) return Reply::ok();

  std::map<CoreId, std::vector<std::string>> keys_by_owner;
  const DbIndex db = ctx.session().db;
  for (const Bytes key : args.rest()) {
    if (!transaction.watch(db, key)) continue;
    keys_by_owner[ctx.server().router().owner(key)].emplace_back(key);
  }
  std::vector<Errand> errands;
  for (auto& [owner, keys] : keys_by_owner) {
    auto work = [db, watch = transaction.watched(), keys = std::move(keys)](const OnCore& there) {
      for (const std::string& key : keys) there.data().watched_keys.add(db, key, watch);
    };
    errands.push_back({.core = owner, .work = std::move(work)});
  }
  const bool done =
      run_errands(ctx.here(), std::move(errands),
                  [caller = &ctx.caller()](OnCore& home) { caller->resume(home, Reply::ok()); });
  return done ? Reply::ok() : ctx.suspend();
}

constexpr Command kWatch{
    .name = "watch",
    .summary = "Watches keys: EXEC will not run where they are changed.",
    .since = "2.2.0",
    .complexity = "O(1) for each key",
    .group = Group::transactions,
    .arity = at_least(2),
    .flags = Flag::no_script | Flag::loading | Flag::stale | Flag::fast | Flag::allow_busy |
             Flag::at_once,
    .keys = {keys_from(1, Access::inspect)},
    .syntax = "key:key...",
    .scope = Scope::home,
    .run = watch,
};

constexpr Command kCommands[] = {kDiscard, kExec, kMulti, kUnwatch, kWatch};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> transaction_commands() { return kCommands; }

}  // namespace tidemark::server
