#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "server/client/client_registry.hpp"
#include "server/client/monitors.hpp"
#include "server/client/run_pool.hpp"
#include "server/client/waiting_runs.hpp"
#include "server/core/change_listeners.hpp"
#include "server/core/client_memory.hpp"
#include "server/core/latency_monitor.hpp"
#include "server/core/passing_users.hpp"
#include "server/core/pause.hpp"
#include "server/core/rate_meter.hpp"
#include "server/core/slow_log.hpp"
#include "server/core/statistics.hpp"
#include "server/core/store_watch.hpp"
#include "server/core/timed_waits.hpp"
#include "server/core/waiting_keys.hpp"
#include "server/crash/core_probe.hpp"
#include "server/notify/notifier.hpp"
#include "server/notify/read_state_notifier.hpp"
#include "server/pubsub/directory.hpp"
#include "server/pubsub/subscribers.hpp"
#include "server/scripts/core_scripts.hpp"
#include "server/tracking/tracking_table.hpp"
#include "server/transaction/watched_keys.hpp"
#include "storage/keyspace/keyspace.hpp"
#include "storage/persist/write_behind.hpp"
#include "storage/readstate/read_states.hpp"

namespace tidemark::server {

class Migration;

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
      : keyspace(options.keyspace),
        read_states(with_clock(options.read_states, keyspace.clock())),
        changes(keyspace),
        pause(keyspace),
        waiting_keys(changes),
        watched_keys(changes, keyspace),
        notifier(changes),
        read_state_notifier(changes),
        tracking(changes) {
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
  StoreTroubles store_troubles;
  PassingUsers passing_users;
  ClientMemoryBooks client_memory;  // the clients have their place in it
  ClientRegistry clients;
  Monitors monitors;
  ChangeListeners changes;
  Pause pause;
  std::vector<std::shared_ptr<Migration>> migrations;  // of this core's clients
  RunPool runs;
  TimedWaits timed_waits;
  WaitingKeys waiting_keys;
  WatchedKeys watched_keys;
  Subscribers subscribers;
  Directory directory;
  Notifier notifier;
  ReadStateNotifier read_state_notifier;
  TrackingTable tracking;
  WaitingRuns waiting_runs;
  CoreScripts scripts;
  Statistics statistics;
  // What took long, and from how many cycles on a command may be of that kind (slow.hpp).
  SlowLog slow_log;
  LatencyMonitor latency;
  uint64_t slow_cycles = std::numeric_limits<uint64_t>::max();
  // Of `statistics`, as cron samples it.
  RateMeter command_rate;
  RateMeter net_input_rate;
  RateMeter net_output_rate;
  // Since when memory has been above maxmemory as this core sees it; 0 for not. And whether the
  // core ran out of time while it evicted.
  int64_t above_maxmemory_since_us = 0;
  bool more_to_evict = false;
  // What a report of a crash tells of this core.
  crash::CoreProbe probe;
  // The last commits before the end failed, and are to be made again.
  bool drain_again = false;

  // What maxmemory is about: keys and users with their tables, and clients with their buffers, each
  // as large as the allocator made it. The store's caches are not part of it.
  int64_t used_bytes() const {
    return static_cast<int64_t>(keyspace.used_bytes() + read_states.bytes()) +
           client_memory.bytes();
  }
  // The same, as of the last round of the core's loop. Any thread.
  std::atomic<int64_t> published_bytes = 0;
  std::atomic<uint64_t> published_changes = 0;

 private:
  // Users and keys compete for the same memory, so that one clock orders them.
  static storage::ReadStatesOptions with_clock(storage::ReadStatesOptions options,
                                               storage::RecencyClock& clock) {
    options.clock = &clock;
    return options;
  }
};

}  // namespace tidemark::server
