#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "storage/base/bytes.hpp"
#include "storage/table/hash.hpp"
#include "storage/value/score_bound.hpp"

namespace tidemark::storage {

// Members with scores that are gathered from several sets, in whatever order they come, and then
// put in theirs. Lives for one command.
class ScoreTally {
 public:
  struct Element {
    Bytes member;
    double score;
    uint64_t hash;
  };

  ScoreTally() = default;
  ScoreTally(const ScoreTally&) = delete;
  ScoreTally& operator=(const ScoreTally&) = delete;

  size_t size() const { return elements_.size(); }
  // In bytes.
  size_t longest_member() const { return longest_member_; }

  // A member that was not added before, nor will be merged. The bytes are copied.
  void add(Bytes member, double score) {
    elements_.push_back({.member = copy(member), .score = score, .hash = 0});
  }
  // A member that is here already gets combine(its score, score).
  template <typename Combine>
  void merge(Bytes member, double score, Combine&& combine) {
    if (2 * (elements_.size() + 1) > places_.size()) grow();
    const uint64_t hash = hash_bytes(member);
    uint64_t& place = find(hash, member);
    if (place == kFree) {
      place = elements_.size();
      elements_.push_back({.member = copy(member), .score = score, .hash = hash});
    } else {
      double& present = elements_[place].score;
      present = combine(present, score);
    }
  }

  // All of them, in the order of score and member. Nothing may be added behind this.
  std::span<const Element> sorted() {
    std::sort(elements_.begin(), elements_.end(), [](const Element& a, const Element& b) {
      return comes_before(a.score, a.member, b.score, b.member);
    });
    return elements_;
  }

 private:
  static constexpr uint64_t kFree = UINT64_MAX;
  static constexpr size_t kPlacesMin = 64;

  Bytes copy(Bytes member);
  // The member's place among the indexes of the elements, or the free one that it belongs in.
  uint64_t& find(uint64_t hash, Bytes member);
  void grow();

  std::vector<Element> elements_;
  std::vector<uint64_t> places_;
  size_t longest_member_ = 0;
  std::pmr::monotonic_buffer_resource texts_;
};

}  // namespace tidemark::storage
