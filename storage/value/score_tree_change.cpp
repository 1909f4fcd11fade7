// How the tree changes: each change happens in a leaf, and then its way up is gone through once,
// each node learning what became of the one below.
#include "storage/value/score_tree.hpp"

namespace tidemark::storage {
namespace {

size_t count_below(const ScoreLeaf& leaf) { return leaf.size(); }
size_t count_below(const ScoreInner& inner) { return inner.total(); }
ScoredMember* first_below(const ScoreLeaf& leaf) { return leaf.front(); }
ScoredMember* first_below(const ScoreInner& inner) { return inner.first(0); }

template <typename Node>
ScoreInner::Child as_child(Node* node) {
  return {.node = node, .count = count_below(*node), .first = first_below(*node)};
}

}  // namespace

template <typename Node>
Node* ScoreTree::make(unsigned capacity) {
  Node* node = Node::make(capacity);
  memory_bytes_ += node->memory_bytes();
  return node;
}

template <typename Node>
void ScoreTree::drop(Node* node) {
  memory_bytes_ -= node->memory_bytes();
  Node::destroy(node);
}

template <typename Node>
Node* ScoreTree::fit(Node* node, unsigned size) {
  memory_bytes_ -= node->memory_bytes();
  node = Node::resize(node, size);
  memory_bytes_ += node->memory_bytes();
  return node;
}

// Leaves both with little more room than they need, but for `capacity` in the new one.
template <typename Node>
Node* ScoreTree::split(Node*& node, unsigned first, unsigned capacity) {
  Node* behind = node->split(first, capacity);
  memory_bytes_ += behind->memory_bytes();
  node = fit(node, node->size() + 1);
  return behind;
}

// ---- Growing.

void ScoreTree::insert_at(const Place& place, ScoredMember* element) {
  Growth growth = grow_leaf(place, element);
  for (unsigned level = 1; level <= height_; ++level) growth = grow_inner(place, level, growth);
  ++size_;
  if (growth.sibling.node == nullptr) {
    root_ = growth.node;
    return;
  }
  ENSURE(height_ < kHeightMax);
  auto* root = make<ScoreInner>(2);
  root->insert(0, height_ == 0 ? as_child(static_cast<ScoreLeaf*>(growth.node))
                               : as_child(static_cast<ScoreInner*>(growth.node)));
  root->insert(1, growth.sibling);
  root_ = root;
  ++height_;
}

ScoreTree::Growth ScoreTree::grow_leaf(const Place& place, ScoredMember* element) {
  ScoreLeaf* leaf = place.leaf == nullptr ? make<ScoreLeaf>(1) : place.leaf;
  ScoredMember* const new_first = place.index == 0 ? element : nullptr;
  if (leaf->size() < ScoreLeaf::kCapacityMax) {
    if (leaf->full()) leaf = fit(leaf, leaf->size() + 1);
    leaf->insert(place.index, element);
    return {.node = leaf, .new_first = new_first, .sibling = {}};
  }
  ScoreLeaf* behind = nullptr;
  if (place.index == leaf->size() && on_last_edge(place, 0)) {
    behind = make<ScoreLeaf>(1);
    behind->insert(0, element);
  } else if (place.index == 0 && on_first_edge(place, 0)) {
    behind = leaf;
    leaf = make<ScoreLeaf>(1);
    leaf->insert(0, element);
  } else {
    constexpr unsigned kHalf = ScoreLeaf::kCapacityMax / 2;
    behind = split(leaf, kHalf, kHalf + 1);
    place.index <= kHalf ? leaf->insert(place.index, element)
                         : behind->insert(place.index - kHalf, element);
  }
  return {.node = leaf, .new_first = new_first, .sibling = as_child(behind)};
}

ScoreTree::Growth ScoreTree::grow_inner(const Place& place, unsigned level, const Growth& below) {
  const auto [found, index] = place.path[level];
  ScoreInner* inner = found;
  inner->set_node(index, below.node);
  inner->set_count(index, inner->count(index) + 1 - below.sibling.count);
  if (below.new_first != nullptr) inner->set_first(index, below.new_first);
  ScoredMember* const new_first = index == 0 ? below.new_first : nullptr;
  if (below.sibling.node == nullptr) return {.node = inner, .new_first = new_first, .sibling = {}};

  if (inner->size() < ScoreInner::kCapacityMax) {
    if (inner->full()) inner = fit(inner, inner->size() + 1);
    inner->insert(index + 1, below.sibling);
    return {.node = inner, .new_first = new_first, .sibling = {}};
  }
  ScoreInner* behind = nullptr;
  if (index + 1 == inner->size() && on_last_edge(place, level)) {
    behind = make<ScoreInner>(1);
    behind->insert(0, below.sibling);
  } else if (index == 0 && on_first_edge(place, level)) {
    behind = split(inner, 1, ScoreInner::kCapacityMax);
    behind->insert(0, below.sibling);
  } else {
    constexpr unsigned kHalf = ScoreInner::kCapacityMax / 2;
    behind = split(inner, kHalf, ScoreInner::kCapacityMax - kHalf + 1);
    index + 1 <= kHalf ? inner->insert(index + 1, below.sibling)
                       : behind->insert(index + 1 - kHalf, below.sibling);
  }
  return {.node = inner, .new_first = new_first, .sibling = as_child(behind)};
}

// ---- Moving.

void ScoreTree::renew_first(const Place& place) {
  for (unsigned level = 1; level <= height_; ++level) {
    const auto [inner, index] = place.path[level];
    inner->set_first(index, place.leaf->front());
    if (index > 0) return;
  }
}

void ScoreTree::change_score(ScoredMember* element, double score) {
  const Place place = place_of(element);
  ScoreLeaf& leaf = *place.leaf;
  const unsigned from = place.index;
  // Where it belongs among the others of its leaf.
  const ScoreLeaf::Run run = leaf.run_of(score);
  unsigned to = run.first + partition_index(run.last - run.first, [&](unsigned i) {
                  const ScoredMember& other = *leaf.at(run.first + i);
                  return comes_before(other.score(), other.member(), score, element->member());
                });
  if (to > from) --to;
  // With others of the leaf on both sides, or nothing beyond, that is its place in the tree, too.
  const bool stays =
      (to > 0 || on_first_edge(place, 0)) && (to + 1 < leaf.size() || on_last_edge(place, 0));
  if (stays) {
    element->set_score(score);
    leaf.reorder(from, to);
    if (from == 0 || to == 0) renew_first(place);
    return;
  }
  erase_at(place, 1);
  element->set_score(score);
  insert(element);
}

// ---- Shrinking.

void ScoreTree::erase(const ScoredMember* element) { erase_at(place_of(element), 1); }

size_t ScoreTree::erase_run(size_t rank, size_t count, ScoredMember** removed) {
  const Place place = seek(rank);
  const auto n = static_cast<unsigned>(std::min<size_t>(count, place.leaf->size() - place.index));
  for (unsigned i = 0; i < n; ++i) removed[i] = place.leaf->at(place.index + i);
  erase_at(place, n);
  return n;
}

void ScoreTree::erase_at(const Place& place, unsigned count) {
  ScoreLeaf* leaf = place.leaf;
  leaf->erase(place.index, count);
  if (leaf->capacity() - leaf->size() > ScoreLeaf::kSlackMax) leaf = fit(leaf, leaf->size());
  size_ -= count;

  void* node = leaf;
  ScoredMember* first = leaf->size() > 0 ? leaf->front() : nullptr;
  bool first_changed = place.index == 0;
  for (unsigned level = 1; level <= height_; ++level) {
    const auto [found, index] = place.path[level];
    ScoreInner* inner = found;
    inner->set_node(index, node);
    inner->set_count(index, inner->count(index) - count);
    if (first_changed && first != nullptr) inner->set_first(index, first);
    level == 1 ? mend<ScoreLeaf>(*inner, index) : mend<ScoreInner>(*inner, index);
    if (inner->capacity() - inner->size() > ScoreInner::kSlackMax)
      inner = fit(inner, inner->size());
    node = inner;
    first = inner->size() > 0 ? inner->first(0) : nullptr;
    first_changed = first_changed && index == 0;
  }
  settle_root(node);
}

void ScoreTree::settle_root(void* node) {
  while (height_ > 0) {
    auto* inner = static_cast<ScoreInner*>(node);
    if (inner->size() > 1) break;
    node = inner->size() == 1 ? inner->node(0) : nullptr;
    drop(inner);
    --height_;
    if (node == nullptr) height_ = 0;
  }
  root_ = node;
  if (node != nullptr && size_ == 0) {
    drop(static_cast<ScoreLeaf*>(node));
    root_ = nullptr;
  }
}

// The child at the index has lost something: it is removed, merged or filled up where it has become
// too small.
template <typename Node>
void ScoreTree::mend(ScoreInner& parent, unsigned index) {
  auto* node = static_cast<Node*>(parent.node(index));
  if (node->size() >= Node::kSizeMin) return;
  if (node->size() == 0) {
    drop(node);
    parent.erase(index);
    return;
  }
  if (parent.size() == 1) return;
  const unsigned left = index > 0 ? index - 1 : 0;
  const unsigned total = static_cast<Node*>(parent.node(left))->size() +
                         static_cast<Node*>(parent.node(left + 1))->size();
  total <= Node::kMergeMax ? merge<Node>(parent, left) : balance<Node>(parent, left);
}

// Puts what the child behind `index` has into the one at it.
template <typename Node>
void ScoreTree::merge(ScoreInner& parent, unsigned index) {
  auto* left = static_cast<Node*>(parent.node(index));
  auto* right = static_cast<Node*>(parent.node(index + 1));
  left = fit(left, left->size() + right->size());
  left->append(*right, 0, right->size());
  parent.set_node(index, left);
  parent.set_count(index, parent.count(index) + parent.count(index + 1));
  drop(right);
  parent.erase(index + 1);
}

// Gives the child at `index` and the one behind it the same size.
template <typename Node>
void ScoreTree::balance(ScoreInner& parent, unsigned index) {
  auto* left = static_cast<Node*>(parent.node(index));
  auto* right = static_cast<Node*>(parent.node(index + 1));
  const unsigned half = (left->size() + right->size()) / 2;
  if (left->size() < half) {
    const unsigned count = half - left->size();
    left = fit(left, half);
    left->append(*right, 0, count);
    right->erase(0, count);
  } else {
    const unsigned count = left->size() - half;
    right = fit(right, right->size() + count);
    right->prepend(*left, half, count);
    left->erase(half, count);
  }
  left = fit(left, left->size());
  right = fit(right, right->size());
  const uint64_t total = parent.count(index) + parent.count(index + 1);
  const uint64_t in_left = count_below(*left);
  parent.set_node(index, left);
  parent.set_count(index, in_left);
  parent.set_node(index + 1, right);
  parent.set_count(index + 1, total - in_left);
  parent.set_first(index + 1, first_below(*right));
}

bool ScoreTree::free_some(size_t budget) {
  for (; root_ != nullptr; --budget) {
    if (budget == 0) return true;
    std::array<ScoreInner*, kHeightMax + 1> path{};
    void* node = root_;
    for (unsigned level = height_; level > 0; --level) {
      path[level] = static_cast<ScoreInner*>(node);
      node = path[level]->node(path[level]->size() - 1);
    }
    drop(static_cast<ScoreLeaf*>(node));
    unsigned level = 1;
    for (; level <= height_; ++level) {
      path[level]->erase(path[level]->size() - 1);
      if (path[level]->size() > 0) break;
      drop(path[level]);
    }
    if (level > height_) {
      root_ = nullptr;
      height_ = 0;
      size_ = 0;
    }
  }
  return false;
}

}  // namespace tidemark::storage
