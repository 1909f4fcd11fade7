#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/config/settings.hpp"
#include "server/core/chunk_queue.hpp"
#include "server/core/core.hpp"

namespace tidemark::storage::rdb {
class FileSink;
}

namespace tidemark::server {

// A snapshot of all partitions as they were at one moment, written while they go on changing:
// neither a fork nor a copy. Each core walks its own keys in slices between the rounds of its loop
// (storage/keyspace/past_keys.hpp) and turns them into records; a thread puts these into the file,
// in the order in which they come, whichever core they are from.
//
// What waits for the disk is bounded: the walks wait from kWaitingMax on; what is about to be
// changed cannot, so from `snapshot-buffer-limit` on the writes do.
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
  // begin(), where `save` has points; when the one that is under way is over, where one is.
  void begin_if_configured(const OnCore& here);
  // What was written so far is not to take the older file's place.
  void abandon(const OnCore& here);
  // Where it was too late to abandon it: waits until the file is in its place.
  void await_file();
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
  // Whether the file may still be given up: that, or that it takes its place, comes first.
  enum class Fate : uint8_t { open, kept, abandoned };

  void write_file(Server& server, const File& file);
  bool put_in_place(storage::rdb::FileSink& sink);
  bool decide(Fate fate);
  void finish(const OnCore& here);
  bool is_too_much(size_t bytes_max, std::atomic<bool>& waits);
  bool writes_must_wait(const Settings& settings);
  bool walk_must_wait(const Settings& settings);
  void call(Server& server);

  std::atomic<bool> running_ = false;
  // ---- Changed by exclusive work.
  std::vector<std::unique_ptr<Part>> parts_;  // by core; each is its core's until all are done
  std::unique_ptr<ChunkQueue> chunks_;
  std::thread thread_;
  int64_t started_us_ = 0;
  uint64_t keys_ = 0;
  uint64_t changes_ = 0;  // up to the moment
  bool again_ = false;    // another one follows
  // ---- Core 0's, and of exclusive work.
  bool asked_ = false;
  // ---- Between the cores and the thread.
  std::atomic<uint32_t> cores_left_ = 0;
  std::atomic<Fate> fate_ = Fate::open;
  std::atomic<bool> failed_ = false;
  // Somebody waits for the disk: with its walk, with writes.
  std::atomic<bool> walks_wait_ = false;
  std::atomic<bool> writes_wait_ = false;
};

}  // namespace tidemark::server
