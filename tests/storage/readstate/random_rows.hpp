#pragma once

#include <cstdint>
#include <limits>
#include <random>

#include "storage/readstate/row.hpp"

namespace tidemark::storage::testing {

// Rows as they come in life and at the edges of what they may hold.
class RandomRows {
 public:
  explicit RandomRows(uint64_t seed) : random_(seed) {}

  uint64_t below(uint64_t bound) { return random_() % bound; }
  bool chance(unsigned percent) { return below(100) < percent; }

  // Any width, so that columns of every width come about.
  int64_t number() {
    switch (below(8)) {
      case 0:
        return 0;
      case 1:
        return std::numeric_limits<int64_t>::max();
      case 2:
        return static_cast<int64_t>(below(64));
      default:
        return static_cast<int64_t>(random_() >> (1 + below(63)));
    }
  }
  int64_t snowflake() { return static_cast<int64_t>(random_() >> 4); }

  int32_t counter() {
    switch (below(8)) {
      case 0:
        return std::numeric_limits<int32_t>::max();
      case 1:
        return static_cast<int32_t>(below(0x20000));
      case 2:
        return static_cast<int32_t>(below(300));
      default:
        return 0;
    }
  }

  Row row(RowId id) {
    return Row{.id = id,
               .mark = chance(50) ? id.channel : number(),
               .mentions = counter(),
               .unread = counter(),
               .flags = static_cast<uint8_t>(chance(80) ? 0 : below(256)),
               .manual = chance(10),
               .version = number()};
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace tidemark::storage::testing
