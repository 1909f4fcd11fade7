#include "storage/value/sorted_set.hpp"

#include <new>

#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"

namespace tidemark::storage {

SortedSet::SortedSet(const SortedSet& other) : packed_(other.packed_) {
  if (other.big_ != nullptr) big_ = make_object<BigScores>(*other.big_);
}

SortedSet::~SortedSet() {
  if (big_ == nullptr) return;
  big_->~BigScores();
  heap::deallocate(big_, sizeof(BigScores));
}

size_t SortedSet::memory_bytes() const {
  if (big_ == nullptr) return packed_.memory_bytes();
  return heap::block_bytes(sizeof(BigScores)) + big_->memory_bytes();
}

bool SortedSet::free_some(size_t budget) {
  packed_.clear();
  return big_ != nullptr && big_->free_some(budget);
}

SortedSet::Found SortedSet::find(Bytes member) const {
  Found found;
  if (big_ != nullptr) {
    found.hash = hash_bytes(member);
    found.element = big_->find(found.hash, member);
    if (found.element != nullptr) found.score = found.element->score();
  } else {
    found.place = packed_.find(member);
    if (found.place) found.score = packed_.score_at(*found.place);
  }
  return found;
}

std::optional<SortedSet::Ranked> SortedSet::find_ranked(Bytes member) const {
  const Found found = find(member);
  if (!found.score) return std::nullopt;
  const size_t rank =
      big_ != nullptr ? big_->order().rank(found.element) : packed_.rank_at(*found.place);
  return Ranked{.rank = rank, .score = *found.score};
}

size_t SortedSet::rank(const ScoreBound& bound) const {
  return big_ != nullptr ? big_->order().rank(bound) : packed_.rank(bound);
}

size_t SortedSet::rank(const MemberBound& bound) const {
  return big_ != nullptr ? big_->order().rank(bound) : packed_.rank(bound);
}

void SortedSet::make_big() {
  auto* big = make_object<BigScores>();
  packed_.visit(0, packed_.size(), Direction::ascending,
                [big](Bytes member, double score) { big->append(member, score); });
  packed_.clear();
  big_ = big;
}

SortedSet::Update SortedSet::apply(const Found& found, Bytes member, double score,
                                   const PackingLimits& limits) {
  if (found.score) {
    if (*found.score == score) return Update::none;
    big_ != nullptr ? big_->change_score(found.element, score)
                    : packed_.change_score(*found.place, member, score);
    return Update::changed;
  }
  if (big_ == nullptr && packed_.has_room_for(member, limits)) {
    packed_.insert(member, score);
    return Update::added;
  }
  uint64_t hash = found.hash;
  if (big_ == nullptr) {
    make_big();
    hash = hash_bytes(member);
  }
  big_->insert(hash, member, score);
  return Update::added;
}

void SortedSet::append(Bytes member, double score, const PackingLimits& limits) {
  if (big_ == nullptr && packed_.has_room_for(member, limits)) {
    packed_.append(member, score);
    return;
  }
  if (big_ == nullptr) make_big();
  big_->append(member, score);
}

bool SortedSet::erase(Bytes member) {
  const Found found = find(member);
  if (!found.score) return false;
  big_ != nullptr ? big_->erase(found.hash, found.element) : packed_.erase(*found.place);
  return true;
}

void SortedSet::erase(const RankRange& range) {
  if (range.size() == 0) return;
  big_ != nullptr ? big_->erase_ranks(range.first, range.size())
                  : packed_.erase(range.first, range.size());
}

void SortedSet::check() const {
  if (big_ == nullptr) return packed_.check();
  ENSURE(packed_.size() == 0);
  big_->check();
}

}  // namespace tidemark::storage
