#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "protocol/output.hpp"
#include "server/command/context.hpp"

namespace tidemark::server {

struct Command;
struct CommandEntry;

enum class Outcome : uint8_t { replied, suspended };

// What a call is a part of. Of such a whole its owners were asked before any part of it runs: or
// some would run and some not. What a transaction or a script writes is served (serve.hpp) when the
// whole is over.
enum class PartOf : uint8_t { nothing, split_command, transaction, script };
constexpr bool is_within(PartOf part_of) {
  return part_of == PartOf::transaction || part_of == PartOf::script;
}

// One admitted command.
struct Call {
  const CommandEntry& entry;
  std::span<const Bytes> args;
  Caller& caller;
  Client* client = nullptr;  // where the client's memory is at hand
  Reach reach;
  uint64_t key_hash = 0;  // of the first key, 0 for unknown
  PartOf part_of = PartOf::nothing;
};

// Runs it on this core and appends its reply to `out`, unless it has to wait. Counts, times, logs
// and shows it to monitors.
Outcome execute(const OnCore& here, const Call& call, protocol::Output& out);

// What the state of this core says against a command with such flags: memory that is short, a store
// that is down. Evicts first where that is due, but not `user`, whom the command is about.
std::optional<protocol::Reply> refuse_for_state(const OnCore& here, Flag flags, Bytes user = {});

// The same of stop-writes-on-bgsave-error alone: what cannot be kept is not taken.
std::optional<protocol::Reply> refuse_unsaved(const OnCore& here, Flag flags);

// What min-replicas-to-write says against writing.
std::optional<protocol::Reply> refuse_for_replicas(const Settings& settings);

// Counts a command that was refused before it ran; `entry` is null for an unknown one.
void count_refusal(const OnCore& here, const CommandEntry* entry, const protocol::Reply& reply);

// Appends the reply of a command that waited. What was not counted yet (it waited for keys, or says
// so) has run for so many `cycles` and is counted now.
void finish_suspended(const OnCore& here, const Call& call, uint64_t cycles,
                      const protocol::Reply& reply, protocol::Output& out);

}  // namespace tidemark::server
