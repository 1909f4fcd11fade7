#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/base/bytes.hpp"
#include "storage/value/list_limits.hpp"
#include "storage/value/packed.hpp"

namespace tidemark::storage {

// Which end of a list.
enum class ListEnd : uint8_t { front, back };

// One piece of a chain.
struct ListNode {
  Packed packed;  // never empty
  ListNode* previous = nullptr;
  ListNode* next = nullptr;
};

// The pieces of a long list, linked both ways: both ends are at hand, and the middle is reached
// from the nearer end, a piece at a time. A piece is filled up to the limits; an element above them
// has a piece of its own. What shrinks is joined with its neighbour when both together fill half of
// a piece, which leaves room for growth, so that nothing is split and joined in turn.
//
// With pieces of 8 KiB the links cost 4 bytes in a thousand. An array of pieces would need half of
// that and find the middle faster, but would have to be moved as a whole as it grows.
class ListChain {
 public:
  ListChain() = default;
  ListChain(const ListChain& other);
  ListChain& operator=(const ListChain&) = delete;
  ~ListChain();

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Of all pieces.
  size_t memory_bytes() const { return bytes_; }
  const ListNode* first() const { return first_; }
  const ListNode* last() const { return last_; }
  bool single() const { return first_ == last_; }

  // An element's piece, and where it is in that.
  struct Place {
    ListNode* node;
    size_t offset;
  };
  // REQUIRES: index < size().
  Place locate(size_t index) const;

  void push(ListEnd end, Bytes text, const ListLimits& limits);
  // Takes the elements of `packed` over as one more piece. REQUIRES: it has some.
  void push_piece(Packed packed);
  // Puts an element before the one at `index`. REQUIRES: index < size().
  void insert(size_t index, Bytes text, const ListLimits& limits);
  // REQUIRES: index < size().
  void replace(size_t index, Bytes text, const ListLimits& limits);
  // Pieces that go as a whole go to `removed` if that is given. REQUIRES: first + count <= size().
  void erase(size_t first, size_t count, const ListLimits& limits, ListChain* removed = nullptr);
  // Removes up to `count` elements equal to `text`, the first ones as seen from `end`; returns how
  // many it were.
  size_t erase_equal(Bytes text, size_t count, ListEnd end, const ListLimits& limits);
  // Leaves nothing behind. REQUIRES: single() and not empty().
  Packed take_single();

  // Frees pieces, about `budget` elements' worth of work; false when none is left.
  bool free_some(size_t budget);

  void check() const;

 private:
  template <typename Change>
  void change(ListNode& node, Change&& change);
  ListNode* add_node(ListNode* before, Packed packed);
  Packed take_node(ListNode* node);
  ListNode* split(ListNode* node, size_t offset);
  void join_with_next(ListNode* node, const ListLimits& limits);
  void join_around(ListNode* node, const ListLimits& limits);

  ListNode* first_ = nullptr;
  ListNode* last_ = nullptr;
  size_t size_ = 0;   // elements
  size_t bytes_ = 0;  // of nodes and their blocks, as the allocator counts
};

}  // namespace tidemark::storage
