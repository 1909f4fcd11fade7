#pragma once

#include <compare>
#include <cstddef>

#include "storage/value/counted_heap.hpp"
#include "storage/value/ordered_tree_core.hpp"

namespace tidemark::storage {

// Items of the caller's in the order of a key that each of them has: what hangs on a stream (its
// nodes, what is pending, its groups and consumers). Finding, inserting and erasing are O(log n),
// stepping to a neighbour and inserting at the end are O(1). This is the typed skin; the idea is
// told in ordered_tree_core.hpp.
//
//   struct Traits {
//     using Item = ...;
//     using Key = ...;                       // compared with <=>
//     static Key key(const Item& item);      // the same while the item is in the tree
//   };
//
// The tree never frees an item. No two items have the same key.
template <typename Traits>
class OrderedTree {
 public:
  using Item = typename Traits::Item;
  using Key = typename Traits::Key;

  // Where an item is, or the end: dies with the next change of the tree.
  class Place {
   public:
    Place() = default;
    explicit operator bool() const { return at_.leaf != nullptr; }
    // REQUIRES: not the end, here and below.
    Item& operator*() const { return *static_cast<Item*>(OrderedTreeCore::item(at_)); }
    Item* operator->() const { return &**this; }
    Place next() const { return Place(OrderedTreeCore::next(at_)); }
    Place previous() const { return Place(OrderedTreeCore::previous(at_)); }
    friend bool operator==(const Place&, const Place&) = default;

   private:
    friend class OrderedTree;
    explicit Place(OrderedTreeCore::Place at) : at_(at) {}
    OrderedTreeCore::Place at_;
  };

  size_t size() const { return core_.size(); }
  bool empty() const { return core_.empty(); }

  Place first() const { return empty() ? Place() : Place(core_.first()); }
  Place last() const { return Place(core_.last()); }
  // The last item whose key is not above, the first whose key is not below; the end without one.
  Place at_or_before(const Key& key) const { return Place(core_.floor(order_by(key))); }
  Place at_or_after(const Key& key) const {
    const Place before = at_or_before(key);
    if (!before) return first();
    return Traits::key(*before) == key ? before : before.next();
  }
  // Null where no item has the key.
  Item* find(const Key& key) const {
    const Place place = at_or_before(key);
    return place && Traits::key(*place) == key ? &*place : nullptr;
  }

  // REQUIRES: no item has its key.
  void insert(CountedHeap& heap, Item* item) {
    core_.insert(heap, item, order_by(Traits::key(*item)));
  }
  // Takes an item out and returns it; null where none has the key.
  Item* erase(CountedHeap& heap, const Key& key) {
    return static_cast<Item*>(core_.erase(heap, order_by(key)));
  }
  // The last one. REQUIRES: not empty.
  Item* take_last(CountedHeap& heap) { return static_cast<Item*>(core_.erase_last(heap)); }
  // Puts an item in the place of the one with the same key. REQUIRES: there is one.
  void replace(Item* item) { core_.replace(item, order_by(Traits::key(*item))); }

  void exchange(OrderedTree& other) { core_.exchange(other.core_); }

  void check() const {
    core_.check([](const void* item, const void* next) {
      return Traits::key(*static_cast<const Item*>(item)) <
             Traits::key(*static_cast<const Item*>(next));
    });
  }

 private:
  // How an item compares with a key.
  static auto order_by(const Key& key) {
    return [key](const void* item) { return Traits::key(*static_cast<const Item*>(item)) <=> key; };
  }

  OrderedTreeCore core_;
};

}  // namespace tidemark::storage
