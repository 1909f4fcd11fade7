#pragma once

#include <cstddef>
#include <utility>

#include "storage/base/bytes.hpp"
#include "storage/value/list_chain.hpp"
#include "storage/value/list_limits.hpp"
#include "storage/value/packed.hpp"
#include "storage/value/value_type.hpp"

namespace tidemark::storage {

// A sequence of byte strings that grows and shrinks at both ends.
//
// "listpack": a single packed piece, while it is within ListLimits. "quicklist": a chain of such
// pieces (list_chain.hpp), from the first change that goes beyond them; back to "listpack" when one
// piece is left and that is half empty. So says Redis since 7.2, and so its clients may look.
//
// Both ends are O(1) in the length. An index costs the pieces between it and the nearer end, and a
// part of one piece. A piece is at most 64 KiB but for a single element that is larger, so that no
// change moves more than that.
class List {
 public:
  static constexpr ValueType kType = ValueType::list;
  // The longest element.
  static constexpr size_t kElementBytesMax = size_t{512} << 20;

  List() = default;
  List(const List& other);
  List(List&& other) noexcept
      : small_(std::move(other.small_)), chain_(std::exchange(other.chain_, nullptr)) {}
  List& operator=(const List&) = delete;
  ~List() { drop_chain(); }

  size_t size() const { return chain_ != nullptr ? chain_->size() : small_.size(); }
  bool empty() const { return size() == 0; }
  size_t memory_bytes() const;
  Bytes encoding_name() const { return chain_ != nullptr ? "quicklist" : "listpack"; }

  // ---- Reading. An element dies with the next change.
  // REQUIRES: index < size().
  PackedElement get(size_t index) const;
  // Calls visit(element) for `count` elements from `first` on, in the direction away from `from`,
  // until it returns false. REQUIRES: there are as many.
  template <typename Visit>
  void visit(ListEnd from, size_t first, size_t count, Visit&& visit) const;
  // The pieces as they lie in memory, for dumps: visit(const Packed&) from front to back.
  size_t pieces() const;
  template <typename Visit>
  void visit_pieces(Visit&& visit) const;

  // ---- Changing. REQUIRES: `text` is no longer than kElementBytesMax, and not in this list.
  void push(ListEnd end, Bytes text, const ListLimits& limits);
  // Puts an element before the one at `index`. REQUIRES: index <= size().
  void insert(size_t index, Bytes text, const ListLimits& limits);
  // REQUIRES: index < size().
  void replace(size_t index, Bytes text, const ListLimits& limits);
  // REQUIRES: first + count <= size().
  void erase(size_t first, size_t count, const ListLimits& limits);
  // The same, but what takes a time to free is returned, to be freed in slices.
  [[nodiscard]] List cut(size_t first, size_t count, const ListLimits& limits);
  // Removes up to `count` elements equal to `text`, the first ones as seen from `end`. Returns how
  // many it were.
  size_t erase_equal(Bytes text, size_t count, ListEnd end, const ListLimits& limits);

  // Frees elements, about `budget` of them; false when none is left.
  bool free_some(size_t budget);

  // Verifies every piece.
  void check() const;

 private:
  bool outgrows(Bytes text, const ListLimits& limits) const;
  void become_chain();
  void drop_chain();
  void settle(const ListLimits& limits);

  Packed small_;                // empty beside a chain
  ListChain* chain_ = nullptr;  // owned
};

template <typename Visit>
void List::visit_pieces(Visit&& visit) const {
  if (chain_ == nullptr) {
    visit(small_);
    return;
  }
  for (const ListNode* node = chain_->first(); node != nullptr; node = node->next) {
    visit(node->packed);
  }
}

template <typename Visit>
void List::visit(ListEnd from, size_t first, size_t count, Visit&& visit) const {
  if (count == 0) return;
  const ListNode* node = nullptr;
  size_t offset = first;
  if (chain_ != nullptr) {
    const ListChain::Place place = chain_->locate(first);
    node = place.node;
    offset = place.offset;
  }
  const Packed* packed = node != nullptr ? &node->packed : &small_;
  auto at = packed->at(offset);
  for (;;) {
    if (!visit(packed->get(at)) || --count == 0) return;
    if (from == ListEnd::front) {
      at = packed->next(at);
      if (at != packed->end()) continue;
      node = node->next;
      packed = &node->packed;
      at = packed->begin();
    } else {
      if (at == packed->begin()) {
        node = node->previous;
        packed = &node->packed;
        at = packed->end();
      }
      at = packed->previous(at);
    }
  }
}

}  // namespace tidemark::storage
