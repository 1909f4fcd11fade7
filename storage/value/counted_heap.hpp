#pragma once

#include <cstddef>

#include "storage/base/heap.hpp"

namespace tidemark::storage {

// The blocks of one value that consists of many, with their sum: so a value tells in O(1) what it
// takes from the allocator. The parts of the value refer to the one CountedHeap that the whole of
// it has; it must stay where it is.
class CountedHeap {
 public:
  CountedHeap() = default;
  CountedHeap(const CountedHeap&) = delete;
  CountedHeap& operator=(const CountedHeap&) = delete;

  size_t bytes() const { return bytes_; }
  // Of those that were allocated here.
  size_t blocks() const { return blocks_; }

  void* allocate(size_t size) {
    bytes_ += heap::block_bytes(size);
    ++blocks_;
    return heap::allocate(size);
  }
  // REQUIRES: `size` as it was asked for.
  void deallocate(void* block, size_t size) {
    bytes_ -= heap::block_bytes(size);
    --blocks_;
    heap::deallocate(block, size);
  }
  void* reallocate(void* block, size_t old_size, size_t new_size) {
    bytes_ += heap::block_bytes(new_size) - heap::block_bytes(old_size);
    return heap::reallocate(block, new_size);
  }
  // For what allocates by itself: it had `before` bytes and has `after` now.
  void recount(size_t before, size_t after) { bytes_ += after - before; }

 private:
  size_t bytes_ = 0;
  size_t blocks_ = 0;
};

}  // namespace tidemark::storage
