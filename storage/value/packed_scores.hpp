#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "storage/value/packed.hpp"
#include "storage/value/packing_limits.hpp"
#include "storage/value/score_bound.hpp"

namespace tidemark::storage {

// A small sorted set: members and scores in turn in one packed list, in the order of score and
// member. A score that is an integer is kept as one, in the bytes that it needs (so that -0 becomes
// 0, as in Redis); any other as a dot and its 8 bytes, which is less than half of its digits and is
// read at once. Every operation is linear in the bytes.
class PackedScores {
 public:
  using Position = Packed::Position;

  size_t size() const { return list_.size() / 2; }
  size_t memory_bytes() const { return list_.memory_bytes(); }
  // Whether another member may be added without leaving what the limits allow.
  bool has_room_for(Bytes member, const PackingLimits& limits) const;
  static bool may_hold(Bytes member, const PackingLimits& limits);

  // A member's place, or none.
  std::optional<Position> find(Bytes member) const;
  double score_at(Position member) const;
  size_t rank_at(Position member) const;
  size_t rank(const ScoreBound& bound) const;
  size_t rank(const MemberBound& bound) const;

  // REQUIRES: the member is not here.
  void insert(Bytes member, double score);
  // REQUIRES: it comes behind all others.
  void append(Bytes member, double score);
  void change_score(Position at, Bytes member, double score);
  void erase(Position member) { list_.erase(member, 2); }
  void erase(size_t rank, size_t count);
  void clear() { list_.clear(); }

  // See Packed.
  unsigned owner_bits() const { return list_.owner_bits(); }
  void set_owner_bits(unsigned bits) { list_.set_owner_bits(bits); }

  // visit(Bytes member, double score), as SortedSet's.
  template <typename Visit>
  void visit(size_t rank, size_t count, Direction direction, Visit&& visit) const;

  void check() const;

 private:
  double score_of(Position score) const;
  // Writes the score in the place of the one at the position, or before it.
  enum class Put : uint8_t { before, instead };
  void put_score(Position at, double score, Put how);
  // The first element for which `is_before` does not hold, and its rank.
  template <typename IsBefore>
  std::pair<Position, size_t> find_place(IsBefore&& is_before) const;

  Packed list_;
};

template <typename Visit>
void PackedScores::visit(size_t rank, size_t count, Direction direction, Visit&& visit) const {
  if (count == 0) return;
  IntegerText scratch;
  for (Position at = list_.at(2 * rank);;) {
    const Position score = list_.next(at);
    visit(list_.get(at).text(scratch), score_of(score));
    if (--count == 0) return;
    at = direction == Direction::ascending ? list_.next(score) : list_.previous(list_.previous(at));
  }
}

}  // namespace tidemark::storage
