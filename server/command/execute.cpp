#include "server/command/execute.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "protocol/encode.hpp"
#include "server/command/aftermath.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/command_table.hpp"
#include "server/command/key_finder.hpp"
#include "server/command/serve.hpp"
#include "server/command/slow.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/errors.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

// Error codes that are counted apart, so that clients cannot fill memory with codes of their own
// making (scripts may return any).
constexpr size_t kErrorCodesMax = 128;

// The user that a read-state command is about.
Bytes user_of(const Call& call) {
  return call.args[static_cast<size_t>(call.entry.command->keys.single_position())];
}

enum class User : uint8_t { at_hand, on_the_way, out_of_reach };

// Asks the store for the user whom the call is about; the call runs again when they are there.
storage::StoreStatus load_user(const OnCore& here, const Call& call, Bytes user) {
  Caller* const caller = &call.caller;
  Core& core = here.server().core(here.id());
  // Where memory is full and nobody can be made to go, whoever comes does not stay.
  const bool full = here.server().settings().maxmemory > 0 && !here.server().make_room(here, user);
  return here.data().write_behind->request_load(
      user, [&core, caller,
             passing = std::string(full ? user : Bytes())](const storage::StoreStatus& loaded) {
        const std::string reason = loaded.reason;
        core.enter([caller, &reason, &passing](OnCore& on) {
          if (!reason.empty()) return caller->resume(on, store_down(reason));
          if (!passing.empty()) on.data().passing_users.add(passing);
          caller->retry(on);
        });
      });
}

// Finds the user of a read-state command, who is brought into memory first.
User bring_user(const OnCore& here, const Call& call, storage::UserRef& found,
                std::optional<Reply>& error) {
  const Bytes user = user_of(call);
  CoreData& data = here.data();
  const uint64_t hash = call.key_hash != 0 ? call.key_hash : storage::ReadStates::hash(user);
  found = data.read_states.find(user, hash);
  if (found.residency() == storage::Residency::resident) return User::at_hand;
  // A call that will fail for what it says need not wait for anybody.
  if (call.entry.command->check != nullptr) {
    ArgReader args(call.args, call.entry.words());
    error = call.entry.command->check(args);
    if (error) return User::out_of_reach;
  }
  if (data.write_behind == nullptr) {
    data.read_states.install(user, {}, here.now_us());
    found = data.read_states.find(user, hash);
    return User::at_hand;
  }
  const storage::StoreStatus status = load_user(here, call, user);
  if (status) return User::on_the_way;
  error = store_down(status.reason);
  return User::out_of_reach;
}

void count_error(Statistics& statistics, const Reply& reply) {
  ++statistics.error_replies;
  const Bytes code = reply.error_code();
  const auto found = statistics.errors.find(code);
  if (found != statistics.errors.end()) {
    ++found->second;
  } else if (statistics.errors.size() < kErrorCodesMax) {
    statistics.errors.emplace(code, 1);
  }
}

void count_call(const OnCore& here, const Call& call, uint64_t cycles) {
  Statistics& statistics = here.data().statistics;
  CommandStatistics& counted = statistics.commands[call.entry.index];
  ++statistics.commands_processed;
  ++counted.calls;
  counted.cycles += cycles;
  if (here.server().settings().latency_tracking) {
    if (counted.latency == nullptr) counted.latency = std::make_unique<LatencyHistogram>();
    counted.latency->record(CycleClock::nanoseconds(cycles));
  }
  if (cycles >= here.data().slow_cycles) [[unlikely]]
    note_slow(here, call, cycles);
}

void count_failure(const OnCore& here, const CommandEntry& entry, const Reply& reply) {
  ++here.data().statistics.commands[entry.index].failed;
  count_error(here.data().statistics, reply);
}

// What notifications call the changes that it will make; nothing, when it has run.
void name_changes(const OnCore& here, const Call& call, Bytes event) {
  if (here.data().notifier.active()) [[unlikely]] {
    here.data().notifier.begin(event);
    for (const CoreId core : call.reach.cores()) {
      here.server().core(core).data().notifier.begin(event);
    }
  }
}

// Of a client that caches what it reads (CLIENT TRACKING). Scripts see to that themselves.
void remember_keys(const Context& context, const Call& call) {
  const Group group = call.entry.command->group;
  if (group == Group::read_state || group == Group::scripting) return;
  if (call.part_of == PartOf::script) return;
  FoundKeys keys;
  if (!find_keys(*call.entry.command, call.args, keys)) return;
  for (const FoundKey& key : keys.all()) {
    if (key.access == Access::channel) continue;
    const Bytes name = call.args[key.position];
    context.data(name).tracking.remember(name, context.session(),
                                         context.settings().tracking_table_max_keys);
  }
}

Reply run(const OnCore& here, const Call& call, Context& context, ArgReader& args) {
  const crash::CommandAtHand at_hand(here.data().probe, call.entry.full_name.c_str(),
                                     call.caller.session().client_id);
  return call.entry.command->run(context, args);
}

}  // namespace

std::optional<Reply> refuse_unsaved(const OnCore& here, Flag flags) {
  const Server& server = here.server();
  if (!server.snapshots().last_save_failed) [[likely]]
    return std::nullopt;
  // Read states are not what a snapshot is to keep.
  if (!has(flags, Flag::write | Flag::tells_health) || has(flags, Flag::writes_user) ||
      !server.settings().stop_writes_on_bgsave_error || server.settings().save.empty()) {
    return std::nullopt;
  }
  return Reply::error(
      "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to "
      "disk. Commands that may modify the data set are disabled, because this instance is "
      "configured to report errors during writes if RDB snapshotting fails "
      "(stop-writes-on-bgsave-error option). Please check the Redis logs for details about the "
      "RDB error.");
}

std::optional<Reply> refuse_for_replicas(const Settings& settings) {
  // There are none.
  if (settings.min_replicas_to_write <= 0 || settings.min_replicas_max_lag <= 0) {
    return std::nullopt;
  }
  return Reply::error("NOREPLICAS Not enough good replicas to write.");
}

std::optional<Reply> refuse_for_state(const OnCore& here, Flag flags, Bytes user) {
  if (here.server().settings().maxmemory > 0) {
    const bool enough = here.server().make_room(here, user);
    // What had to go for it is not its own doing, and is told of before its reply.
    tell_of_changes(here, Reach(), nullptr);
    if (!enough && has(flags, Flag::deny_oom)) {
      return error_reply(Errc::out_of_memory);
    }
  }
  if (auto refusal = refuse_unsaved(here, flags)) return refusal;
  if (has(flags, Flag::write)) {
    if (auto refusal = refuse_for_replicas(here.server().settings())) return refusal;
  }
  storage::WriteBehind* write_behind = here.data().write_behind.get();
  if (has(flags, Flag::writes_user) && write_behind != nullptr) {
    if (const auto status = write_behind->may_write(); !status) return store_down(status.reason);
  }
  return std::nullopt;
}

void count_refusal(const OnCore& here, const CommandEntry* entry, const Reply& reply) {
  Statistics& statistics = here.data().statistics;
  if (entry != nullptr) ++statistics.commands[entry->index].rejected;
  count_error(statistics, reply);
}

Outcome execute(const OnCore& here, const Call& call, protocol::Output& out) {
  const Command& command = *call.entry.command;
  const Session& session = call.caller.session();
  const bool about_user = has(command.flags, Flag::loads_user);
  storage::UserRef user;
  std::optional<Reply> refusal;
  if (call.part_of == PartOf::nothing) {
    refusal = refuse_for_state(here, command.flags, about_user ? user_of(call) : Bytes());
  }
  if (!refusal && about_user) {
    if (bring_user(here, call, user, refusal) == User::on_the_way) return Outcome::suspended;
  }
  if (refusal) {
    count_refusal(here, &call.entry, *refusal);
    protocol::encode(*refusal, session.resp, out);
    return Outcome::replied;
  }

  const Bytes hinted =
      call.key_hash != 0 ? call.args[static_cast<size_t>(command.keys.single_position())] : Bytes();
  Context context({.here = here,
                   .caller = call.caller,
                   .client = call.client,
                   .reach = call.reach,
                   .user = about_user ? &user : nullptr,
                   .hint = {.key = hinted.data(), .hash = call.key_hash}});
  ArgReader args(call.args, call.entry.words());
  name_changes(here, call, command.event);
  const uint64_t start = CycleClock::now();
  const Reply reply = run(here, call, context, args);
  const uint64_t cycles = CycleClock::now() - start;
  name_changes(here, call, {});

  if (KeyWait* const wait = context.key_wait()) [[unlikely]] {
    // Counted when it ends.
    wait->cycles = std::max<uint64_t>(cycles, 1);
    return Outcome::suspended;
  }
  if (context.counts_later()) return Outcome::suspended;
  count_call(here, call, cycles);
  if (context.suspended()) return Outcome::suspended;
  if (reply.is_error()) [[unlikely]] {
    ++here.data().statistics.commands[call.entry.index].failed;
    if (!context.error_counted()) count_error(here.data().statistics, reply);
  }
  if (session.tracks && has(command.flags, Flag::readonly)) [[unlikely]] {
    remember_keys(context, call);
  }
  tell_of_changes(here, call.reach, &session);
  protocol::encode(reply, session.resp, out);
  if (is_within(call.part_of)) return Outcome::replied;
  if (session.hears_behind) [[unlikely]] {
    tell_writer(here, call.reach, session, out);
  }
  if (here.data().waiting_keys.any_ready() || !call.reach.cores().empty()) [[unlikely]] {
    if (!here.server().core(here.id()).in_script()) serve_ready(here, call.reach);
  }
  return Outcome::replied;
}

void finish_suspended(const OnCore& here, const Call& call, uint64_t cycles, const Reply& reply,
                      protocol::Output& out) {
  if (cycles > 0) count_call(here, call, cycles);
  if (reply.is_error()) count_failure(here, call.entry, reply);
  protocol::encode(reply, call.caller.session().resp, out);
}

}  // namespace tidemark::server
