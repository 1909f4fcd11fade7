#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/core/core.hpp"
#include "server/snapshot/load.hpp"

namespace tidemark::server {

// The data of the last run, loaded at the start: every core reads the file and keeps what is its
// own, in slices between the rounds of its loop. Clients are answered meanwhile, commands that need
// the data with LOADING.
class StartupLoad {
 public:
  StartupLoad();
  ~StartupLoad();

  // Before the cores run. Does nothing where there is no file; throws Server::StartError where it
  // cannot be opened.
  void begin(Server& server);
  bool running() const { return running_.load(std::memory_order_acquire); }
  // On a core, in each round while running(). False where it has nothing left to do.
  bool step(const OnCore& here);

  // ---- For INFO; exclusive work.
  int64_t started_us() const { return started_us_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t bytes_read() const;

 private:
  void end(const OnCore& here);

  std::vector<std::unique_ptr<SnapshotLoader>> loaders_;  // by core, each of its own
  std::atomic<uint32_t> cores_left_ = 0;
  std::atomic<bool> running_ = false;
  int64_t started_us_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace tidemark::server
