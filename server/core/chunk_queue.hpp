#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>

#include "storage/base/mutex.hpp"

namespace tidemark::server {

// Pieces of bytes on their way from the cores to one thread that writes them to a file. Who pushes
// looks at waiting_bytes() and does not hurry while that is much: the queue itself refuses nothing.
class ChunkQueue {
 public:
  // Any thread.
  void push(std::string chunk) EXCLUDES(mutex_);
  // No more is pushed.
  void close() EXCLUDES(mutex_);
  size_t waiting_bytes() const { return waiting_bytes_.load(std::memory_order_relaxed); }

  // One thread: waits for the next; none when the queue is closed and empty.
  std::optional<std::string> pop() EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<std::string> chunks_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
  std::atomic<size_t> waiting_bytes_ = 0;
};

}  // namespace tidemark::server
