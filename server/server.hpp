#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "server/command/command_table.hpp"
#include "server/command/router.hpp"
#include "server/config/config.hpp"
#include "server/core/core.hpp"
#include "server/core/eviction.hpp"
#include "server/core/exclusive.hpp"
#include "server/core/store_watch.hpp"
#include "server/entrance.hpp"
#include "server/shutdown.hpp"
#include "server/snapshot/background_save.hpp"
#include "server/snapshot/startup_load.hpp"
#include "server/snapshot/state.hpp"
#include "storage/persist/store.hpp"
#include "storage/persist/store_threads.hpp"

namespace tidemark::server {

class Client;
class Scripting;
class Signals;

// What DEBUG switches off. Changed by exclusive work alone.
struct DebugSwitches {
  bool active_expire = true;
  bool cron_paused = false;
  // Of payloads that are restored.
  bool verify_checksums = true;
  bool scripts_call_all = false;  // what scripts may not call, too
};

// The process: its configuration, its cores, its store and its listening sockets.
//
// What is here is constant once the cores run, or changed by exclusive work alone (settings), or
// atomic. So any core may read it without a lock.
class Server {
 public:
  // Why it could not start, in words for the operator.
  class StartError : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
  };

  // Opens the store and listens; throws StartError. A store that is given is used instead of the
  // configured one (for tests).
  explicit Server(LoadedConfig config, std::unique_ptr<storage::Store> store = nullptr);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves until shut down; core 0 runs on the calling thread. Returns the exit code.
  int run();

  // ---- Any core.
  Config& config() { return config_; }
  const Config& config() const { return config_; }
  const Settings& settings() const { return config_.settings(); }
  const CommandTable& commands() const { return commands_; }
  const Router& router() const { return router_; }
  Router& router() { return router_; }
  Exclusives& exclusives() { return exclusives_; }
  Scripting& scripting() { return *scripting_; }
  Core& core(CoreId id) { return *cores_[id.value()]; }
  uint32_t core_count() const { return static_cast<uint32_t>(cores_.size()); }
  int64_t started_us() const { return started_us_; }
  const std::string& run_id() const { return run_id_; }
  // What a replica would know this history by; DEBUG CHANGE-REPL-ID makes a new one.
  const std::string& replication_id() const { return replication_id_; }
  void change_replication_id();
  DebugSwitches& debug() { return debug_; }
  // Exclusive work.
  SnapshotState& snapshots() { return snapshots_; }
  const SnapshotState& snapshots() const { return snapshots_; }
  // Changes of keys in all partitions since the start. Exclusive work.
  uint64_t changes() const;
  // Whether the data of the last run is still being loaded: until then clients have to wait. Any
  // thread.
  bool loading() const { return startup_load_.running(); }
  StartupLoad& startup_load() { return startup_load_; }
  BackgroundSave& background_save() { return background_save_; }
  const BackgroundSave& background_save() const { return background_save_; }
  const StartupLoad& startup_load() const { return startup_load_; }
  Shutdown& shutdown() { return shutdown_; }
  // The port it listens on, which may have been 0 in the configuration; 0 for none.
  uint16_t port() const { return entrance_->port(); }
  // Exclusive work, or core 0's own thread.
  Entrance& entrance() { return *entrance_; }
  uint32_t client_count() const { return clients_.load(std::memory_order_relaxed); }

  // The same and the most memory ever in use, for whoever may look but not ask: a crash's report.
  const std::atomic<uint32_t>& clients() const { return clients_; }
  const std::atomic<uint64_t>& peak_memory_seen() const { return peak_memory_; }

  // Whether somebody has asked for clients to be evicted (client_memory.hpp), which is not done
  // yet.
  std::atomic<bool>& client_eviction() { return client_eviction_; }
  // How many names have subscribers, each counted for every core where it has; and how many keys
  // are remembered for CLIENT TRACKING.
  std::atomic<int64_t>& subscribed_names() { return subscribed_names_; }
  std::atomic<int64_t>& tracked_keys() { return tracked_keys_; }
  uint64_t next_slow_id() { return next_slow_id_.fetch_add(1, std::memory_order_relaxed); }

  // What maxmemory is compared with: CoreData::used_bytes() of all cores. Within exclusive work.
  uint64_t used_memory() const;
  // Memory in use when the server had started, and the most there ever was.
  uint64_t startup_memory() const { return startup_memory_; }
  uint64_t peak_memory() const { return peak_memory_.load(std::memory_order_relaxed); }
  // Any thread: raises the peak.
  void note_memory(uint64_t used);
  // Evicts from the core's partition until memory is below the limit, but not the user `spared`.
  // False where it stays above.
  bool make_room(const OnCore& here, Bytes spared = {});

  void on_cron(OnCore& here);
  // Within exclusive work that has core 0, while that waits for a script: accepts who wants to
  // connect.
  void accept_waiting();
  void on_client_closed(const OnCore& here, const Client& client);
  // The core's loop is about to end.
  void on_leave(OnCore& here);

 private:
  void open_store(std::unique_ptr<storage::Store> store);
  void make_cores();
  void listen();
  void watch_signals();
  void accept(int fd, Stream::Kind kind);
  void expire(const OnCore& here);
  Room evict(const OnCore& here, Bytes spared);

  Config config_;
  CommandTable commands_;
  Router router_;
  Exclusives exclusives_;
  std::unique_ptr<Scripting> scripting_;
  StoreWatch store_watch_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<storage::StoreThreads> store_threads_;
  std::vector<std::unique_ptr<Core>> cores_;
  std::vector<std::thread> threads_;
  std::unique_ptr<Entrance> entrance_;  // on the first core's loop
  std::unique_ptr<Signals> signals_;    // there, too
  int64_t started_us_ = 0;
  std::string run_id_;
  std::string replication_id_;
  uint64_t startup_memory_ = 0;
  DebugSwitches debug_;
  SnapshotState snapshots_;
  StartupLoad startup_load_;
  BackgroundSave background_save_;
  Shutdown shutdown_{*this};

  std::atomic<uint64_t> next_client_id_ = 1;
  std::atomic<uint32_t> clients_ = 0;
  std::atomic<uint64_t> peak_memory_ = 0;
  std::atomic<uint64_t> next_slow_id_ = 0;
  std::atomic<bool> client_eviction_ = false;
  std::atomic<int64_t> subscribed_names_ = 0;
  std::atomic<int64_t> tracked_keys_ = 0;
};

}  // namespace tidemark::server
