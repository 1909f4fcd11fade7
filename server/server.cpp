#include "server/server.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>

#include <fmt/format.h>

#include "server/client/client.hpp"
#include "server/command/slow.hpp"
#include "server/commands/families.hpp"
#include "server/config/version.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/core/eviction.hpp"
#include "server/core/migration.hpp"
#include "server/core/work_message.hpp"
#include "server/live_settings.hpp"
#include "server/log/log.hpp"
#include "server/net/signals.hpp"
#include "server/net/socket.hpp"
#include "server/renamed_commands.hpp"
#include "server/scripts/scripting.hpp"
#include "server/snapshot/save.hpp"
#include "server/startup.hpp"
#include "storage/persist/rocksdb_store.hpp"
#include "storage/value/all_types.hpp"

namespace tidemark::server {

namespace {

// How long cron may be busy with what has expired, each time.
constexpr int64_t kExpireSliceUs = 1000;
// What cron frees of what was removed: entries and elements.
constexpr size_t kFreedByCron = 10000;

constexpr Bytes kTooManyClients = "-ERR max number of clients reached\r\n";
constexpr Bytes kProtectedMode =
    "-DENIED Redis is running in protected mode because protected mode is enabled and no password "
    "is set for the default user. In this mode connections are only accepted from the loopback "
    "interface. If you want to connect from external computers to Redis you may adopt one of the "
    "following solutions: 1) Just disable protected mode sending the command 'CONFIG SET "
    "protected-mode no' from the loopback interface by connecting to Redis from the same host the "
    "server is running, however MAKE SURE Redis is not publicly accessible from internet if you do "
    "so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable "
    "the protected mode by editing the Redis configuration file, and setting the protected mode "
    "option to 'no', and then restarting the server. 3) If you started the server manually just "
    "for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication "
    "password for the default user. NOTE: You only need to do one of the above things in order for "
    "the server to start accepting connections from the outside.\r\n";

uint32_t cores_wanted(const Settings& settings) {
  if (settings.cores > 0) return static_cast<uint32_t>(settings.cores);
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<uint32_t>(CPU_COUNT(&set));
}

std::string random_hex(size_t digits) {
  constexpr Bytes kDigits = "0123456789abcdef";
  std::random_device random;
  std::string text;
  while (text.size() < digits) text += kDigits[random() % 16];
  return text;
}

// A connection on its way to the core that will serve it.
class NewConnection : public Message {
 public:
  explicit NewConnection(const Client::Options& options) : options_(options) {}
  ~NewConnection() override {
    if (options_.fd >= 0) close_socket(options_.fd);
  }
  void arrive(OnCore& here, std::unique_ptr<Message>) override {
    auto client = std::make_unique<Client>(here.server().core(here.id()), options_, here.now_ms());
    options_.fd = -1;
    client->facts().authenticated = here.server().settings().requirepass.empty();
    ++here.data().statistics.connections_received;
    Client& added = *client;
    here.data().clients.add(std::move(client));
    added.start();
  }

 private:
  Client::Options options_;
};

// Brings an outcome of the store home.
class StoreMessage : public Message {
 public:
  explicit StoreMessage(std::unique_ptr<storage::StoreCompletion> completion)
      : completion_(std::move(completion)) {}
  void arrive(OnCore& here, std::unique_ptr<Message>) override {
    here.data().write_behind->deliver(std::move(completion_), here.now_us());
  }

 private:
  std::unique_ptr<storage::StoreCompletion> completion_;
};

}  // namespace

Server::Server(LoadedConfig config, std::unique_ptr<storage::Store> store)
    : config_(std::move(config)),
      commands_(command_families(), names_of_commands(config_.loaded())),
      router_(cores_wanted(settings())),
      exclusives_(*this),
      scripting_(std::make_unique<Scripting>()),
      started_us_(wall_clock_us()),
      run_id_(random_hex(40)),
      replication_id_(random_hex(40)) {
  storage::install_value_types();
  CycleClock::calibrate();
  open_store(std::move(store));
  make_cores();
  listen();
  follow_live_settings(*this);
  startup_memory_ = used_memory();
  snapshots_.last_save = started_us_ / 1'000'000;
  startup_load_.begin(*this);
  watch_signals();
}

// What waits may have something to tell another core where it goes: while all are there.
Server::~Server() {
  for (const auto& core : cores_) core->data().waiting_runs = WaitingRuns();
}

void Server::open_store(std::unique_ptr<storage::Store> store) {
  store_ = std::move(store);
  if (store_ == nullptr && settings().store == StoreKind::rocksdb) {
    // Absolute, since `CONFIG SET dir` changes what a relative path means.
    const std::string path =
        std::filesystem::absolute(settings().store_path).lexically_normal().string();
    try {
      auto rocksdb = storage::RocksDbStore::open(
          {.path = path,
           .cache_bytes = settings().store_cache_bytes,
           .memtable_bytes = settings().store_memtable_bytes,
           .log = [](Bytes line) { log::warning(fmt::format("RocksDB: {}", line)); }});
      log::notice(fmt::format(
          "{} {}", rocksdb->is_new() ? "Made a new read state store in" : "Read states are kept in",
          path));
      store_ = std::move(rocksdb);
    } catch (const storage::StoreOpenError& error) {
      throw StartError(error.what());
    }
  }
  if (store_ == nullptr) return;
  store_threads_ = std::make_unique<storage::StoreThreads>(storage::StoreThreads::Options{
      .threads = static_cast<size_t>(settings().store_threads),
      .queue_jobs_max = static_cast<size_t>(settings().store_queue_limit)});
}

void Server::make_cores() {
  const Settings& wanted = settings();
  const uint32_t count = router_.cores();
  int64_t ceiling = 0;
  if (store_ != nullptr) {
    if (const auto status = store_->version_ceiling(ceiling); !status) {
      throw StartError("Can't read the read state store: " + status.reason);
    }
  }
  std::random_device random;
  for (uint32_t i = 0; i < count; ++i) {
    const CoreId id(static_cast<uint16_t>(i));
    CoreOptions options{
        .cores = count,
        .commands = commands_.all().size(),
        .keyspace = {.databases = static_cast<uint16_t>(wanted.databases),
                     .eviction = eviction_options(wanted),
                     .seed = random()},
        .read_states = {.max_channels = static_cast<uint32_t>(wanted.readstate_max_channels),
                        .backing = store_ == nullptr ? storage::ReadStatesOptions::Backing::none
                                                     : storage::ReadStatesOptions::Backing::store}};
    cores_.push_back(std::make_unique<Core>(id, *this, options));
    Core& core = *cores_.back();
    core.data().read_state_notifier.start(subscribed_names_);
    core.data().read_states.set_listener(&core.data().read_state_notifier);
    core.data().tracking.start(tracked_keys_);
    core.data().read_states.observe_version(ceiling);
    if (store_ == nullptr) continue;
    core.data().write_behind = std::make_unique<storage::WriteBehind>(
        id, core.data().read_states, *store_, *store_threads_,
        [&core](std::unique_ptr<storage::StoreCompletion> completion) {
          core.post(std::make_unique<StoreMessage>(std::move(completion)));
        },
        storage::WriteBehindOptions{
            .commit_delay_ms = wanted.commit_delay,
            .dirty_bytes_max = wanted.dirty_limit / count,
            .load_waiters_max = static_cast<size_t>(wanted.load_queue_limit),
            .jitter_seed = random()});
  }
}

void Server::listen() {
  entrance_ = std::make_unique<Entrance>(
      cores_.front()->loop(), [this](int accepted, Stream::Kind kind) { accept(accepted, kind); });
  if (const auto error = entrance_->open(settings())) throw StartError(*error);
}

// From here on nothing ends the process before it has tidied up: whoever learns of it from its pid
// file may send signals.
void Server::watch_signals() {
  signals_ = std::make_unique<Signals>(cores_.front()->loop());
  for (const int signal : {SIGTERM, SIGINT}) {
    signals_->on(signal, [this, signal] { shutdown_.on_signal(signal); });
  }
  signals_->on(SIGHUP, [] {
    if (const auto error = log::reopen()) log::warning(*error);
  });
  std::signal(SIGPIPE, SIG_IGN);
}

int Server::run() {
  for (size_t i = 1; i < cores_.size(); ++i) {
    threads_.emplace_back([core = cores_[i].get()] { core->run(); });
  }
  if (!loading()) log::notice("Ready to accept connections");
  cores_.front()->run();
  for (std::thread& thread : threads_) thread.join();
  signals_.reset();
  if (store_threads_ != nullptr) store_threads_->stop();
  return shutdown_.exit_code();
}

void Server::change_replication_id() { replication_id_ = random_hex(40); }

// ---- Connections. On core 0.

void Server::accept_waiting() {
  entrance_->accept_waiting([this](int accepted, Stream::Kind kind) { accept(accepted, kind); });
}

void Server::accept(int fd, Stream::Kind kind) {
  const Settings& now = settings();
  const auto refuse = [this, fd](Bytes why) {
    (void)!write(fd, why.data(), why.size());
    close_socket(fd);
    ++cores_.front()->data().statistics.connections_rejected;
  };
  if (client_count() >= static_cast<uint64_t>(now.maxclients)) return refuse(kTooManyClients);
  if (now.protected_mode && now.requirepass.empty() && !peer_is_local(fd)) {
    return refuse(kProtectedMode);
  }
  if (kind == Stream::Kind::tcp) set_keepalive(fd, static_cast<int>(now.tcp_keepalive));

  // The core with the fewest connections; of several the first.
  Core* target = cores_.front().get();
  for (const auto& core : cores_) {
    if (core->load().load(std::memory_order_relaxed) <
        target->load().load(std::memory_order_relaxed)) {
      target = core.get();
    }
  }
  target->load().fetch_add(1, std::memory_order_relaxed);
  clients_.fetch_add(1, std::memory_order_relaxed);
  const uint64_t id = next_client_id_.fetch_add(1, std::memory_order_relaxed);
  target->arrivals().add(std::make_unique<NewConnection>(Client::Options{id, fd, kind}));
  target->post(
      std::make_unique<WorkMessage>([target](OnCore& here) { target->arrivals().take_in(here); }));
}

void Server::on_client_closed(const OnCore& here, const Client&) {
  core(here.id()).load().fetch_sub(1, std::memory_order_relaxed);
  clients_.fetch_sub(1, std::memory_order_relaxed);
}

uint64_t Server::changes() const {
  uint64_t sum = 0;
  for (const auto& core : cores_) sum += core->data().keyspace.stats().changes;
  return sum;
}

// ---- Memory.

uint64_t Server::used_memory() const {
  int64_t total = 0;
  for (const auto& core : cores_) total += core->data().used_bytes();
  return static_cast<uint64_t>(total);
}

void Server::note_memory(uint64_t used) {
  uint64_t peak = peak_memory_.load(std::memory_order_relaxed);
  while (used > peak &&
         !peak_memory_.compare_exchange_weak(peak, used, std::memory_order_relaxed)) {
  }
}

bool Server::make_room(const OnCore& here, Bytes spared) {
  CoreData& data = here.data();
  const Room room = evict(here, spared);
  data.more_to_evict = room == Room::more;
  if (room == Room::enough) {
    if (data.above_maxmemory_since_us != 0) {
      const int64_t above_us = here.now_us() - data.above_maxmemory_since_us;
      data.statistics.eviction_exceeded_us += static_cast<uint64_t>(std::max<int64_t>(0, above_us));
      data.above_maxmemory_since_us = 0;
    }
  } else if (data.above_maxmemory_since_us == 0) {
    data.above_maxmemory_since_us = here.now_us();
  }
  return room != Room::none;
}

// A core may fill what the others leave, but no core has to evict below its fair share: it is for
// those above theirs to make room, which they do on their own within a round of cron.
Room Server::evict(const OnCore& here, Bytes spared) {
  const auto limit = static_cast<int64_t>(settings().maxmemory);
  int64_t others = 0;
  for (const auto& core : cores_) {
    if (core->id() != here.id()) {
      others += core->data().published_bytes.load(std::memory_order_relaxed);
    }
  }
  CoreData& data = here.data();
  const int64_t own = data.used_bytes();
  if (limit == 0 || own + others <= limit || data.pause.active()) return Room::enough;
  if (settings().maxmemory_policy == MaxmemoryPolicy::noeviction) {
    return forget_empty_users(data, {.limit_bytes = limit - others, .spared = spared});
  }
  const int64_t fair_share = limit / static_cast<int64_t>(cores_.size());
  if (own <= fair_share && cores_.size() > 1) return Room::coming;
  const int64_t start_us = wall_clock_us();
  const int64_t budget = std::max(limit - others, fair_share);
  const Room room = evict_down_to(data, {.limit_bytes = budget, .spared = spared});
  note_event(here, "eviction-cycle", wall_clock_us() - start_us);
  return room;
}

// ---- Cron, on every core.

void Server::on_cron(OnCore& here) {
  CoreData& data = here.data();
  if (data.write_behind != nullptr) data.write_behind->tick(here.now_us());
  store_watch_.look(here);
  shutdown_.drain_again(here);
  data.command_rate.sample(here.now_us(), data.statistics.commands_processed);
  data.net_input_rate.sample(here.now_us(), data.statistics.net_input_bytes);
  data.net_output_rate.sample(here.now_us(), data.statistics.net_output_bytes);
  data.pause.end_if_over(here.now_ms());
  if (debug_.cron_paused) return;
  if (debug_.active_expire) expire(here);
  (void)data.keyspace.slice(kFreedByCron);
  data.passing_users.part_late(here);
  data.scripts.collect_some();
  if (settings().maxmemory > 0 || data.above_maxmemory_since_us != 0) (void)make_room(here);
  for (const auto& [id, client] : data.clients.all()) client->watch(here);
  if (here.id() == CoreId(0)) {
    shutdown_.take_held_signal();
    int64_t used = 0;
    for (const auto& core : cores_) {
      used += core->data().published_bytes.load(std::memory_order_relaxed);
    }
    note_memory(static_cast<uint64_t>(used));
    if (!shutdown_.under_way()) background_save_.begin_when_due(here);
  }
}

void Server::expire(const OnCore& here) {
  CoreData& data = here.data();
  const int64_t start_us = wall_clock_us();
  bool stopped = false;
  data.keyspace.expire_slice({.should_stop = [start_us, &stopped] {
    stopped = wall_clock_us() - start_us > kExpireSliceUs;
    return stopped;
  }});
  const int64_t took_us = wall_clock_us() - start_us;
  note_event(here, "expire-cycle", took_us);
  data.statistics.expire_cycle_us += static_cast<uint64_t>(took_us);
  if (stopped) ++data.statistics.expire_cap_reached;
}

// ---- The end.

void Server::on_leave(OnCore& here) {
  if (here.id() == CoreId(0)) entrance_->close();  // it holds handles of this loop
  std::vector<Client*> clients;
  for (const auto& [id, client] : here.data().clients.all()) clients.push_back(client.get());
  for (Client* client : clients) client->close(here);
  for (const auto& migration : here.data().migrations) migration->abandon();
}

}  // namespace tidemark::server
