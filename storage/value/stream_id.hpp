#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "storage/base/bytes.hpp"

namespace tidemark::storage {

// What an entry of a stream is known by: the time it was added, and its number within that
// millisecond.
struct StreamId {
  uint64_t ms = 0;
  uint64_t seq = 0;

  friend constexpr auto operator<=>(const StreamId&, const StreamId&) = default;

  static constexpr StreamId min() { return {}; }
  static constexpr StreamId max() { return {.ms = kMax, .seq = kMax}; }
  // The id right behind or right before; none beyond the ends.
  constexpr std::optional<StreamId> next() const {
    if (seq != kMax) return StreamId{.ms = ms, .seq = seq + 1};
    if (ms != kMax) return StreamId{.ms = ms + 1, .seq = 0};
    return std::nullopt;
  }
  constexpr std::optional<StreamId> previous() const {
    if (seq != 0) return StreamId{.ms = ms, .seq = seq - 1};
    if (ms != 0) return StreamId{.ms = ms - 1, .seq = kMax};
    return std::nullopt;
  }

 private:
  static constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
};

// "1526919030474-55"; `seq` where the text has only the milliseconds. Nearly as generous as
// Redis: each number may have blanks, a plus and zeros before it.
std::optional<StreamId> parse_stream_id(Bytes text, uint64_t seq);
// One of the two numbers alone, read as generously.
std::optional<uint64_t> parse_stream_number(Bytes text);

inline constexpr size_t kStreamIdCharsMax = 41;
// Returns the end of what was written. REQUIRES: room for kStreamIdCharsMax.
char* format_stream_id(char* to, StreamId id);

}  // namespace tidemark::storage
