// How places are found in the tree, and the verification of what all of it promises. What changes
// the tree is in score_tree_change.cpp.
#include "storage/value/score_tree.hpp"

namespace tidemark::storage {
namespace {

// What descend() asks at each node. In an inner node: which child, the last one whose first element
// does not lie behind the place. In a leaf: the number of elements before the place.

// An element's own place, or the one it would have.
struct ElementProbe {
  double score;
  Bytes member;

  unsigned child_in(const ScoreInner& inner) const {
    const unsigned bounds = inner.size() - 1;
    unsigned before =
        partition_index(bounds, [&](unsigned i) { return inner.score(i + 1) < score; });
    const unsigned equal = partition_index(
        bounds - before, [&](unsigned i) { return inner.score(before + i + 1) == score; });
    before += partition_index(
        equal, [&](unsigned i) { return inner.first(before + i + 1)->member() <= member; });
    return before;
  }
  unsigned index_in(const ScoreLeaf& leaf) const {
    const ScoreLeaf::Run run = leaf.run_of(score);
    return run.first + partition_index(run.last - run.first, [&](unsigned i) {
             const ScoredMember& other = *leaf.at(run.first + i);
             return comes_before(other.score(), other.member(), score, member);
           });
  }
};

struct ScoreProbe {
  ScoreBound bound;

  unsigned child_in(const ScoreInner& inner) const {
    return partition_index(inner.size() - 1,
                           [&](unsigned i) { return bound.is_behind(inner.score(i + 1)); });
  }
  unsigned index_in(const ScoreLeaf& leaf) const {
    const ScoreLeaf::Run run = leaf.run_of(bound.score);
    return run.first + partition_index(run.last - run.first, [&](unsigned i) {
             return bound.is_behind(leaf.at(run.first + i)->score());
           });
  }
};

struct MemberProbe {
  MemberBound bound;

  unsigned child_in(const ScoreInner& inner) const {
    return partition_index(inner.size() - 1, [&](unsigned i) {
      return bound.is_behind(inner.first(i + 1)->member());
    });
  }
  unsigned index_in(const ScoreLeaf& leaf) const {
    return partition_index(leaf.size(),
                           [&](unsigned i) { return bound.is_behind(leaf.at(i)->member()); });
  }
};

struct LastProbe {
  unsigned child_in(const ScoreInner& inner) const { return inner.size() - 1; }
  unsigned index_in(const ScoreLeaf& leaf) const { return leaf.size(); }
};

}  // namespace

template <typename Probe>
ScoreTree::Place ScoreTree::descend(const Probe& probe) const {
  Place place;
  void* node = root_;
  for (unsigned level = height_; level > 0; --level) {
    auto* inner = static_cast<ScoreInner*>(node);
    const unsigned index = probe.child_in(*inner);
    place.path[level] = {.node = inner, .index = index};
    node = inner->node(index);
    level > 1 ? static_cast<ScoreInner*>(node)->prefetch_search()
              : static_cast<ScoreLeaf*>(node)->prefetch_search();
  }
  place.leaf = static_cast<ScoreLeaf*>(node);
  place.index = place.leaf == nullptr ? 0 : probe.index_in(*place.leaf);
  return place;
}

void ScoreTree::insert(ScoredMember* element) {
  insert_at(descend(ElementProbe{.score = element->score(), .member = element->member()}), element);
}

void ScoreTree::append(ScoredMember* element) { insert_at(descend(LastProbe()), element); }

// As descend(), but in the leaf the addresses tell, and no element is looked at.
ScoreTree::Place ScoreTree::place_of(const ScoredMember* element) const {
  struct Probe : ElementProbe {
    const ScoredMember* element;
    unsigned index_in(const ScoreLeaf& leaf) const { return leaf.index_of(element); }
  };
  return descend(Probe{{.score = element->score(), .member = element->member()}, element});
}

size_t ScoreTree::rank_of(const Place& place) const {
  size_t rank = place.index;
  for (unsigned level = 1; level <= height_; ++level) {
    rank += place.path[level].node->count_before(place.path[level].index);
  }
  return rank;
}

size_t ScoreTree::rank(const ScoredMember* element) const { return rank_of(place_of(element)); }

size_t ScoreTree::rank(const ScoreBound& bound) const {
  return rank_of(descend(ScoreProbe{bound}));
}

size_t ScoreTree::rank(const MemberBound& bound) const {
  return rank_of(descend(MemberProbe{bound}));
}

ScoreTree::Place ScoreTree::seek(size_t rank) const {
  ENSURE_DEBUG(rank < size_);
  Place place;
  void* node = root_;
  for (unsigned level = height_; level > 0; --level) {
    auto* inner = static_cast<ScoreInner*>(node);
    unsigned index = 0;
    while (rank >= inner->count(index)) rank -= inner->count(index++);
    place.path[level] = {.node = inner, .index = index};
    node = inner->node(index);
  }
  place.leaf = static_cast<ScoreLeaf*>(node);
  place.index = static_cast<unsigned>(rank);
  return place;
}

ScoredMember* ScoreTree::at(size_t rank) const {
  const Place place = seek(rank);
  return place.leaf->at(place.index);
}

// Whether the node at the level, and everything above, is the first (last) of its parent.
bool ScoreTree::on_first_edge(const Place& place, unsigned level) const {
  for (; level < height_; ++level) {
    if (place.path[level + 1].index > 0) return false;
  }
  return true;
}

bool ScoreTree::on_last_edge(const Place& place, unsigned level) const {
  for (; level < height_; ++level) {
    const Step& step = place.path[level + 1];
    if (step.index + 1 < step.node->size()) return false;
  }
  return true;
}

bool ScoreTree::next_leaf(Place& place) const {
  unsigned level = 1;
  while (level <= height_ && place.path[level].index + 1 == place.path[level].node->size()) ++level;
  if (level > height_) return false;
  ++place.path[level].index;
  for (; level > 1; --level) {
    const Step& step = place.path[level];
    place.path[level - 1] = {.node = static_cast<ScoreInner*>(step.node->node(step.index)),
                             .index = 0};
  }
  place.leaf = static_cast<ScoreLeaf*>(place.path[1].node->node(place.path[1].index));
  place.index = 0;
  return true;
}

bool ScoreTree::previous_leaf(Place& place) const {
  unsigned level = 1;
  while (level <= height_ && place.path[level].index == 0) ++level;
  if (level > height_) return false;
  --place.path[level].index;
  for (; level > 1; --level) {
    const Step& step = place.path[level];
    auto* inner = static_cast<ScoreInner*>(step.node->node(step.index));
    place.path[level - 1] = {.node = inner, .index = inner->size() - 1};
  }
  place.leaf = static_cast<ScoreLeaf*>(place.path[1].node->node(place.path[1].index));
  place.index = place.leaf->size() - 1;
  return true;
}

// Returns the number of elements below the node. `first` and `last`: whether it is at that end of
// its level.
size_t ScoreTree::check_node(const void* node, unsigned level, bool first, bool last,
                             size_t& bytes) const {
  const bool edge = first || last;
  if (level == 0) {
    const auto& leaf = *static_cast<const ScoreLeaf*>(node);
    leaf.check();
    ENSURE(leaf.size() >= (edge ? 1 : ScoreLeaf::kSizeMin));
    bytes += leaf.memory_bytes();
    return leaf.size();
  }
  const auto& inner = *static_cast<const ScoreInner*>(node);
  ENSURE(inner.size() >= (edge ? 1 : ScoreInner::kSizeMin) && inner.size() <= inner.capacity());
  bytes += inner.memory_bytes();
  size_t total = 0;
  const ScoredMember* last_before = nullptr;
  for (unsigned i = 0; i < inner.size(); ++i) {
    const size_t count =
        check_node(inner.node(i), level - 1, first && i == 0, last && i + 1 == inner.size(), bytes);
    ENSURE(count == inner.count(i));
    const void* end = inner.node(i);
    const void* start = inner.node(i);
    for (unsigned below = level - 1; below > 0; --below) {
      start = static_cast<const ScoreInner*>(start)->node(0);
      const auto* last_inner = static_cast<const ScoreInner*>(end);
      end = last_inner->node(last_inner->size() - 1);
    }
    const ScoredMember* front = static_cast<const ScoreLeaf*>(start)->front();
    ENSURE(inner.first(i) == front && inner.score(i) == front->score());
    ENSURE(last_before == nullptr || comes_before(last_before->score(), last_before->member(),
                                                  front->score(), front->member()));
    last_before = static_cast<const ScoreLeaf*>(end)->back();
    total += count;
  }
  return total;
}

void ScoreTree::check() const {
  size_t bytes = 0;
  ENSURE((root_ == nullptr) == (size_ == 0));
  if (root_ != nullptr) {
    ENSURE(height_ == 0 || static_cast<const ScoreInner*>(root_)->size() > 1);
    ENSURE(check_node(root_, height_, true, true, bytes) == size_);
  }
  ENSURE(bytes == memory_bytes_);
}

}  // namespace tidemark::storage
