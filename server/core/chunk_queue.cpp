#include "server/core/chunk_queue.hpp"

#include <utility>

namespace tidemark::server {

void ChunkQueue::push(std::string chunk) {
  {
    MutexLock lock(mutex_);
    waiting_bytes_.fetch_add(chunk.size(), std::memory_order_relaxed);
    chunks_.push_back(std::move(chunk));
  }
  changed_.notify_one();
}

void ChunkQueue::close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.notify_one();
}

std::optional<std::string> ChunkQueue::pop() {
  MutexLock lock(mutex_);
  while (chunks_.empty() && !closed_) changed_.wait(mutex_);
  if (chunks_.empty()) return std::nullopt;
  std::string chunk = std::move(chunks_.front());
  chunks_.pop_front();
  waiting_bytes_.fetch_sub(chunk.size(), std::memory_order_relaxed);
  return chunk;
}

}  // namespace tidemark::server
