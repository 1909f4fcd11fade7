#pragma once

#include <compare>
#include <cstdint>

namespace tidemark {

// A small integer with a meaning of its own, so that a core is never passed where a slot is due.
template <typename Tag, typename Rep>
class StrongId {
 public:
  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  friend constexpr auto operator<=>(StrongId, StrongId) = default;

 private:
  Rep value_ = 0;
};

// Which core (loop, thread and partition), from 0.
using CoreId = StrongId<struct CoreIdTag, uint16_t>;
// CRC16(key) mod 16384, as in Redis Cluster.
using SlotId = StrongId<struct SlotIdTag, uint16_t>;
// Which numbered database, from 0.
using DbIndex = StrongId<struct DbIndexTag, uint16_t>;

inline constexpr uint16_t kSlotCount = 16384;

}  // namespace tidemark
