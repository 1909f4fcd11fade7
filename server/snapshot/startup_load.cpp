#include "server/snapshot/startup_load.hpp"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "server/core/cycle_clock.hpp"
#include "server/log/log.hpp"
#include "server/scripts/library_loading.hpp"
#include "server/server.hpp"
#include "server/snapshot/save.hpp"

namespace tidemark::server {

namespace {

// What a core loads between two looks at its sockets.
constexpr int64_t kSliceUs = 1000;

}  // namespace

StartupLoad::StartupLoad() = default;
StartupLoad::~StartupLoad() = default;

void StartupLoad::begin(Server& server) {
  if (snapshot_path(server.settings()).empty()) return;
  for (uint32_t i = 0; i < server.core_count(); ++i) {
    auto loader = SnapshotLoader::open(server, {.only = CoreId(static_cast<uint16_t>(i))});
    if (loader == nullptr && errno == ENOENT) return;
    if (loader == nullptr) {
      throw Server::StartError(
          fmt::format("Fatal error: can't open the RDB file {} for reading: {}",
                      snapshot_path(server.settings()), std::strerror(errno)));
    }
    loaders_.push_back(std::move(loader));
  }
  started_us_ = wall_clock_us();
  bytes_ = loaders_.front()->bytes();
  cores_left_ = server.core_count();
  running_ = true;
}

bool StartupLoad::step(const OnCore& here) {
  SnapshotLoader* const loader = loaders_[here.id().value()].get();
  if (loader == nullptr || loader->ended()) return false;
  switch (loader->step(wall_clock_us() + kSliceUs)) {
    case SnapshotLoader::State::more:
      return true;
    case SnapshotLoader::State::failed:
      log::warning(loader->error());
      log::warning("Terminating server after rdb file reading failure.");
      log::warning(fmt::format("Fatal error loading the DB, check server logs. Exiting. ({})",
                               loader->what_is_wrong()));
      here.server().shutdown().leave_in_trouble(1);
      return false;
    case SnapshotLoader::State::done:
      break;
  }
  if (cores_left_.fetch_sub(1) == 1) {
    here.server().exclusives().run(here.server().router().every_core(),
                                   [this](OnCore& on) { end(on); });
  }
  return false;
}

uint64_t StartupLoad::bytes_read() const {
  return loaders_.empty() ? 0 : loaders_.front()->bytes_read();
}

// All cores have what is theirs.
void StartupLoad::end(const OnCore& here) {
  SnapshotLoader::Counts sum;
  for (const auto& loader : loaders_) {
    sum.loaded += loader->counts().loaded;
    sum.expired += loader->counts().expired;
    sum.empty += loader->counts().empty;
  }
  Server& server = here.server();
  if (const auto error =
          restore_libraries(server, loaders_.front()->functions(), RestorePolicy::append)) {
    log::warning(fmt::format("Failed loading the functions of the snapshot: {}", *error));
    return server.shutdown().leave_in_trouble(1);
  }
  server.snapshots().note_load(sum.loaded, sum.expired, server.changes());
  log::notice(
      fmt::format("Done loading RDB, keys loaded: {}, keys expired: {}, empty keys skipped: {}.",
                  sum.loaded, sum.expired, sum.empty));
  log::notice(fmt::format("DB loaded from disk: {:.3f} seconds",
                          static_cast<double>(wall_clock_us() - started_us_) / 1e6));
  loaders_.clear();
  running_.store(false, std::memory_order_release);
  log::notice("Ready to accept connections");
}

}  // namespace tidemark::server
