#pragma once

#include <cstdint>

namespace tidemark::storage {

// Where an entry is, and what must be known of it without touching it. Sixty-four bits:
//
//   63..48  stamp: how recently or how often the entry was used (see recency_clock.hpp)
//   47..4   the entry's address; entries are aligned to 16
//   3       mark: the owner's bit, counted per segment so that sweeps skip segments without any
//   2..0    how many buckets the entry lies beyond its home; the table's own
class Slot {
 public:
  bool empty() const { return word_ == 0; }
  void* entry() const { return reinterpret_cast<void*>(word_ & kAddressMask); }
  uint16_t stamp() const { return static_cast<uint16_t>(word_ >> 48); }
  bool marked() const { return (word_ & kMarkBit) != 0; }

  void set_stamp(uint16_t stamp) {
    word_ = (word_ & ~kStampMask) | (static_cast<uint64_t>(stamp) << 48);
  }
  // The entry moved to another address: same key, same hash. REQUIRES: aligned to 16.
  void set_entry(void* entry) {
    word_ = (word_ & ~kAddressMask) | reinterpret_cast<uintptr_t>(entry);
  }

 private:
  friend class TableCore;

  static constexpr uint64_t kStampMask = 0xffffULL << 48;
  static constexpr uint64_t kAddressMask = 0x0000'ffff'ffff'fff0ULL;
  static constexpr uint64_t kMarkBit = 8;
  static constexpr uint64_t kDistanceMask = 7;

  unsigned distance() const { return static_cast<unsigned>(word_ & kDistanceMask); }
  Slot at_distance(unsigned distance) const {
    return Slot((word_ & ~kDistanceMask) | static_cast<uint64_t>(distance));
  }

  explicit Slot(uint64_t word) : word_(word) {}

  uint64_t word_;
};

}  // namespace tidemark::storage
