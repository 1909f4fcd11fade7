#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/core/latency_histogram.hpp"

namespace tidemark::server {

// What one command did on one core.
struct CommandStatistics {
  uint64_t calls = 0;
  uint64_t cycles = 0;    // of CycleClock
  uint64_t rejected = 0;  // refused before they ran
  uint64_t failed = 0;    // ran and replied with an error
  // Null until `latency-tracking` has seen a call.
  std::unique_ptr<LatencyHistogram> latency;
};

// The counters of one core that INFO adds up. CONFIG RESETSTAT clears them all.
struct Statistics {
  std::vector<CommandStatistics> commands;              // by CommandTable's index
  std::map<std::string, uint64_t, std::less<>> errors;  // by the error's code
  uint64_t connections_received = 0;
  uint64_t connections_rejected = 0;
  uint64_t commands_processed = 0;
  uint64_t net_input_bytes = 0;
  uint64_t net_output_bytes = 0;
  uint64_t keyspace_hits = 0;
  uint64_t keyspace_misses = 0;
  uint64_t error_replies = 0;
  uint64_t evicted_clients = 0;
  uint64_t evicted_users = 0;
  uint64_t expire_cycle_us = 0;       // spent by cron on what has expired
  uint64_t expire_cap_reached = 0;    // times that it had to stop before it was done
  uint64_t eviction_exceeded_us = 0;  // time spent above maxmemory, but for the present excess
  uint64_t reads_processed = 0;
  uint64_t writes_processed = 0;
  uint64_t hops = 0;            // runs of commands that came from another core
  uint64_t exclusive_runs = 0;  // commands that ran with several cores stopped
  uint64_t query_buffer_limit_disconnections = 0;
  uint64_t output_buffer_limit_disconnections = 0;
};

}  // namespace tidemark::server
