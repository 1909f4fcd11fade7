#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "storage/value/counted_heap.hpp"

namespace tidemark::storage {

// A B+-tree of pointers, in an order that only whoever searches it knows. The typed skin, and what
// it is good for, is in ordered_tree.hpp.
//
// A leaf holds addresses of items, an inner node its children, each with its lowest item, so that a
// search looks at keys where the items keep them and the tree stores none: 8 bytes an item in a
// full leaf. Leaves are linked. A node is 512 bytes, but a tree that has no other yet starts with a
// leaf of 32. Where a leaf overflows at the end of the tree it stays full and a new one begins:
// what only ever grows at its end fills its leaves. Elsewhere it is halved. A node that has become
// less than a quarter full joins a neighbour that has room for it.
class OrderedTreeCore {
 public:
  struct Leaf;
  struct Inner;

  // Where an item is: dies with the next change. Without a leaf it is the end.
  struct Place {
    Leaf* leaf = nullptr;
    unsigned index = 0;

    friend bool operator==(const Place&, const Place&) = default;
  };

  OrderedTreeCore() = default;
  OrderedTreeCore(const OrderedTreeCore&) = delete;
  OrderedTreeCore& operator=(const OrderedTreeCore&) = delete;
  // REQUIRES: empty; whoever owns the items takes them out first.
  ~OrderedTreeCore();

  void exchange(OrderedTreeCore& other) {
    std::swap(root_, other.root_);
    std::swap(size_, other.size_);
    std::swap(depth_, other.depth_);
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  static void* item(const Place& at) { return at.leaf->items()[at.index]; }
  Place first() const;
  Place last() const;
  static Place next(const Place& at);
  static Place previous(const Place& at);

  // The last item that is not above what is sought; the end where all are. order(item) compares an
  // item with what is sought.
  template <typename Order>
  Place floor(Order&& order) const {
    if (root_ == nullptr) return {};
    const Path path = descend(order);
    return path.index == 0 ? Place{} : Place{.leaf = path.leaf, .index = path.index - 1};
  }

  // Puts an item behind all that are not above it.
  template <typename Order>
  void insert(CountedHeap& heap, void* item, Order&& order) {
    Path path;
    if (root_ != nullptr)
      path = order(OrderedTreeCore::item(last())) < 0 ? to_end() : descend(order);
    insert_at(heap, path, item);
  }
  // Takes out the item that equals what is sought. Null where there is none.
  template <typename Order>
  void* erase(CountedHeap& heap, Order&& order) {
    Path path;
    return find_path(order, path) ? erase_at(heap, path) : nullptr;
  }
  void* erase_last(CountedHeap& heap);
  // Puts another item in the place of one that equals it. REQUIRES: there is one.
  template <typename Order>
  void replace(void* item, Order&& order) {
    Path path;
    if (find_path(order, path)) replace_at(path, item);
  }

  // Verifies the structure, and with `ordered` that each item is below the next.
  void check(bool (*ordered)(const void* item, const void* next)) const;

 private:
  struct Node {
    uint16_t count;
    uint16_t capacity;
  };
  struct Child {
    Node* node;
    void* lowest;  // the first item below it
  };
  // The way from the root to a place in a leaf.
  struct Step {
    Inner* inner;
    unsigned index;
  };
  static constexpr unsigned kDepthMax = 16;
  struct Path {
    std::array<Step, kDepthMax> steps;
    Leaf* leaf = nullptr;
    unsigned index = 0;
    bool at_end = false;  // of the tree
  };

 public:
  struct Leaf : Node {
    Leaf* previous;
    Leaf* next;
    void** items() { return reinterpret_cast<void**>(this + 1); }
  };
  struct alignas(Child) Inner : Node {
    Child* children() { return reinterpret_cast<Child*>(this + 1); }
  };

 private:
  // How many of `count` slots hold an item that is not above what is sought.
  template <typename Slot, typename ItemOf, typename Order>
  static unsigned count_below(Slot* slots, unsigned count, ItemOf&& item_of, Order&& order) {
    unsigned low = 0;
    while (low < count) {
      const unsigned middle = (low + count) / 2;
      if (order(item_of(slots[middle])) <= 0) {
        low = middle + 1;
      } else {
        count = middle;
      }
    }
    return low;
  }

  // To behind the last item that is not above what is sought. REQUIRES: not empty.
  template <typename Order>
  Path descend(Order&& order) const {
    Path path;
    Node* node = root_;
    for (unsigned level = 0; level < depth_; ++level) {
      auto* inner = static_cast<Inner*>(node);
      const unsigned below = count_below(
          inner->children(), inner->count, [](const Child& child) { return child.lowest; }, order);
      path.steps[level] = {.inner = inner, .index = below == 0 ? 0 : below - 1};
      node = inner->children()[path.steps[level].index].node;
    }
    path.leaf = static_cast<Leaf*>(node);
    path.index = count_below(
        path.leaf->items(), path.leaf->count, [](void* item) { return item; }, order);
    return path;
  }
  // To an item that equals what is sought.
  template <typename Order>
  bool find_path(Order&& order, Path& path) const {
    if (root_ == nullptr) return false;
    path = descend(order);
    return path.index > 0 && order(path.leaf->items()[--path.index]) == 0;
  }
  Path to_end() const;

  void insert_at(CountedHeap& heap, Path& path, void* item);
  void* erase_at(CountedHeap& heap, Path& path);
  void replace_at(Path& path, void* item);

  static Leaf* make_leaf(CountedHeap& heap, unsigned capacity);
  static Inner* make_inner(CountedHeap& heap, unsigned capacity);
  static void free_leaf(CountedHeap& heap, Leaf* leaf);
  static void free_inner(CountedHeap& heap, Inner* inner);
  void resize_root(CountedHeap& heap, unsigned capacity);
  void shrink_root(CountedHeap& heap);
  Leaf* split(CountedHeap& heap, Path& path);
  void add_root(CountedHeap& heap, Child child);
  void add_child(CountedHeap& heap, Path& path, unsigned level, Child child);
  void remove_child(CountedHeap& heap, Path& path, unsigned level, unsigned index);
  static void set_lowest(Path& path, unsigned level, void* item);
  static unsigned find_to_join(const Step& step, unsigned max);
  void join_leaf(CountedHeap& heap, Path& path);
  void join_inner(CountedHeap& heap, Path& path, unsigned level);
  size_t check_node(Node* node, unsigned level, const void* lowest, Leaf*& previous,
                    bool (*ordered)(const void*, const void*)) const;

  Node* root_ = nullptr;
  size_t size_ = 0;
  unsigned depth_ = 0;  // levels of inner nodes
};

}  // namespace tidemark::storage
