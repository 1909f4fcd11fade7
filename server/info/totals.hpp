#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "server/core/allocator.hpp"
#include "server/core/latency_histogram.hpp"

namespace tidemark::server {

class Context;

// The figures of all cores added up at one moment: what most sections of INFO, and MEMORY STATS,
// are about.
struct Totals {
  struct CommandTotals {
    uint64_t calls = 0;
    double usec = 0;
    uint64_t rejected = 0;
    uint64_t failed = 0;
  };

  // Clients.
  uint64_t clients = 0;
  uint64_t clients_blocked = 0;  // by CLIENT PAUSE, or waiting for keys or a time
  uint64_t clients_timed = 0;    // of these, those whose time will be over
  uint64_t keys_waited_for = 0;
  uint64_t keys_needed = 0;     // of these, whose end would end a wait
  uint64_t channels = 0;        // that have subscribers
  uint64_t patterns = 0;        // as above
  uint64_t shard_channels = 0;  // as above
  uint64_t clients_tracking = 0;
  uint64_t tracked_keys = 0;
  uint64_t tracked_items = 0;  // keys, each for every client that has read it
  uint64_t tracked_prefixes = 0;
  size_t clients_bytes = 0;
  size_t input_bytes_max = 0;
  size_t output_bytes_max = 0;
  // Memory.
  uint64_t used_memory = 0;
  uint64_t used_memory_peak = 0;
  uint64_t resident_bytes = 0;
  AllocatorFigures allocator;
  size_t table_bytes = 0;
  size_t read_state_bytes = 0;
  size_t lazyfree_pending = 0;
  uint64_t lazyfreed = 0;
  // Counters, as Statistics has them.
  std::vector<CommandTotals> commands;  // by CommandTable's index
  std::map<std::string, uint64_t> errors;
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
  uint64_t reads_processed = 0;
  uint64_t writes_processed = 0;
  uint64_t query_buffer_disconnections = 0;
  uint64_t output_buffer_disconnections = 0;
  uint64_t expire_cycle_us = 0;
  uint64_t expire_cap_reached = 0;
  uint64_t eviction_exceeded_us = 0;
  uint64_t eviction_exceeded_now_us = 0;
  uint64_t expired_keys = 0;
  uint64_t expired_parts = 0;
  uint64_t evicted_keys = 0;
  uint64_t changes = 0;
  uint64_t script_bytes = 0;    // of Lua, for scripts
  uint64_t function_bytes = 0;  // and for functions
  double expired_stale_percent = 0;
  double commands_per_second = 0;
  double net_input_per_second = 0;
  double net_output_per_second = 0;
};

// REQUIRES: a command that runs with all cores stopped.
Totals add_up(const Context& ctx);

// How long one command took on all cores; empty where nothing was recorded.
// REQUIRES: as above.
LatencyHistogram latency_of(const Context& ctx, size_t command_index);

}  // namespace tidemark::server
