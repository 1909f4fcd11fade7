#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "storage/base/prefetch.hpp"
#include "storage/value/score_bound.hpp"
#include "storage/value/score_inner.hpp"
#include "storage/value/score_leaf.hpp"
#include "storage/value/scored_member.hpp"

namespace tidemark::storage {

// The order of a large sorted set: a B+-tree over its elements, which lie in blocks of their own,
// with the number of elements below every node, so that ranks and places are found alike.
//
// Why not the skip list that OBJECT ENCODING speaks of: there every step is a miss of the cache and
// every element pays for its own towers, some 48 bytes. Here ten million elements are five nodes
// high, a node is searched by numbers that lie side by side, and an element costs some 10 bytes
// (score_leaf.hpp, score_inner.hpp).
//
// Nodes are split in halves when they are full, but at either end of the order, where a single one
// is split off: scores that only grow, as times do, leave full nodes behind. A node that has become
// small is merged with a neighbour. So all nodes hold kSizeMin at least, but for those at the two
// ends of their level.
//
// The tree never frees an element. Owned by one thread.
class ScoreTree {
 public:
  // What erase_run() removes at most.
  static constexpr size_t kRunMax = ScoreLeaf::kCapacityMax;

  ScoreTree() = default;
  ScoreTree(const ScoreTree&) = delete;
  ScoreTree& operator=(const ScoreTree&) = delete;
  ~ScoreTree() { (void)free_some(SIZE_MAX); }

  size_t size() const { return size_; }
  // Of the nodes.
  size_t memory_bytes() const { return memory_bytes_; }

  // REQUIRES: no element has its member.
  void insert(ScoredMember* element);
  // REQUIRES: it comes behind all elements.
  void append(ScoredMember* element);
  // REQUIRES: the element is here, as below.
  void erase(const ScoredMember* element);
  void change_score(ScoredMember* element, double score);
  size_t rank(const ScoredMember* element) const;

  // Elements before the place.
  size_t rank(const ScoreBound& bound) const;
  size_t rank(const MemberBound& bound) const;

  // REQUIRES: rank < size().
  ScoredMember* at(size_t rank) const;
  // Visits `count` elements from `rank` on. REQUIRES: there are as many in that direction.
  template <typename Visit>
  void visit(size_t rank, size_t count, Direction direction, Visit&& visit) const;
  // Takes up to `count` elements from `rank` on out of the tree, as many as lie in one leaf; their
  // number is returned. REQUIRES: rank < size(); room for kRunMax at `removed`.
  size_t erase_run(size_t rank, size_t count, ScoredMember** removed);

  // Frees nodes, from the last to the first; false when none is left. Until then nothing else may
  // be called but memory_bytes().
  bool free_some(size_t budget);

  void check() const;

 private:
  // With nodes a quarter full this is more than memory can hold.
  static constexpr unsigned kHeightMax = 20;
  // Elements that are fetched ahead of the one that is visited.
  static constexpr unsigned kAhead = 8;

  // The way from the root to a leaf: by level, the leaves being level 0, an inner node and which of
  // its children comes next.
  struct Step {
    ScoreInner* node = nullptr;
    unsigned index = 0;
  };
  struct Place {
    std::array<Step, kHeightMax + 1> path;
    ScoreLeaf* leaf = nullptr;
    unsigned index = 0;
  };
  // Where a node that has grown is now, and what was split off it.
  struct Growth {
    void* node = nullptr;
    ScoredMember* new_first = nullptr;  // null where the first element is the same
    ScoreInner::Child sibling;
  };

  template <typename Probe>
  Place descend(const Probe& probe) const;
  Place place_of(const ScoredMember* element) const;
  Place seek(size_t rank) const;
  size_t rank_of(const Place& place) const;
  bool on_first_edge(const Place& place, unsigned level) const;
  bool on_last_edge(const Place& place, unsigned level) const;
  bool next_leaf(Place& place) const;
  bool previous_leaf(Place& place) const;

  void insert_at(const Place& place, ScoredMember* element);
  Growth grow_leaf(const Place& place, ScoredMember* element);
  Growth grow_inner(const Place& place, unsigned level, const Growth& below);
  void erase_at(const Place& place, unsigned count);
  void renew_first(const Place& place);
  void settle_root(void* node);
  template <typename Node>
  void mend(ScoreInner& parent, unsigned index);
  template <typename Node>
  void merge(ScoreInner& parent, unsigned index);
  template <typename Node>
  void balance(ScoreInner& parent, unsigned index);

  // Nodes, with their bytes counted.
  template <typename Node>
  Node* make(unsigned capacity);
  template <typename Node>
  void drop(Node* node);
  template <typename Node>
  [[nodiscard]] Node* fit(Node* node, unsigned size);
  template <typename Node>
  Node* split(Node*& node, unsigned first, unsigned capacity);

  size_t check_node(const void* node, unsigned level, bool first, bool last, size_t& bytes) const;

  void* root_ = nullptr;
  unsigned height_ = 0;  // of inner nodes above the leaves
  size_t size_ = 0;
  size_t memory_bytes_ = 0;
};

template <typename Visit>
void ScoreTree::visit(size_t rank, size_t count, Direction direction, Visit&& visit) const {
  if (count == 0) return;
  const bool ascending = direction == Direction::ascending;
  Place place = seek(rank);
  for (;;) {
    const ScoreLeaf& leaf = *place.leaf;
    const auto n = static_cast<unsigned>(
        std::min<size_t>(count, ascending ? leaf.size() - place.index : place.index + 1));
    const auto at = [&](unsigned i) {
      return leaf.at(ascending ? place.index + i : place.index - i);
    };
    for (unsigned i = 0; i < n && i < kAhead; ++i) prefetch(at(i));
    for (unsigned i = 0; i < n; ++i) {
      if (i + kAhead < n) prefetch(at(i + kAhead));
      visit(*at(i));
    }
    count -= n;
    if (count == 0) return;
    const bool more = ascending ? next_leaf(place) : previous_leaf(place);
    ENSURE_DEBUG(more);
    if (!more) return;
  }
}

}  // namespace tidemark::storage
