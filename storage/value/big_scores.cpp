#include "storage/value/big_scores.hpp"

#include <array>

#include "storage/base/ensure.hpp"
#include "storage/table/hash.hpp"

namespace tidemark::storage {
namespace {

// What freeing a node of the tree costs, in elements.
constexpr size_t kElementsPerNode = 4;

}  // namespace

BigScores::BigScores(const BigScores& other) {
  other.tree_.visit(0, other.size(), Direction::ascending, [this](const ScoredMember& element) {
    append(element.member(), element.score());
  });
}

BigScores::~BigScores() { (void)free_some(SIZE_MAX); }

ScoredMember* BigScores::find(uint64_t hash, Bytes member) const {
  const Slot* slot = table_.find(hash, member);
  return slot == nullptr ? nullptr : ScoredMemberTable::entry_of(*slot);
}

void BigScores::insert(uint64_t hash, Bytes member, double score) {
  ScoredMember* element = ScoredMember::make(member, score);
  element_bytes_ += element->memory_bytes();
  table_.insert(hash, element);
  tree_.insert(element);
}

void BigScores::append(Bytes member, double score) {
  ScoredMember* element = ScoredMember::make(member, score);
  element_bytes_ += element->memory_bytes();
  table_.insert(hash_bytes(member), element);
  tree_.append(element);
}

void BigScores::free_element(ScoredMember* element) {
  element_bytes_ -= element->memory_bytes();
  ScoredMember::destroy(element);
}

void BigScores::erase(uint64_t hash, ScoredMember* element) {
  tree_.erase(element);
  table_.erase(hash, table_.find_entry(hash, element));
  free_element(element);
}

// A leaf at a time: the tree closes each gap once, and the lines of the table that the elements of
// one leaf lie in are fetched together.
void BigScores::erase_ranks(size_t rank, size_t count) {
  std::array<ScoredMember*, ScoreTree::kRunMax> removed;
  std::array<uint64_t, ScoreTree::kRunMax> hashes;
  while (count > 0) {
    const size_t n = tree_.erase_run(rank, count, removed.data());
    for (size_t i = 0; i < n; ++i) prefetch(removed[i]);
    for (size_t i = 0; i < n; ++i) {
      hashes[i] = hash_bytes(removed[i]->member());
      table_.prefetch_bucket(hashes[i]);
    }
    for (size_t i = 0; i < n; ++i) {
      table_.erase(hashes[i], table_.find_entry(hashes[i], removed[i]));
      free_element(removed[i]);
    }
    count -= n;
  }
}

bool BigScores::free_some(size_t budget) {
  if (!table_.empty()) {
    const auto free = [this](ScoredMember* element) { free_element(element); };
    if (table_.drain(budget, free)) return true;
    if (budget != SIZE_MAX) return true;
  }
  return tree_.free_some(budget / kElementsPerNode + 1);
}

void BigScores::check() const {
  table_.check();
  tree_.check();
  ENSURE(table_.size() == tree_.size());
  size_t bytes = 0;
  tree_.visit(0, tree_.size(), Direction::ascending, [&](const ScoredMember& element) {
    bytes += element.memory_bytes();
    ENSURE(find(hash_bytes(element.member()), element.member()) == &element);
  });
  ENSURE(bytes == element_bytes_);
}

}  // namespace tidemark::storage
