#pragma once

#include <atomic>
#include <cstdint>

namespace tidemark::server {

// How many bytes a thread has allocated and not freed, by the allocator's own count, at the price
// of reading two counters. A thread that frees what another allocated may stand below zero; the sum
// over all threads is true.
class MemoryMeter {
 public:
  // The thread to measure, once.
  void attach();
  // The same thread, or another while it is stopped.
  int64_t used() const;
  // The same thread: lets others know.
  void publish() { published_.store(used(), std::memory_order_relaxed); }
  // Any thread: as of the last publish().
  int64_t published() const { return published_.load(std::memory_order_relaxed); }

 private:
  const uint64_t* allocated_ = nullptr;
  const uint64_t* freed_ = nullptr;
  std::atomic<int64_t> published_ = 0;
};

// What the allocator knows of the whole process; zeros where it is not jemalloc.
struct AllocatorFigures {
  uint64_t allocated = 0;  // by the program
  uint64_t active = 0;     // in pages that hold some of it
  uint64_t resident = 0;   // physical memory mapped
  uint64_t retained = 0;
  uint64_t metadata = 0;
};
AllocatorFigures allocator_figures();
// Resident memory of the process as the operating system counts it, in bytes.
uint64_t resident_set_bytes();
// From now on this thread allocates from an arena of its own.
void use_own_arena();
// Gives unused memory of every arena back to the operating system.
void purge_arenas();
// "jemalloc-5.3.0", or "libc".
const char* allocator_name();

}  // namespace tidemark::server
