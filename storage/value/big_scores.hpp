#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/value/score_bound.hpp"
#include "storage/value/score_tree.hpp"
#include "storage/value/scored_member.hpp"

namespace tidemark::storage {

// A large sorted set: each element in a block of its own, a table that finds it by its member, and
// a tree that orders all of them. Over the payload (a score and a member, one byte of length, what
// the allocator rounds up) that is some 21 bytes an element.
class BigScores {
 public:
  BigScores() = default;
  BigScores(const BigScores& other);
  BigScores& operator=(const BigScores&) = delete;
  ~BigScores();

  size_t size() const { return table_.size(); }
  // All that it owns, without itself.
  size_t memory_bytes() const {
    return element_bytes_ + table_.memory_bytes() + tree_.memory_bytes();
  }

  // Null where there is none.
  ScoredMember* find(uint64_t hash, Bytes member) const;
  const ScoreTree& order() const { return tree_; }

  // REQUIRES: the member is not here.
  void insert(uint64_t hash, Bytes member, double score);
  // REQUIRES: it comes behind all others.
  void append(Bytes member, double score);
  void change_score(ScoredMember* element, double score) { tree_.change_score(element, score); }
  void erase(uint64_t hash, ScoredMember* element);
  // By ranks. REQUIRES: there are as many.
  void erase_ranks(size_t rank, size_t count);

  // One step of a scan, as Table::scan_step().
  template <typename Visit>
  uint64_t scan_step(uint64_t cursor, Visit&& visit) const {
    return table_.scan_step(
        cursor, [&](const ScoredMember& element) { visit(element.member(), element.score()); });
  }

  // Frees elements, then nodes of the tree; false when none is left. Until then nothing else may be
  // called but size() and memory_bytes().
  bool free_some(size_t budget);

  void check() const;

 private:
  void free_element(ScoredMember* element);

  ScoredMemberTable table_;
  ScoreTree tree_;
  size_t element_bytes_ = 0;
};

}  // namespace tidemark::storage
