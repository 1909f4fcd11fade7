#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidemark::bench {

// The textbook LRU over key numbers below `keys`, for as many as `capacity` of them: the yardstick
// for a server's eviction. A doubly linked list in two arrays; no allocation after construction.
class ExactLru {
 public:
  // REQUIRES: capacity > 0, keys < 2^32 - 1.
  ExactLru(uint32_t keys, uint32_t capacity);

  // Looks the key up and brings it in where it is missing, evicting the one used longest ago.
  // Returns whether it was there.
  bool access(uint32_t key);

  uint32_t size() const { return size_; }

 private:
  static constexpr uint32_t kAbsent = UINT32_MAX;
  void unlink(uint32_t key);
  void link_newest(uint32_t key);

  // The list is a ring through a sentinel, number keys_: its next_ is the newest, its previous_ the
  // oldest. next_ of a key that is not held is kAbsent.
  uint32_t sentinel_;
  uint32_t capacity_;
  uint32_t size_ = 0;
  std::vector<uint32_t> next_;
  std::vector<uint32_t> previous_;
};

}  // namespace tidemark::bench
