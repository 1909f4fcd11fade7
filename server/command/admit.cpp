#include "server/command/admit.hpp"

#include <string>

#include "server/client/client.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/command_table.hpp"
#include "server/command/execute.hpp"
#include "server/errors.hpp"
#include "server/scripts/scripting.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

using protocol::Reply;

constexpr Bytes kNoAuth = "NOAUTH Authentication required.";

std::optional<Reply> refuse_unknown(const OnCore& here, const CommandEntry* entry,
                                    std::span<const Bytes> args) {
  if (entry == nullptr) return Reply::error(unknown_error(here.server().commands(), args));
  if (!entry->command->arity.accepts(args.size())) return Reply::error(wrong_arity_error(*entry));
  return std::nullopt;
}

std::optional<Reply> refuse_protected(const OnCore& here, const Client& client,
                                      const CommandEntry& entry) {
  if (!has(entry.command->flags, Flag::is_protected)) return std::nullopt;
  const CommandAccess access = here.server().settings().enable_debug_command;
  if (access == CommandAccess::yes) return std::nullopt;
  if (access == CommandAccess::local && client.from_this_machine()) return std::nullopt;
  return Reply::error(
      "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you "
      "can run "
      "it from a local connection, otherwise you need to set this option in the configuration "
      "file, and then restart the server.");
}

std::optional<Reply> refuse_stranger(const Client& client, const CommandEntry& entry) {
  if (client.facts().authenticated || has(entry.command->flags, Flag::no_auth)) return std::nullopt;
  return Reply::error(std::string(kNoAuth));
}

std::optional<Reply> refuse_while_loading(const OnCore& here, const CommandEntry& entry) {
  if (!here.server().loading() || has(entry.command->flags, Flag::loading)) return std::nullopt;
  return Reply::error(std::string(kLoading));
}

// Who watches does not take part.
std::optional<Reply> refuse_monitor(const Client& client, const CommandEntry& entry) {
  constexpr Flag kOnKeys = Flag::write | Flag::readonly | Flag::may_replicate;
  if (!client.facts().monitor || !has(entry.command->flags, kOnKeys)) return std::nullopt;
  return Reply::error("ERR Replica can't interact with the keyspace");
}

// In RESP2 nobody could tell replies from messages.
std::optional<Reply> refuse_subscriber(const Client& client, const CommandEntry& entry) {
  if (!client.is_subscriber() || client.session().resp != protocol::RespVersion::v2) {
    return std::nullopt;
  }
  if (has(entry.command->flags, Flag::for_subscribers)) return std::nullopt;
  return Reply::error("ERR Can't execute '" + entry.full_name +
                      "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed "
                      "in this context");
}

// Between MULTI and EXEC, where nothing that is queued may be refused later for what can be seen
// now. What is queued is memory, whatever the command does.
std::optional<Reply> refuse_to_queue(const OnCore& here, const Client& client,
                                     const CommandEntry& entry) {
  if (!client.queues(*entry.command)) return std::nullopt;
  if (has(entry.command->flags, Flag::no_multi)) {
    return Reply::error("ERR Command not allowed inside a transaction");
  }
  auto refusal = refuse_unsaved(here, entry.command->flags);
  if (!refusal) refusal = refuse_for_state(here, Flag::deny_oom);
  if (!refusal && has(entry.command->flags, Flag::write)) {
    refusal = refuse_for_replicas(here.server().settings());
  }
  return refusal;
}

// While a script takes long.
std::optional<Reply> refuse_busy(const OnCore& here, const CommandEntry& entry) {
  RunningScripts& running = here.server().scripting().running();
  if (!running.any() || has(entry.command->flags, Flag::allow_busy)) [[likely]] {
    return std::nullopt;
  }
  return Reply::error(running.refusal());
}

// A command that is split has to fail before any part of it runs.
std::optional<Reply> refuse_parts(const CommandEntry& entry, std::span<const Bytes> args) {
  if (entry.command->merge == Merge::none || entry.command->check == nullptr) return std::nullopt;
  ArgReader reader(args, entry.words());
  return entry.command->check(reader);
}

}  // namespace

std::optional<Reply> admit(const OnCore& here, Client& client, const CommandEntry* entry,
                           std::span<const Bytes> args) {
  auto refusal = refuse_unknown(here, entry, args);
  if (!refusal) refusal = refuse_protected(here, client, *entry);
  if (!refusal) refusal = refuse_stranger(client, *entry);
  if (!refusal) refusal = refuse_while_loading(here, *entry);
  if (!refusal) refusal = refuse_monitor(client, *entry);
  if (!refusal) refusal = refuse_busy(here, *entry);
  if (!refusal) refusal = refuse_subscriber(client, *entry);
  if (!refusal && client.in_transaction()) return refuse_to_queue(here, client, *entry);
  if (!refusal) refusal = refuse_parts(*entry, args);
  return refusal;
}

}  // namespace tidemark::server
