#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "storage/base/bytes.hpp"
#include "storage/table/hash.hpp"
#include "storage/value/big_scores.hpp"
#include "storage/value/packed_scores.hpp"
#include "storage/value/packing_limits.hpp"
#include "storage/value/score_bound.hpp"
#include "storage/value/value_type.hpp"

namespace tidemark::storage {

// Members with scores, in the order of score and then of member. One object of 16 bytes and what it
// points to.
//
// A small one is packed ("listpack", packed_scores.hpp): every operation is linear in its bytes. As
// soon as it has more elements, or a longer member, than the limits given with a change allow, it
// becomes a table and a tree ("skiplist" to clients, big_scores.hpp) and stays that: a member is
// found in O(1); a rank, and a place by score, member or rank, in O(log n); n neighbours are
// visited in O(n).
//
// Whatever asks for a range gets ranks first: the bounds of a range of scores or of members are
// places with so many elements before them, and what happens to a range (visiting, counting,
// removing) is told in ranks alone.
class SortedSet {
 public:
  static constexpr ValueType kType = ValueType::zset;

  // What update() did.
  enum class Update : uint8_t { none, added, changed };

  struct Ranked {
    size_t rank;
    double score;
  };

  SortedSet() : packed_() { set_form(Form::packed); }
  SortedSet(const SortedSet& other);
  SortedSet& operator=(const SortedSet&) = delete;
  ~SortedSet();

  size_t size() const { return is_big() ? big_.scores->size() : packed_.size(); }
  size_t memory_bytes() const;
  Bytes encoding_name() const { return is_big() ? "skiplist" : "listpack"; }
  // For dumps.
  bool is_packed() const { return !is_big(); }
  bool free_some(size_t budget);

  // ---- Reading.
  std::optional<double> score(Bytes member) const { return find(member).score; }
  std::optional<Ranked> find_ranked(Bytes member) const;
  // Elements before the place.
  size_t rank(const ScoreBound& bound) const;
  size_t rank(const MemberBound& bound) const;
  // Visits `count` elements from `rank` on in that direction: visit(Bytes member, double score).
  // The member lies in the set, or for an integer in a place that the next one is written to.
  // REQUIRES: there are as many.
  template <typename Visit>
  void visit(size_t rank, size_t count, Direction direction, Visit&& visit) const;
  // Visits some elements, at least `at_least` if there are as many ahead; all of a packed one. Goes
  // on from the cursor it returned, 0 at the beginning and at the end, with the guarantee of
  // Table::scan_step(). visit(Bytes member, double score) must not change the set.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, size_t at_least, Visit&& visit) const;

  // ---- Changing. No score may be NaN.
  // decide(std::optional<double> present) returns the score that the member is to have, or none to
  // leave it as it is, absent or present.
  template <typename Decide>
  Update update(Bytes member, const PackingLimits& limits, Decide&& decide) {
    const Found found = find(member);
    const std::optional<double> wanted = std::forward<Decide>(decide)(found.score);
    return wanted ? apply(found, member, *wanted, limits) : Update::none;
  }
  // So many elements will be added, with members of up to so many bytes: takes the form for them at
  // once. REQUIRES: empty.
  void expect(size_t elements, size_t member_bytes, const PackingLimits& limits);
  // REQUIRES: the element comes behind all others.
  void append(Bytes member, double score, const PackingLimits& limits);
  // Whether it was there.
  bool erase(Bytes member);
  // REQUIRES: range.last <= size().
  void erase(const RankRange& range);
  // The same at the cost of what stays, where that is less: what goes is left in `cut_off`, to be
  // freed by whoever has time. REQUIRES: cut_off is empty.
  void cut(const RankRange& range, SortedSet& cut_off);

  void check() const;

 private:
  // A member, as far as it is there, so that it is looked up once.
  struct Found {
    std::optional<double> score;
    uint64_t hash = 0;                            // of a big one
    ScoredMember* element = nullptr;              // of a big one
    std::optional<PackedScores::Position> place;  // of a packed one
  };

  Found find(Bytes member) const;
  Update apply(const Found& found, Bytes member, double score, const PackingLimits& limits);
  void become_big(BigScores* scores);
  void make_big();

  enum class Form : unsigned { packed, big };

  // Laid out as PackedScores is.
  struct BigForm {
    BigScores* scores;
    uint32_t unused;
    uint32_t unused_too : 30;
    uint32_t owner_bits : 2;
  };

  // The bits lie at the same place whichever form is alive.
  bool is_big() const { return packed_.owner_bits() == static_cast<unsigned>(Form::big); }
  void set_form(Form form) { packed_.set_owner_bits(static_cast<unsigned>(form)); }

  union {
    PackedScores packed_;
    BigForm big_;
  };
};
static_assert(sizeof(SortedSet) == 16);

template <typename Visit>
void SortedSet::visit(size_t rank, size_t count, Direction direction, Visit&& visit) const {
  if (!is_big()) {
    packed_.visit(rank, count, direction, visit);
    return;
  }
  big_.scores->order().visit(rank, count, direction, [&](const ScoredMember& element) {
    visit(element.member(), element.score());
  });
}

template <typename Visit>
uint64_t SortedSet::scan(uint64_t cursor, size_t at_least, Visit&& visit) const {
  if (!is_big()) {
    packed_.visit(0, size(), Direction::ascending, visit);
    return 0;
  }
  size_t visited = 0;
  do {
    cursor = big_.scores->scan_step(cursor, [&](Bytes member, double score) {
      ++visited;
      visit(member, score);
    });
  } while (cursor != 0 && visited < at_least);
  return cursor;
}

}  // namespace tidemark::storage
