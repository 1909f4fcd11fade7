#pragma once

#include <cstddef>
#include <cstdint>

namespace tidemark::storage {

// Random numbers for the picks of one call (splitmix64): fair, fast, no secret. The seed comes from
// whoever owns the value's partition.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t operator()() {
    uint64_t word = state_ += 0x9e3779b97f4a7c15U;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9U;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebU;
    return word ^ (word >> 31);
  }
  // From 0 to `limit` - 1. REQUIRES: limit > 0.
  size_t below(size_t limit) { return static_cast<size_t>((*this)() % limit); }

 private:
  uint64_t state_;
};

// Picks `wanted` out of `size` elements that are met one after the other: every choice of as many
// is equally likely (Knuth's selection sampling).
class Selection {
 public:
  Selection(size_t size, size_t wanted, uint64_t seed)
      : left_(size), wanted_(wanted < size ? wanted : size), random_(seed) {}

  // Whether the element that is met now is one of them.
  bool takes_next() {
    const bool taken = random_.below(left_--) < wanted_;
    wanted_ -= static_cast<size_t>(taken);
    return taken;
  }
  bool done() const { return wanted_ == 0; }

 private:
  size_t left_;
  size_t wanted_;
  Random random_;
};

}  // namespace tidemark::storage
