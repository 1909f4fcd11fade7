#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace tidemark::storage {

// Up to where one piece of a list grows, and with it a list that is a single piece. They hold for
// changes: pieces that were filled under other limits stay as they are.
struct ListLimits {
  size_t piece_bytes_max;
  size_t piece_elements_max;

  // By the numbers of Redis's list-max-listpack-size: -1 to -5 for 4, 8, 16, 32 or 64 KiB (what is
  // below counts as -5), else so many elements, within 8 KiB.
  static constexpr ListLimits of(int64_t list_max_listpack_size) {
    constexpr size_t kSmallest = size_t{4} << 10;
    constexpr size_t kBytesOfCounted = size_t{8} << 10;
    if (list_max_listpack_size < 0) {
      const int64_t step = -std::max<int64_t>(list_max_listpack_size, -5);
      return {.piece_bytes_max = kSmallest << static_cast<unsigned>(step - 1),
              .piece_elements_max = std::numeric_limits<size_t>::max()};
    }
    return {
        .piece_bytes_max = kBytesOfCounted,
        .piece_elements_max = static_cast<size_t>(std::max<int64_t>(list_max_listpack_size, 1))};
  }
};

}  // namespace tidemark::storage
