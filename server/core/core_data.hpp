#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/client/client_registry.hpp"
#include "server/client/monitors.hpp"
#include "server/client/run_pool.hpp"
#include "server/core/client_memory.hpp"
#include "server/core/pause.hpp"
#include "server/core/rate_meter.hpp"
#include "server/core/statistics.hpp"
#include "server/core/timed_waits.hpp"
#include "storage/keyspace/keyspace.hpp"
#include "storage/persist/write_behind.hpp"
#include "storage/readstate/read_states.hpp"

namespace tidemark::server {

struct CoreOptions {
  size_t cores = 1;
  size_t commands = 0;  // rows of the command table
  storage::KeyspaceOptions keyspace;
  storage::ReadStatesOptions read_states;
};

// All that belongs to one core: touched by its thread, or by the thread that runs an exclusive
// piece of work while this core is stopped.
struct CoreData {
  explicit CoreData(const CoreOptions& options)
      : keyspace(options.keyspace), read_states(options.read_states), pause(keyspace) {
    statistics.commands.resize(options.commands);
  }

  // CONFIG RESETSTAT.
  void reset_statistics() {
    const size_t commands = statistics.commands.size();
    statistics = Statistics();
    statistics.commands.resize(commands);
    keyspace.reset_stats();
  }

  storage::Keyspace keyspace;
  storage::ReadStates read_states;
  std::unique_ptr<storage::WriteBehind> write_behind;  // null with `store none`
  ClientMemoryBooks client_memory;                     // the clients have their place in it
  ClientRegistry clients;
  Monitors monitors;
  Pause pause;
  RunPool runs;
  TimedWaits timed_waits;
  Statistics statistics;
  // Of `statistics`, as cron samples it.
  RateMeter command_rate;
  RateMeter net_input_rate;
  RateMeter net_output_rate;
  // Since when the core has been above its share of maxmemory with nothing left to evict, or
  // evicting still; 0 for not.
  int64_t above_maxmemory_since_us = 0;

  // What maxmemory is about: keys and users with their tables, and clients with their buffers, each
  // as large as the allocator made it. The store's caches are not part of it.
  int64_t used_bytes() const {
    return static_cast<int64_t>(keyspace.used_bytes() + read_states.bytes()) +
           client_memory.bytes();
  }
  // The same, as of the last round of the core's loop. Any thread.
  std::atomic<int64_t> published_bytes = 0;
};

}  // namespace tidemark::server
