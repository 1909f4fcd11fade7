#pragma once

#include <cstdint>
#include <span>

#include "protocol/output.hpp"
#include "server/command/context.hpp"

namespace tidemark::server {

struct CommandEntry;

enum class Outcome : uint8_t { replied, suspended };

// One admitted command.
struct Call {
  const CommandEntry& entry;
  std::span<const Bytes> args;
  Caller& caller;
  Client* client = nullptr;  // where the client's memory is at hand
  Reach reach;
  uint64_t key_hash = 0;  // of the first key, 0 for unknown
};

// Runs it on this core and appends its reply to `out`, unless it has to wait. Counts, times, logs
// and shows it to monitors.
Outcome execute(const OnCore& here, const Call& call, protocol::Output& out);

// Counts a command that was refused before it ran; `entry` is null for an unknown one.
void count_refusal(const OnCore& here, const CommandEntry* entry, const protocol::Reply& reply);

// Appends the reply of a command that waited.
void finish_suspended(const OnCore& here, const CommandEntry& entry, const Session& session,
                      const protocol::Reply& reply, protocol::Output& out);

}  // namespace tidemark::server
