#pragma once

#include <cstddef>
#include <utility>

#include "storage/base/heap.hpp"

namespace tidemark::storage {

// The blocks of one value that consists of many, with their sum: so a value tells in O(1) what it
// takes from the allocator. The parts of the value refer to the one CountedHeap that the whole of
// it has; it must stay where it is. A part that may be taken from one value to another has a
// CountedHeap of its own, whose blocks count in that of the whole, too.
class CountedHeap {
 public:
  CountedHeap() = default;
  explicit CountedHeap(CountedHeap& whole) : whole_(&whole) {}
  CountedHeap(const CountedHeap&) = delete;
  CountedHeap& operator=(const CountedHeap&) = delete;

  size_t bytes() const { return bytes_; }
  // Of those that were allocated here.
  size_t blocks() const { return blocks_; }

  void* allocate(size_t size) {
    count(heap::block_bytes(size), 1);
    return heap::allocate(size);
  }
  // REQUIRES: `size` as it was asked for.
  void deallocate(void* block, size_t size) {
    forget(heap::block_bytes(size), 1);
    heap::deallocate(block, size);
  }
  void* reallocate(void* block, size_t old_size, size_t new_size) {
    recount(heap::block_bytes(old_size), heap::block_bytes(new_size));
    return heap::reallocate(block, new_size);
  }
  // For what allocates by itself: it had `before` bytes and has `after` now.
  void recount(size_t before, size_t after) {
    count(after, 0);
    forget(before, 0);
  }

  // Leaves its whole for another. REQUIRES: it has one.
  void move_to(CountedHeap& whole) {
    whole_->forget(bytes_, blocks_);
    whole.count(bytes_, blocks_);
    whole_ = &whole;
  }
  // The blocks of each are the other's from now on. REQUIRES: neither has a whole or is one.
  void exchange(CountedHeap& other) {
    std::swap(bytes_, other.bytes_);
    std::swap(blocks_, other.blocks_);
  }
  // A block of one is the other's from now on.
  static void hand_over(CountedHeap& from, CountedHeap& to, size_t size) {
    from.forget(heap::block_bytes(size), 1);
    to.count(heap::block_bytes(size), 1);
  }

 private:
  void count(size_t bytes, size_t blocks) {
    bytes_ += bytes;
    blocks_ += blocks;
    if (whole_ != nullptr) whole_->count(bytes, blocks);
  }
  void forget(size_t bytes, size_t blocks) {
    bytes_ -= bytes;
    blocks_ -= blocks;
    if (whole_ != nullptr) whole_->forget(bytes, blocks);
  }

  CountedHeap* whole_ = nullptr;
  size_t bytes_ = 0;
  size_t blocks_ = 0;
};

}  // namespace tidemark::storage
