#include "storage/value/list.hpp"

#include <algorithm>
#include <new>

#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"

namespace tidemark::storage {

namespace {

// What a listpack has around its elements. Not kept here, but counted where a list is measured, so
// that encodings change where Redis's do.
constexpr size_t kListpackFrame = 7;

}  // namespace

List::List(const List& other) : small_(other.small_) {
  if (other.chain_ != nullptr) {
    chain_ = new (heap::allocate(sizeof(ListChain))) ListChain(*other.chain_);
  }
}

void List::drop_chain() {
  if (chain_ == nullptr) return;
  chain_->~ListChain();
  heap::deallocate(chain_, sizeof(ListChain));
  chain_ = nullptr;
}

size_t List::memory_bytes() const {
  if (chain_ == nullptr) return small_.memory_bytes();
  return heap::block_bytes(sizeof(ListChain)) + chain_->memory_bytes();
}

size_t List::pieces() const {
  size_t count = 0;
  visit_pieces([&count](const Packed&) { ++count; });
  return count;
}

PackedElement List::get(size_t index) const {
  if (chain_ == nullptr) return small_.get(small_.at(index));
  const auto [node, offset] = chain_->locate(index);
  return node->packed.get(node->packed.at(offset));
}

// Whether a list that is a single piece becomes too large for that by one more element. (Redis
// counts the element's bytes without what encoding adds; also for one that takes another's place.)
bool List::outgrows(Bytes text, const ListLimits& limits) const {
  return small_.size() >= limits.piece_elements_max ||
         small_.bytes() + kListpackFrame + text.size() > limits.piece_bytes_max;
}

void List::become_chain() {
  chain_ = new (heap::allocate(sizeof(ListChain))) ListChain();
  if (!small_.empty()) chain_->push_piece(std::move(small_));
}

// After something went: one piece that is half empty need be no chain.
void List::settle(const ListLimits& limits) {
  if (chain_ == nullptr || !chain_->single()) return;
  const ListNode* const node = chain_->first();
  if (node != nullptr) {
    if (node->packed.bytes() + kListpackFrame > limits.piece_bytes_max / 2) return;
    if (node->packed.size() > limits.piece_elements_max / 2) return;
    small_ = chain_->take_single();
  }
  drop_chain();
}

void List::push(ListEnd end, Bytes text, const ListLimits& limits) {
  ENSURE_DEBUG(text.size() <= kElementBytesMax);
  if (chain_ == nullptr && outgrows(text, limits)) become_chain();
  if (chain_ != nullptr) {
    chain_->push(end, text, limits);
  } else {
    small_.insert(end == ListEnd::front ? small_.begin() : small_.end(), text);
  }
}

void List::insert(size_t index, Bytes text, const ListLimits& limits) {
  if (index == size()) return push(ListEnd::back, text, limits);
  if (chain_ == nullptr && outgrows(text, limits)) become_chain();
  if (chain_ != nullptr) {
    chain_->insert(index, text, limits);
  } else {
    small_.insert(small_.at(index), text);
  }
}

void List::replace(size_t index, Bytes text, const ListLimits& limits) {
  if (chain_ == nullptr && outgrows(text, limits)) become_chain();
  if (chain_ != nullptr) {
    chain_->replace(index, text, limits);
    settle(limits);
  } else {
    small_.replace(small_.at(index), text);
  }
}

void List::erase(size_t first, size_t count, const ListLimits& limits) {
  if (count == 0) return;
  if (chain_ != nullptr) {
    chain_->erase(first, count, limits);
    settle(limits);
  } else {
    small_.erase(small_.at(first), count);
  }
}

List List::cut(size_t first, size_t count, const ListLimits& limits) {
  List removed;
  if (chain_ == nullptr) {
    erase(first, count, limits);
    return removed;
  }
  removed.become_chain();
  chain_->erase(first, count, limits, removed.chain_);
  settle(limits);
  return removed;
}

size_t List::erase_equal(Bytes text, size_t count, ListEnd end, const ListLimits& limits) {
  if (chain_ != nullptr) {
    const size_t erased = chain_->erase_equal(text, count, end, limits);
    settle(limits);
    return erased;
  }
  const size_t equal = small_.count(text);
  const size_t erased = std::min(equal, count);
  small_.erase_equal(text, end == ListEnd::front ? 0 : equal - erased, erased);
  return erased;
}

bool List::free_some(size_t budget) {
  small_.clear();
  if (chain_ == nullptr) return false;
  if (chain_->free_some(budget)) return true;
  drop_chain();
  return false;
}

void List::check() const {
  small_.check();
  if (chain_ == nullptr) return;
  ENSURE(small_.empty());
  chain_->check();
}

}  // namespace tidemark::storage
