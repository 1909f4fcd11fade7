#pragma once

#include <cstdint>

#include "server/command/execute.hpp"
#include "server/config/settings.hpp"

namespace tidemark::server {

// From how many cycles on a command is of interest to the slow log or the latency monitor: what
// execute() compares with, so that quick commands cost one comparison.
uint64_t slow_cycles(const Settings& settings);

// Records a command that took that long. What the slow log says of its client is known at home, so
// that is where its entry goes.
void note_slow(const OnCore& here, const Call& call, uint64_t cycles);

// Records an event other than a command, where it took long enough.
void note_event(const OnCore& here, Bytes event, int64_t took_us);

}  // namespace tidemark::server
