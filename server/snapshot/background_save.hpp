#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/core/chunk_queue.hpp"
#include "server/core/core.hpp"

namespace tidemark::server {

// A snapshot of all partitions as they were at one moment, written while they go on changing:
// neither a fork nor a copy. Each core walks its own keys in slices between the rounds of its loop
// (storage/keyspace/past_keys.hpp) and turns them into records; a thread puts these into the file,
// in the order in which they come, whichever core they are from.
class BackgroundSave {
 public:
  BackgroundSave();
  ~BackgroundSave();
  BackgroundSave(const BackgroundSave&) = delete;
  BackgroundSave& operator=(const BackgroundSave&) = delete;

  // Any thread. Until the file is there, or has failed.
  bool running() const { return running_.load(std::memory_order_acquire); }

  // ---- Exclusive work.
  // The moment is now. False where one is under way.
  bool begin(const OnCore& here);
  // begin(), where `save` has points.
  void begin_if_configured(const OnCore& here);
  // Another snapshot is about to be saved, or the server ends: what was written so far goes.
  void abandon(const OnCore& here);
  int64_t started_us() const { return started_us_; }
  uint64_t keys() const { return keys_; }
  uint64_t keys_done() const;
  // Of keys that were about to be changed.
  uint64_t early_bytes() const;

  // ---- Core 0's own thread.
  // `save`: after so many changes, so many seconds after the last snapshot.
  void begin_when_due(const OnCore& here);

  // ---- On a core, in each round while running().
  // False where it has nothing to do until something else happens.
  bool step(const OnCore& here);

 private:
  class Part;
  struct File;

  void write_file(Server& server, const File& file);
  void finish(const OnCore& here);
  void stop_thread();

  std::atomic<bool> running_ = false;
  // ---- Changed by exclusive work.
  std::vector<std::unique_ptr<Part>> parts_;  // by core; each is its core's until all are done
  std::unique_ptr<ChunkQueue> chunks_;
  std::thread thread_;
  int64_t started_us_ = 0;
  uint64_t keys_ = 0;
  uint64_t changes_ = 0;  // up to the moment
  // ---- Between the cores and the thread.
  std::atomic<uint32_t> cores_left_ = 0;
  std::atomic<bool> failed_ = false;
  std::atomic<bool> abandoned_ = false;
  std::atomic<bool> throttled_ = false;
};

}  // namespace tidemark::server
