#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/value/score_bound.hpp"
#include "storage/value/scored_member.hpp"

namespace tidemark::storage {

// An inner node of the tree that orders a large sorted set: up to 31 children, and of each the
// number of elements below it, the first of them, and that one's score. So a search compares
// numbers that lie side by side, and looks at an element only where scores are equal; a rank is a
// sum over the children before.
//
//   books (16 bytes) | scores | counts | first elements | children, 8 bytes each
//
// The block grows by steps of the allocator, like a leaf's. Whatever changes its place returns the
// new one.
class ScoreInner {
 public:
  static constexpr unsigned kCapacityMax = 31;
  // As for ScoreLeaf.
  static constexpr unsigned kSizeMin = 7;
  static constexpr unsigned kMergeMax = 23;
  static constexpr unsigned kSlackMax = 7;

  // A node, an inner one or a leaf, as its parent knows it.
  struct Child {
    void* node = nullptr;
    uint64_t count = 0;
    ScoredMember* first = nullptr;
  };

  ScoreInner(const ScoreInner&) = delete;
  ScoreInner& operator=(const ScoreInner&) = delete;

  static ScoreInner* make(unsigned capacity);
  // Not the children.
  static void destroy(ScoreInner* inner);
  [[nodiscard]] static ScoreInner* resize(ScoreInner* inner, unsigned size);

  unsigned size() const { return size_; }
  unsigned capacity() const { return capacity_; }
  bool full() const { return size_ == capacity_; }
  size_t memory_bytes() const;

  double score(unsigned index) const { return scores()[index]; }
  ScoredMember* first(unsigned index) const { return firsts()[index]; }
  uint64_t count(unsigned index) const { return counts()[index]; }
  void* node(unsigned index) const { return nodes()[index]; }
  Child child(unsigned index) const {
    return {.node = node(index), .count = count(index), .first = first(index)};
  }
  // Elements below the children before `index`, and below all.
  uint64_t count_before(unsigned index) const;
  uint64_t total() const { return count_before(size_); }

  void set_node(unsigned index, void* node) { nodes()[index] = node; }
  void set_count(unsigned index, uint64_t count) { counts()[index] = count; }
  // Also where it is the same element with another score.
  void set_first(unsigned index, ScoredMember* first) {
    firsts()[index] = first;
    scores()[index] = first->score();
  }

  // REQUIRES: not full.
  void insert(unsigned index, const Child& child);
  void erase(unsigned index, unsigned count = 1);
  // Adds children of a node that lies behind or before this one. REQUIRES: there is room.
  void append(const ScoreInner& other, unsigned first, unsigned count);
  void prepend(const ScoreInner& other, unsigned first, unsigned count);
  // Moves the children from `first` on into a node of their own.
  ScoreInner* split(unsigned first, unsigned capacity);
  void prefetch_search() const;

 private:
  static constexpr size_t kHeaderBytes = 16;
  static constexpr size_t kChildBytes = 32;

  explicit ScoreInner(unsigned capacity) : capacity_(static_cast<uint16_t>(capacity)) {}

  static size_t bytes_for(unsigned capacity) { return kHeaderBytes + capacity * kChildBytes; }
  static unsigned capacity_for(unsigned size);

  template <typename T>
  T* column(size_t index) const {
    const char* from = reinterpret_cast<const char*>(this + 1);
    return reinterpret_cast<T*>(const_cast<char*>(from) + index * capacity_ * sizeof(uint64_t));
  }
  double* scores() const { return column<double>(0); }
  uint64_t* counts() const { return column<uint64_t>(1); }
  ScoredMember** firsts() const { return column<ScoredMember*>(2); }
  void** nodes() const { return column<void*>(3); }

  void open(unsigned index, unsigned count);
  void copy_in(unsigned index, const ScoreInner& other, unsigned first, unsigned count);

  uint16_t size_ = 0;
  uint16_t capacity_;
  [[maybe_unused]] uint64_t unused_ = 0;
};
static_assert(sizeof(ScoreInner) == 16);

}  // namespace tidemark::storage
