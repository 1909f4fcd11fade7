#include "storage/value/ordered_tree_core.hpp"

#include <cstring>

#include "storage/base/ensure.hpp"

namespace tidemark::storage {

namespace {

using Leaf = OrderedTreeCore::Leaf;
using Inner = OrderedTreeCore::Inner;

constexpr size_t kNodeBytes = 512;
constexpr unsigned kLeafMax = (kNodeBytes - sizeof(Leaf)) / sizeof(void*);
constexpr unsigned kInnerMax = (kNodeBytes - sizeof(Inner)) / (2 * sizeof(void*));
// The first leaf of a tree, and its first inner node: 32 and 128 bytes.
constexpr unsigned kLeafMin = 1;
constexpr unsigned kInnerMin = 7;

// The header of a node, in slots of that node.
constexpr unsigned kLeafHeader = sizeof(Leaf) / sizeof(void*);
constexpr unsigned kInnerHeader = 1;

// The root has twice or half the bytes when it is resized.
constexpr unsigned doubled(unsigned capacity, unsigned header) { return 2 * capacity + header; }
constexpr unsigned halved(unsigned capacity, unsigned header) { return (capacity - header) / 2; }
static_assert(doubled(29, kLeafHeader) == kLeafMax && doubled(15, kInnerHeader) == kInnerMax);
static_assert(halved(5, kLeafHeader) == kLeafMin && halved(15, kInnerHeader) == kInnerMin);

size_t leaf_bytes(unsigned capacity) { return sizeof(Leaf) + capacity * sizeof(void*); }
size_t inner_bytes(unsigned capacity) { return sizeof(Inner) + capacity * 2 * sizeof(void*); }

// Whether a node has become so empty that it should join another.
bool sparse(unsigned count, unsigned max) { return count < max / 4; }

template <typename Slot>
void open_gap(Slot* slots, unsigned count, unsigned index) {
  std::memmove(slots + index + 1, slots + index, (count - index) * sizeof(Slot));
}
template <typename Slot>
void close_gap(Slot* slots, unsigned count, unsigned index) {
  std::memmove(slots + index, slots + index + 1, (count - index - 1) * sizeof(Slot));
}

}  // namespace

OrderedTreeCore::~OrderedTreeCore() { ENSURE_DEBUG(root_ == nullptr); }

OrderedTreeCore::Place OrderedTreeCore::first() const {
  Node* node = root_;
  for (unsigned level = 0; level < depth_; ++level)
    node = static_cast<Inner*>(node)->children()[0].node;
  return {.leaf = static_cast<Leaf*>(node)};
}

OrderedTreeCore::Path OrderedTreeCore::to_end() const {
  Path path;
  Node* node = root_;
  for (unsigned level = 0; level < depth_; ++level) {
    auto* inner = static_cast<Inner*>(node);
    path.steps[level] = {.inner = inner, .index = inner->count - 1U};
    node = inner->children()[inner->count - 1].node;
  }
  path.leaf = static_cast<Leaf*>(node);
  path.index = path.leaf->count;
  path.at_end = true;
  return path;
}

OrderedTreeCore::Place OrderedTreeCore::last() const {
  Node* node = root_;
  if (node == nullptr) return {};
  for (unsigned level = 0; level < depth_; ++level) {
    auto* inner = static_cast<Inner*>(node);
    node = inner->children()[inner->count - 1].node;
  }
  return {.leaf = static_cast<Leaf*>(node), .index = node->count - 1U};
}

OrderedTreeCore::Place OrderedTreeCore::next(const Place& at) {
  if (at.index + 1 < at.leaf->count) return {.leaf = at.leaf, .index = at.index + 1};
  return {.leaf = at.leaf->next};
}

OrderedTreeCore::Place OrderedTreeCore::previous(const Place& at) {
  if (at.index > 0) return {.leaf = at.leaf, .index = at.index - 1};
  Leaf* leaf = at.leaf->previous;
  return leaf == nullptr ? Place{} : Place{.leaf = leaf, .index = leaf->count - 1U};
}

Leaf* OrderedTreeCore::make_leaf(CountedHeap& heap, unsigned capacity) {
  auto* leaf = static_cast<Leaf*>(heap.allocate(leaf_bytes(capacity)));
  leaf->count = 0;
  leaf->capacity = static_cast<uint16_t>(capacity);
  leaf->previous = leaf->next = nullptr;
  return leaf;
}

Inner* OrderedTreeCore::make_inner(CountedHeap& heap, unsigned capacity) {
  auto* inner = static_cast<Inner*>(heap.allocate(inner_bytes(capacity)));
  inner->count = 0;
  inner->capacity = static_cast<uint16_t>(capacity);
  return inner;
}

// Unlinks it, too.
void OrderedTreeCore::free_leaf(CountedHeap& heap, Leaf* leaf) {
  if (leaf->previous != nullptr) leaf->previous->next = leaf->next;
  if (leaf->next != nullptr) leaf->next->previous = leaf->previous;
  heap.deallocate(leaf, leaf_bytes(leaf->capacity));
}

void OrderedTreeCore::free_inner(CountedHeap& heap, Inner* inner) {
  heap.deallocate(inner, inner_bytes(inner->capacity));
}

// Only the root is ever smaller than the rest. It is alone on its level, so no link leads to it.
void OrderedTreeCore::resize_root(CountedHeap& heap, unsigned capacity) {
  const auto bytes = depth_ == 0 ? leaf_bytes : inner_bytes;
  root_ = static_cast<Node*>(heap.reallocate(root_, bytes(root_->capacity), bytes(capacity)));
  root_->capacity = static_cast<uint16_t>(capacity);
}

void OrderedTreeCore::shrink_root(CountedHeap& heap) {
  while (depth_ > 0 && root_->count == 1) {
    auto* inner = static_cast<Inner*>(root_);
    root_ = inner->children()[0].node;
    free_inner(heap, inner);
    --depth_;
  }
  const unsigned header = depth_ == 0 ? kLeafHeader : kInnerHeader;
  const unsigned least = depth_ == 0 ? kLeafMin : kInnerMin;
  if (root_->capacity > least && root_->count <= root_->capacity / 4) {
    resize_root(heap, halved(root_->capacity, header));
  }
}

// An item has become the first of what the path leads to on `level`: so it is of all that begins
// with it.
void OrderedTreeCore::set_lowest(Path& path, unsigned level, void* item) {
  while (level-- > 0) {
    const Step& step = path.steps[level];
    step.inner->children()[step.index].lowest = item;
    if (step.index > 0) return;
  }
}

void OrderedTreeCore::insert_at(CountedHeap& heap, Path& path, void* item) {
  if (root_ == nullptr) root_ = path.leaf = make_leaf(heap, kLeafMin);
  Leaf* right = nullptr;
  if (path.leaf->count == path.leaf->capacity) {
    if (path.leaf->capacity < kLeafMax) {
      resize_root(heap, doubled(path.leaf->capacity, kLeafHeader));
      path.leaf = static_cast<Leaf*>(root_);
    } else {
      right = split(heap, path);
    }
  }
  open_gap(path.leaf->items(), path.leaf->count, path.index);
  path.leaf->items()[path.index] = item;
  ++path.leaf->count;
  ++size_;
  if (path.index == 0 && path.leaf != right) set_lowest(path, depth_, item);
  if (right != nullptr) {
    add_child(heap, path, depth_, {.node = right, .lowest = right->items()[0]});
  }
}

// Makes a leaf behind that of the path, with half of its items or, at the end of the tree, with
// none, and leaves the path's place in the one of the two where it now is.
Leaf* OrderedTreeCore::split(CountedHeap& heap, Path& path) {
  Leaf* left = path.leaf;
  Leaf* right = make_leaf(heap, kLeafMax);
  right->previous = left;
  right->next = left->next;
  if (left->next != nullptr) left->next->previous = right;
  left->next = right;
  const unsigned kept = path.at_end ? left->count : left->count / 2U;
  right->count = static_cast<uint16_t>(left->count - kept);
  std::memcpy(right->items(), left->items() + kept, right->count * sizeof(void*));
  left->count = static_cast<uint16_t>(kept);
  if (path.index > kept || path.at_end) {
    path.leaf = right;
    path.index -= kept;
  }
  return right;
}

// Above the root and `child`, which comes behind it.
void OrderedTreeCore::add_root(CountedHeap& heap, Child child) {
  void* lowest = item(first());
  Inner* root = make_inner(heap, kInnerMin);
  root->children()[0] = {.node = root_, .lowest = lowest};
  root->children()[1] = child;
  root->count = 2;
  root_ = root;
  ++depth_;
}

// Puts a child right behind the one that the path leads to on `level`.
void OrderedTreeCore::add_child(CountedHeap& heap, Path& path, unsigned level, Child child) {
  if (level == 0) {
    add_root(heap, child);
    return;
  }
  Inner* inner = path.steps[level - 1].inner;
  unsigned index = path.steps[level - 1].index + 1;
  Inner* right = nullptr;
  if (inner->count == inner->capacity) {
    if (inner->capacity < kInnerMax) {
      resize_root(heap, doubled(inner->capacity, kInnerHeader));
      inner = static_cast<Inner*>(root_);
    } else {
      right = make_inner(heap, kInnerMax);
      const unsigned kept = path.at_end ? inner->count : inner->count / 2U;
      right->count = static_cast<uint16_t>(inner->count - kept);
      std::memcpy(right->children(), inner->children() + kept, right->count * sizeof(Child));
      inner->count = static_cast<uint16_t>(kept);
      if (index > kept || path.at_end) {
        inner = right;
        index -= kept;
      }
    }
  }
  open_gap(inner->children(), inner->count, index);
  inner->children()[index] = child;
  ++inner->count;
  if (right != nullptr) {
    add_child(heap, path, level - 1, {.node = right, .lowest = right->children()[0].lowest});
  }
}

void* OrderedTreeCore::erase_at(CountedHeap& heap, Path& path) {
  Leaf* leaf = path.leaf;
  void* erased = leaf->items()[path.index];
  close_gap(leaf->items(), leaf->count, path.index);
  --leaf->count;
  --size_;
  if (leaf->count == 0) {
    free_leaf(heap, leaf);
    if (depth_ == 0) {
      root_ = nullptr;
      return erased;
    }
    remove_child(heap, path, depth_ - 1, path.steps[depth_ - 1].index);
  } else {
    if (path.index == 0) set_lowest(path, depth_, leaf->items()[0]);
    if (sparse(leaf->count, kLeafMax) && depth_ > 0) join_leaf(heap, path);
  }
  shrink_root(heap);
  return erased;
}

void* OrderedTreeCore::erase_last(CountedHeap& heap) {
  Path path = to_end();
  --path.index;
  return erase_at(heap, path);
}

void OrderedTreeCore::replace_at(Path& path, void* item) {
  path.leaf->items()[path.index] = item;
  if (path.index == 0) set_lowest(path, depth_, item);
}

// Takes a child, freed or joined to another, out of the inner node of the path on `level`.
// REQUIRES: it is not the last node of its level.
void OrderedTreeCore::remove_child(CountedHeap& heap, Path& path, unsigned level, unsigned index) {
  Inner* inner = path.steps[level].inner;
  close_gap(inner->children(), inner->count, index);
  --inner->count;
  if (inner->count == 0) {
    free_inner(heap, inner);
    remove_child(heap, path, level - 1, path.steps[level - 1].index);
    return;
  }
  if (index == 0) set_lowest(path, level, inner->children()[0].lowest);
  if (sparse(inner->count, kInnerMax) && level > 0) join_inner(heap, path, level);
}

// Where, under the parent, there are two neighbours with room in one, of which one is the child
// that the step leads to: the index of the right one. 0 where there are none.
unsigned OrderedTreeCore::find_to_join(const Step& step, unsigned max) {
  const Child* children = step.inner->children();
  for (const unsigned right : {step.index + 1, step.index}) {
    if (right == 0 || right >= step.inner->count) continue;
    const unsigned together = children[right - 1].node->count + children[right].node->count;
    if (together <= max * 3 / 4) return right;
  }
  return 0;
}

void OrderedTreeCore::join_leaf(CountedHeap& heap, Path& path) {
  const Step& parent = path.steps[depth_ - 1];
  const unsigned right_index = find_to_join(parent, kLeafMax);
  if (right_index == 0) return;
  auto* left = static_cast<Leaf*>(parent.inner->children()[right_index - 1].node);
  auto* right = static_cast<Leaf*>(parent.inner->children()[right_index].node);
  std::memcpy(left->items() + left->count, right->items(), right->count * sizeof(void*));
  left->count = static_cast<uint16_t>(left->count + right->count);
  free_leaf(heap, right);
  remove_child(heap, path, depth_ - 1, right_index);
}

void OrderedTreeCore::join_inner(CountedHeap& heap, Path& path, unsigned level) {
  const Step& parent = path.steps[level - 1];
  const unsigned right_index = find_to_join(parent, kInnerMax);
  if (right_index == 0) return;
  auto* left = static_cast<Inner*>(parent.inner->children()[right_index - 1].node);
  auto* right = static_cast<Inner*>(parent.inner->children()[right_index].node);
  std::memcpy(left->children() + left->count, right->children(), right->count * sizeof(Child));
  left->count = static_cast<uint16_t>(left->count + right->count);
  free_inner(heap, right);
  remove_child(heap, path, level - 1, right_index);
}

size_t OrderedTreeCore::check_node(Node* node, unsigned level, const void* lowest, Leaf*& previous,
                                   bool (*ordered)(const void*, const void*)) const {
  ENSURE(node->count > 0 && node->count <= node->capacity);
  if (level < depth_) {
    auto* inner = static_cast<Inner*>(node);
    ENSURE(level == 0 || inner->capacity == kInnerMax);
    ENSURE(level > 0 || inner->count > 1);
    ENSURE(lowest == nullptr || inner->children()[0].lowest == lowest);
    size_t items = 0;
    for (unsigned i = 0; i < inner->count; ++i) {
      const Child& child = inner->children()[i];
      items += check_node(child.node, level + 1, child.lowest, previous, ordered);
    }
    return items;
  }
  auto* leaf = static_cast<Leaf*>(node);
  ENSURE(level == 0 || leaf->capacity == kLeafMax);
  ENSURE(lowest == nullptr || leaf->items()[0] == lowest);
  ENSURE(leaf->previous == previous);
  if (previous != nullptr) {
    ENSURE(previous->next == leaf);
    ENSURE(ordered(previous->items()[previous->count - 1], leaf->items()[0]));
  }
  for (unsigned i = 1; i < leaf->count; ++i)
    ENSURE(ordered(leaf->items()[i - 1], leaf->items()[i]));
  previous = leaf;
  return leaf->count;
}

void OrderedTreeCore::check(bool (*ordered)(const void* item, const void* next)) const {
  ENSURE((root_ == nullptr) == (size_ == 0));
  if (root_ == nullptr) return;
  Leaf* previous = nullptr;
  ENSURE(check_node(root_, 0, nullptr, previous, ordered) == size_);
  ENSURE(previous->next == nullptr);
}

}  // namespace tidemark::storage
