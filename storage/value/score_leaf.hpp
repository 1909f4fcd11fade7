#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "storage/value/score_bound.hpp"
#include "storage/value/scored_member.hpp"

namespace tidemark::storage {

// A leaf of the tree that orders a large sorted set: up to 62 elements in the order of score and
// member, at 8 bytes each:
//
//   books (16 bytes) | digests, 16 bits each | addresses, 48 bits each
//
// A digest is what an element's score looks like from afar: the distance of its order_of() from the
// leaf's base, in units of 2^shift, cut off at both ends. A greater digest is a greater score;
// where digests are equal, the elements themselves tell. So a search reads two or three lines and
// mostly no element, for a quarter of what scores would take up here. The base and the unit follow
// the scores that the leaf holds: where too many come to look alike that need not, they are chosen
// anew, with room on both sides for what comes next.
//
// The block grows by lines, which are steps of the allocator, so that nine tenths of it are full on
// average. Whatever changes its place returns the new one.
class ScoreLeaf {
 public:
  static constexpr unsigned kCapacityMax = 62;
  // A leaf that has lost so many is merged with another one, or takes some from it; two that hold
  // less than kMergeMax are merged.
  static constexpr unsigned kSizeMin = 15;
  static constexpr unsigned kMergeMax = 46;
  // More places than this are given back when elements go.
  static constexpr unsigned kSlackMax = 15;

  // Indexes whose elements only themselves can tell apart from a score: what is before is less,
  // what is behind is greater.
  struct Run {
    unsigned first;
    unsigned last;
  };

  ScoreLeaf(const ScoreLeaf&) = delete;
  ScoreLeaf& operator=(const ScoreLeaf&) = delete;

  // Empty, with room for so many at least.
  static ScoreLeaf* make(unsigned capacity);
  // Not the elements.
  static void destroy(ScoreLeaf* leaf);
  // In a block with room for `size` and little more.
  [[nodiscard]] static ScoreLeaf* resize(ScoreLeaf* leaf, unsigned size);

  unsigned size() const { return size_; }
  unsigned capacity() const { return capacity_; }
  bool full() const { return size_ == capacity_; }
  size_t memory_bytes() const;

  ScoredMember* at(unsigned index) const {
    const char* from = addresses() + index * kAddressBytes;
    uint32_t low = 0;
    uint16_t high = 0;
    std::memcpy(&low, from, sizeof low);
    std::memcpy(&high, from + sizeof low, sizeof high);
    return reinterpret_cast<ScoredMember*>((uintptr_t{high} << 32) | low);
  }
  ScoredMember* front() const { return at(0); }
  ScoredMember* back() const { return at(size_ - 1U); }

  Run run_of(double score) const;
  // Where this very element is. REQUIRES: it is in this leaf.
  unsigned index_of(const ScoredMember* element) const;

  // REQUIRES: not full; the element belongs there.
  void insert(unsigned index, ScoredMember* element);
  void erase(unsigned index, unsigned count = 1);
  // The element has got another score, with which it belongs at index `to`, counted without itself.
  void reorder(unsigned from, unsigned to);
  // Adds elements of a leaf that lies behind or before this one. REQUIRES: there is room.
  void append(const ScoreLeaf& other, unsigned first, unsigned count);
  void prepend(const ScoreLeaf& other, unsigned first, unsigned count);
  // Moves the elements from `first` on into a leaf of their own.
  ScoreLeaf* split(unsigned first, unsigned capacity);
  void prefetch_search() const;

  void check() const;

 private:
  static constexpr size_t kHeaderBytes = 16;
  static constexpr size_t kAddressBytes = 6;
  static constexpr size_t kElementBytes = sizeof(uint16_t) + kAddressBytes;
  static constexpr uint16_t kDigestMax = UINT16_MAX;

  explicit ScoreLeaf(unsigned capacity) : capacity_(static_cast<uint16_t>(capacity)) {}

  static size_t bytes_for(unsigned capacity) { return kHeaderBytes + capacity * kElementBytes; }
  static unsigned capacity_for(unsigned size);

  uint16_t* digests() { return reinterpret_cast<uint16_t*>(this + 1); }
  const uint16_t* digests() const { return reinterpret_cast<const uint16_t*>(this + 1); }
  char* addresses() { return reinterpret_cast<char*>(digests() + capacity_); }
  const char* addresses() const { return reinterpret_cast<const char*>(digests() + capacity_); }

  uint16_t digest_of(double score) const;
  void set(unsigned index, const ScoredMember* element);
  // Makes `count` places at the index.
  void open(unsigned index, unsigned count);
  void copy_in(unsigned index, const ScoreLeaf& other, unsigned first, unsigned count);
  bool is_coarse_at(unsigned index) const;
  void refine();

  uint64_t base_ = 0;
  uint16_t size_ = 0;
  uint16_t capacity_;
  uint8_t shift_ = 0;
};
static_assert(sizeof(ScoreLeaf) == 16);

}  // namespace tidemark::storage
