#include "storage/value/list_chain.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"

namespace tidemark::storage {

namespace {

// What it takes to free a piece, in elements of other collections.
constexpr size_t kPieceWork = 4;

size_t bytes_of(const ListNode& node) {
  return heap::block_bytes(sizeof(ListNode)) + node.packed.memory_bytes();
}

bool fits(const ListNode& node, Bytes text, const ListLimits& limits) {
  return node.packed.size() < limits.piece_elements_max &&
         node.packed.bytes() + Packed::element_bytes(text) <= limits.piece_bytes_max;
}

ListLimits half(const ListLimits& limits) {
  return {.piece_bytes_max = limits.piece_bytes_max / 2,
          .piece_elements_max = limits.piece_elements_max / 2};
}

}  // namespace

ListChain::ListChain(const ListChain& other) {
  for (const ListNode* node = other.first_; node != nullptr; node = node->next) {
    push_piece(node->packed);
  }
}

ListChain::~ListChain() {
  while (first_ != nullptr) take_node(first_);
}

// Changes a piece's elements; the books follow.
template <typename Change>
void ListChain::change(ListNode& node, Change&& change) {
  const size_t size_before = node.packed.size();
  const size_t bytes_before = node.packed.memory_bytes();
  change(node.packed);
  size_ += node.packed.size() - size_before;
  bytes_ += node.packed.memory_bytes() - bytes_before;
}

// Before `before`, or at the end where that is null.
ListNode* ListChain::add_node(ListNode* before, Packed packed) {
  ListNode* const previous = before != nullptr ? before->previous : last_;
  auto* node = new (heap::allocate(sizeof(ListNode)))
      ListNode{.packed = std::move(packed), .previous = previous, .next = before};
  (previous != nullptr ? previous->next : first_) = node;
  (before != nullptr ? before->previous : last_) = node;
  size_ += node->packed.size();
  bytes_ += bytes_of(*node);
  return node;
}

Packed ListChain::take_node(ListNode* node) {
  (node->previous != nullptr ? node->previous->next : first_) = node->next;
  (node->next != nullptr ? node->next->previous : last_) = node->previous;
  size_ -= node->packed.size();
  bytes_ -= bytes_of(*node);
  Packed packed = std::move(node->packed);
  node->~ListNode();
  heap::deallocate(node, sizeof(ListNode));
  return packed;
}

ListChain::Place ListChain::locate(size_t index) const {
  ENSURE_DEBUG(index < size_);
  if (index < size_ / 2) {
    ListNode* node = first_;
    for (; index >= node->packed.size(); node = node->next) index -= node->packed.size();
    return {.node = node, .offset = index};
  }
  ListNode* node = last_;
  size_t behind = size_ - node->packed.size();
  for (; index < behind; behind -= node->packed.size()) node = node->previous;
  return {.node = node, .offset = index - behind};
}

void ListChain::push(ListEnd end, Bytes text, const ListLimits& limits) {
  const bool front = end == ListEnd::front;
  ListNode* node = front ? first_ : last_;
  if (node == nullptr || !fits(*node, text, limits)) {
    Packed packed;
    packed.push_back(text);
    add_node(front ? first_ : nullptr, std::move(packed));
    return;
  }
  change(*node,
         [&](Packed& packed) { packed.insert(front ? packed.begin() : packed.end(), text); });
}

void ListChain::push_piece(Packed packed) { add_node(nullptr, std::move(packed)); }

// What is from `offset` on becomes a piece of its own, which is returned.
// REQUIRES: neither of both is empty.
ListNode* ListChain::split(ListNode* node, size_t offset) {
  Packed tail;
  change(*node, [&](Packed& packed) { tail = packed.split(packed.at(offset)); });
  return add_node(node->next, std::move(tail));
}

// Joins a piece with the one behind it where both together are within the limits.
void ListChain::join_with_next(ListNode* node, const ListLimits& limits) {
  if (node == nullptr || node->next == nullptr) return;
  const Packed& other = node->next->packed;
  if (node->packed.bytes() + other.bytes() > limits.piece_bytes_max ||
      node->packed.size() + other.size() > limits.piece_elements_max) {
    return;
  }
  const Packed tail = take_node(node->next);
  change(*node, [&](Packed& packed) { packed.append(tail); });
}

void ListChain::join_around(ListNode* node, const ListLimits& limits) {
  if (node == nullptr) return;
  join_with_next(node, limits);
  join_with_next(node->previous, limits);
}

void ListChain::insert(size_t index, Bytes text, const ListLimits& limits) {
  const auto [node, offset] = locate(index);
  if (fits(*node, text, limits)) {
    change(*node, [&, at = offset](Packed& packed) { packed.insert(packed.at(at), text); });
    return;
  }
  // Between two pieces, which one that is full is cut into first: at the end of the one, at the
  // beginning of the other, or as a piece of its own.
  ListNode* const behind = offset > 0 ? split(node, offset) : node;
  ListNode* const before = behind->previous;
  if (before != nullptr && fits(*before, text, limits)) {
    change(*before, [&](Packed& packed) { packed.push_back(text); });
  } else if (fits(*behind, text, limits)) {
    change(*behind, [&](Packed& packed) { packed.push_front(text); });
  } else {
    Packed packed;
    packed.push_back(text);
    add_node(behind, std::move(packed));
  }
  if (offset == 0) return;
  join_with_next(behind, limits);
  join_with_next(before->previous, limits);
}

void ListChain::replace(size_t index, Bytes text, const ListLimits& limits) {
  const auto [node, offset] = locate(index);
  const auto at = node->packed.at(offset);
  const auto next = node->packed.next(at);
  const size_t others = node->packed.bytes() - node->packed.bytes_between(at, next);
  if (others == 0 || others + Packed::element_bytes(text) <= limits.piece_bytes_max) {
    change(*node, [&](Packed& packed) { packed.replace(at, text); });
    return join_around(node, half(limits));
  }
  change(*node, [&](Packed& packed) { packed.erase(at); });
  if (index == size_) {
    push(ListEnd::back, text, limits);
  } else {
    insert(index, text, limits);
  }
}

void ListChain::erase(size_t first, size_t count, const ListLimits& limits, ListChain* removed) {
  if (count == 0) return;
  auto [node, offset] = locate(first);
  ListNode* const before = offset > 0 ? node : node->previous;
  while (count > 0) {
    ListNode* const next = node->next;
    const size_t here = std::min(count, node->packed.size() - offset);
    if (here < node->packed.size()) {
      change(*node, [&, at = offset](Packed& packed) { packed.erase(packed.at(at), here); });
    } else {
      Packed whole = take_node(node);
      if (removed != nullptr) removed->push_piece(std::move(whole));
    }
    count -= here;
    node = next;
    offset = 0;
  }
  join_around(before != nullptr ? before : first_, half(limits));
}

size_t ListChain::erase_equal(Bytes text, size_t count, ListEnd end, const ListLimits& limits) {
  const bool from_front = end == ListEnd::front;
  size_t left = count;
  for (ListNode* node = from_front ? first_ : last_; node != nullptr && left > 0;) {
    ListNode* const following = from_front ? node->next : node->previous;
    const size_t equal = node->packed.count(text);
    const size_t here = std::min(equal, left);
    left -= here;
    if (here == node->packed.size()) {
      take_node(node);
    } else {
      const size_t spared = from_front ? 0 : equal - here;
      if (here > 0) change(*node, [&](Packed& packed) { packed.erase_equal(text, spared, here); });
      // With the one that was visited before, if either has shrunk.
      if (left < count) join_with_next(from_front ? node->previous : node, half(limits));
    }
    node = following;
  }
  return count - left;
}

Packed ListChain::take_single() {
  ENSURE_DEBUG(first_ != nullptr && first_ == last_);
  return take_node(first_);
}

bool ListChain::free_some(size_t budget) {
  for (size_t work = 0; first_ != nullptr && work < budget; work += kPieceWork) take_node(first_);
  return first_ != nullptr;
}

void ListChain::check() const {
  size_t size = 0;
  size_t bytes = 0;
  const ListNode* previous = nullptr;
  for (const ListNode* node = first_; node != nullptr; node = node->next) {
    ENSURE(node->previous == previous);
    ENSURE(!node->packed.empty());
    node->packed.check();
    size += node->packed.size();
    bytes += bytes_of(*node);
    previous = node;
  }
  ENSURE(last_ == previous);
  ENSURE(size_ == size);
  ENSURE(bytes_ == bytes);
}

}  // namespace tidemark::storage
