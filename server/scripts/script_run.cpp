#include "server/scripts/script_run.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "protocol/encode.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/command_table.hpp"
#include "server/command/execute.hpp"
#include "server/command/key_finder.hpp"
#include "server/command/route.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/core/slow_log.hpp"
#include "server/errors.hpp"
#include "server/log/log.hpp"
#include "server/scripts/busy.hpp"
#include "server/scripts/script_log.hpp"
#include "server/scripts/script_users.hpp"
#include "server/scripts/scripting.hpp"
#include "server/server.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server {

namespace {

using script::ScriptFlag;

constexpr const char* kNotLoaded =
    "NOTLOADED The user is not in memory, and the script cannot wait for them any more. Name them "
    "among its keys.";

// The cores that a command has to itself.
std::vector<CoreId> cores_of(const Context& ctx) {
  const auto reach = ctx.reach().cores();
  if (reach.empty()) return {ctx.here().id()};
  return {reach.begin(), reach.end()};
}

}  // namespace

ScriptRun::ScriptRun(Context& ctx, const What& what)
    : ctx_(ctx),
      what_(what),
      session_(ctx.session()),
      every_core_(ctx.server().router().every_core()),
      start_(CycleClock::now()) {
  session_.may_wait = false;
  session_.in_script = true;
  // Time stands still, and is the same on all of them.
  for (const CoreId core : cores_of(ctx)) {
    storage::Keyspace& keyspace = ctx.data(core).keyspace;
    if (keyspace.now_ms() < ctx.now_ms()) keyspace.set_time(ctx.now_ms());
  }
  if (ctx.settings().maxmemory == 0) return;
  // What is evicted for it is evicted before it runs.
  for (const CoreId core : cores_of(ctx)) {
    out_of_memory_ = !ctx.server().make_room(ctx.here().at(core)) || out_of_memory_;
  }
}

ScriptRun::~ScriptRun() {
  if (busy_ != nullptr) ctx_.server().scripting().running().remove(running_);
}

bool ScriptRun::is_read_only() const {
  return has(what_.flags, ScriptFlag::no_writes) || what_.by_read_only_command;
}

std::optional<Reply> ScriptRun::refusal() const {
  if (has(what_.flags, ScriptFlag::unsaid)) return std::nullopt;
  const bool writes = !has(what_.flags, ScriptFlag::no_writes);
  if (!writes) return std::nullopt;
  if (out_of_memory_ && !has(what_.flags, ScriptFlag::allow_oom)) {
    return error_reply(Errc::out_of_memory);
  }
  if (auto refusal = refuse_write(Flag::write)) return refusal;
  if (!what_.by_read_only_command) return std::nullopt;
  return Reply::error("ERR Can not execute a script with write flag using *_ro command.");
}

// What is said against any write of a command with such flags.
std::optional<Reply> ScriptRun::refuse_write(Flag flags) const {
  if (auto refusal = refuse_unsaved(ctx_.here(), flags)) return refusal;
  return refuse_for_replicas(ctx_.settings());
}

// ---- What it calls.

bool ScriptRun::call(std::span<const Bytes> args, protocol::RespVersion resp,
                     protocol::Output& reply) {
  // Some coroutine may have caught the error that ends it.
  if (!missing_user_.empty() || running_.stop) return false;
  session_.resp = resp;
  const CommandEntry* const entry = ctx_.commands().find_call(args);
  Place place;
  auto refusal = refuse(entry, args);
  if (!refusal) refusal = find_place(*entry, args, place);
  if (refusal) return answer_refusal(entry, *refusal, reply);
  if (has(entry->command->flags, Flag::loads_user)) {
    const User user = find_user(*entry, args);
    if (user == User::missing) return false;
    if (user == User::out_of_reach) return answer_refusal(entry, Reply::error(kNotLoaded), reply);
  }
  show(*entry, args);
  if (has(entry->command->flags, Flag::write) && !wrote_) {
    wrote_ = true;
    running_.wrote = true;
    // Whoever stops it now has not seen that it writes.
    if (running_.stop) return false;
  }
  const Call call{.entry = *entry,
                  .args = args,
                  .caller = *this,
                  .client = ctx_.client_at_hand(),
                  .reach = place.reach,
                  .part_of = PartOf::script};
  const Outcome outcome = execute(ctx_.here().at(place.core), call, reply);
  ENSURE(outcome == Outcome::replied);
  if (session_.tracks && has(entry->command->flags, Flag::readonly)) remember_keys();
  return true;
}

// As in Redis: a script that reads anything has read all that it declares.
void ScriptRun::remember_keys() const {
  for (const Bytes key : what_.keys) {
    ctx_.data(key).tracking.remember(key, session_, ctx_.settings().tracking_table_max_keys);
  }
}

bool ScriptRun::answer_refusal(const CommandEntry* entry, const Reply& refusal,
                               protocol::Output& reply) const {
  count_refusal(ctx_.here(), entry, refusal);
  protocol::encode(refusal, session_.resp, reply);
  return true;
}

// Whether the user whom the command is about is in memory; or else, whether the script may begin
// again when they are.
ScriptRun::User ScriptRun::find_user(const CommandEntry& entry, std::span<const Bytes> args) {
  const Bytes user = args[static_cast<size_t>(entry.command->keys.single_position())];
  if (ScriptUsers::is_here(ctx_, user)) return User::here;
  // A call that will fail for what it says needs nobody.
  if (entry.command->check != nullptr) {
    ArgReader reader(args, entry.words());
    if (entry.command->check(reader)) return User::here;
  }
  if (wrote_ || !what_.may_run_again) return User::out_of_reach;
  missing_user_ = user;
  return User::missing;
}

std::optional<Reply> ScriptRun::refuse(const CommandEntry* entry,
                                       std::span<const Bytes> args) const {
  if (entry == nullptr) return Reply::error("ERR Unknown Redis command called from script");
  if (!entry->command->arity.accepts(args.size())) {
    return Reply::error("ERR Wrong number of args calling Redis command from script");
  }
  auto refusal = refuse_kind(*entry->command);
  if (!refusal) refusal = refuse_state(*entry->command);
  return refusal;
}

// What no script may call.
std::optional<Reply> ScriptRun::refuse_kind(const Command& command) const {
  constexpr const char* kNotAllowed = "ERR This Redis command is not allowed from script";
  if (has(command.flags, Flag::no_script)) {
    // Those that Redis's own tests call where they are allowed to.
    const bool unlocked =
        ctx_.server().debug().scripts_call_all && command.scope == Scope::all_cores;
    if (!unlocked) return Reply::error(kNotAllowed);
  }
  if (has(command.flags, Flag::write | Flag::may_replicate) && is_read_only()) {
    return Reply::error("ERR Write commands are not allowed from read-only scripts.");
  }
  return std::nullopt;
}

// Memory that is short, a store that is down. A script that has written may go on writing: half of
// what it does would be worse.
std::optional<Reply> ScriptRun::refuse_state(const Command& command) const {
  if (has(command.flags, Flag::write)) {
    if (auto refusal = refuse_write(command.flags)) return refusal;
  }
  const bool may_fill = has(what_.flags, ScriptFlag::allow_oom) || wrote_;
  if (out_of_memory_ && has(command.flags, Flag::deny_oom) && !may_fill) {
    return error_reply(Errc::out_of_memory);
  }
  if (!has(command.flags, Flag::writes_user)) return std::nullopt;
  for (const CoreId core : cores_of(ctx_)) {
    const auto& write_behind = ctx_.data(core).write_behind;
    if (write_behind == nullptr) continue;
    if (const auto status = write_behind->may_write(); !status) return store_down(status.reason);
  }
  return std::nullopt;
}

bool ScriptRun::has_all_cores() const {
  return every_core_.size() == 1 || ctx_.reach().cores().size() == every_core_.size();
}

bool ScriptRun::is_declared(Bytes key) const {
  return std::find(what_.keys.begin(), what_.keys.end(), key) != what_.keys.end();
}

// The script has its own keys alone.
std::optional<Reply> ScriptRun::refuse_reach(const Command& command,
                                             std::span<const Bytes> args) const {
  const bool beyond = command.reaches_beyond != nullptr && command.reaches_beyond(args);
  if (command.scope == Scope::all_cores || beyond || command.owner != nullptr) {
    return Reply::error(
        "ERR This command is about all keys, which a script may not call with 'lua-undeclared-keys "
        "no'");
  }
  // Arguments that make no sense are refused by the command itself.
  FoundKeys keys;
  if (!find_keys(command, args, keys)) return std::nullopt;
  for (const FoundKey& key : keys.all()) {
    const Bytes name = args[key.position];
    if (key.access == Access::channel || is_declared(name)) continue;
    return Reply::error(fmt::format(
        "ERR The script did not declare the key '{}', which it has to with 'lua-undeclared-keys "
        "no'",
        name));
  }
  return std::nullopt;
}

std::optional<Reply> ScriptRun::find_place(const CommandEntry& entry, std::span<const Bytes> args,
                                           Place& place) const {
  if (!has_all_cores()) {
    if (auto refusal = refuse_reach(*entry.command, args)) return refusal;
  }
  const CoreId here = ctx_.here().id();
  const Destination destination = route(ctx_.server().router(), entry, args, here);
  place.core = destination.way == Way::one_core ? destination.core : here;
  // What it publishes is delivered where it is at hand, and counted.
  if (!destination.cores.empty() || has(entry.command->flags, Flag::pubsub)) {
    place.reach = has_all_cores() ? Reach(every_core_) : ctx_.reach();
  }
  return std::nullopt;
}

void ScriptRun::show(const CommandEntry& entry, std::span<const Bytes> args) const {
  Monitors& monitors = ctx_.here().data().monitors;
  if (monitors.any()) [[unlikely]] {
    const auto script = ctx_.reach().cores().empty() ? Monitors::Script::alone
                                                     : Monitors::Script::with_cores_stopped;
    monitors.show_of_script(ctx_.here(), script, session_, entry, args);
  }
}

std::optional<bool> ScriptRun::may_call(std::span<const Bytes> args) {
  const CommandEntry* const entry = ctx_.commands().find_call(args);
  if (entry == nullptr) return std::nullopt;
  // There is one user, who may call everything.
  return true;
}

void ScriptRun::log(script::LogLevel level, Bytes text) { log_of_script(level, text); }

// ---- Where it takes long.

bool ScriptRun::is_overdue() const {
  const int64_t threshold_ms = ctx_.settings().busy_reply_threshold;
  if (threshold_ms <= 0) return false;
  const double took_us = CycleClock::microseconds(CycleClock::now() - start_);
  return took_us >= static_cast<double>(threshold_ms) * 1000;
}

void ScriptRun::become_busy() {
  const bool is_function = what_.kind == RunningScripts::Kind::function;
  log::warning(fmt::format(
      "Slow script detected: still in execution after {} milliseconds. You can try killing the "
      "script using the {} KILL command. Script name is: {}.",
      static_cast<int64_t>(CycleClock::microseconds(CycleClock::now() - start_) / 1000),
      is_function ? "FUNCTION" : "SCRIPT", what_.name));
  running_.kind = what_.kind;
  running_.name = what_.name;
  running_.command = shorten_args(what_.command);
  running_.start = start_;
  busy_ = std::make_unique<BusyCores>(ctx_.here(), ctx_.reach());
  ctx_.server().scripting().running().add(running_);
}

std::optional<Bytes> ScriptRun::reason_to_stop() {
  if (!missing_user_.empty()) return "The script begins again when the user is there";
  if (busy_ == nullptr) {
    if (!is_overdue()) return std::nullopt;
    become_busy();
  }
  if (!running_.stop) busy_->let_in(ctx_.here(), ctx_.client_at_hand());
  if (!running_.stop) return std::nullopt;
  return "Script killed by user with SCRIPT KILL...";
}

void ScriptRun::resume(OnCore&, Reply) { ENSURE(false); }
void ScriptRun::retry(OnCore&) { ENSURE(false); }
void ScriptRun::await(const OnCore&, std::shared_ptr<KeyWait>) { ENSURE(false); }

}  // namespace tidemark::server
