#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "storage/base/bytes.hpp"

// The order of a sorted set, by score and then by member, and places in it.
namespace tidemark::storage {

// Whether one element comes before another. Both zeros are the same score.
inline bool comes_before(double score, Bytes member, double other_score, Bytes other_member) {
  return score != other_score ? score < other_score : member < other_member;
}

// The score as a number that orders the same way, so that differences of scores can be told without
// rounding. REQUIRES: no NaN.
inline uint64_t order_of(double score) {
  constexpr uint64_t kSign = uint64_t{1} << 63;
  const auto bits = std::bit_cast<uint64_t>(score + 0.0);  // -0 becomes 0
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

// A place before or behind whatever is equal to something.
enum class Edge : uint8_t { before, behind };

// By score alone.
struct ScoreBound {
  double score = 0;
  Edge edge = Edge::before;

  // Whether an element with this score lies before the place.
  bool is_behind(double other) const {
    return other < score || (edge == Edge::behind && other == score);
  }
};

// By member alone, which means something where all scores are the same.
struct MemberBound {
  enum class Kind : uint8_t { first, member, last };
  Kind kind = Kind::member;
  Bytes member;
  Edge edge = Edge::before;

  bool is_behind(Bytes other) const {
    if (kind != Kind::member) return kind == Kind::last;
    const int order = other.compare(member);
    return order < 0 || (edge == Edge::behind && order == 0);
  }
};

// Ranks from `first` to before `last`.
struct RankRange {
  size_t first = 0;
  size_t last = 0;

  size_t size() const { return last > first ? last - first : 0; }
};

enum class Direction : uint8_t { ascending, descending };

// The first index from 0 to `count` whose item does not lie before a place. `is_before` holds for
// some items and for none behind them. Without branches on what it finds, since half of them would
// be mispredicted.
template <typename IsBefore>
unsigned partition_index(unsigned count, IsBefore&& is_before) {
  unsigned first = 0;
  while (count > 1) {
    const unsigned half = count / 2;
    first += is_before(first + half - 1) ? half : 0;
    count -= half;
  }
  return count == 1 && is_before(first) ? first + 1 : first;
}

}  // namespace tidemark::storage
