#include "storage/value/sorted_set.hpp"

#include <utility>

#include <memory>
#include <new>

#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"

namespace tidemark::storage {

SortedSet::SortedSet(const SortedSet& other) : SortedSet() {
  if (other.is_big()) {
    become_big(make_object<BigScores>(*other.big_.scores));
  } else {
    packed_ = other.packed_;
  }
}

SortedSet::~SortedSet() {
  if (!is_big()) {
    std::destroy_at(&packed_);
    return;
  }
  std::destroy_at(big_.scores);
  heap::deallocate(big_.scores, sizeof(BigScores));
}

size_t SortedSet::memory_bytes() const {
  if (!is_big()) return packed_.memory_bytes();
  return heap::block_bytes(sizeof(BigScores)) + big_.scores->memory_bytes();
}

bool SortedSet::free_some(size_t budget) {
  if (is_big()) return big_.scores->free_some(budget);
  packed_.clear();
  return false;
}

SortedSet::Found SortedSet::find(Bytes member) const {
  Found found;
  if (is_big()) {
    found.hash = hash_bytes(member);
    found.element = big_.scores->find(found.hash, member);
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
      is_big() ? big_.scores->order().rank(found.element) : packed_.rank_at(*found.place);
  return Ranked{.rank = rank, .score = *found.score};
}

size_t SortedSet::rank(const ScoreBound& bound) const {
  return is_big() ? big_.scores->order().rank(bound) : packed_.rank(bound);
}

size_t SortedSet::rank(const MemberBound& bound) const {
  return is_big() ? big_.scores->order().rank(bound) : packed_.rank(bound);
}

void SortedSet::become_big(BigScores* scores) {
  std::destroy_at(&packed_);
  big_ = {.scores = scores, .unused = 0, .unused_too = 0, .owner_bits = 0};
  set_form(Form::big);
}

void SortedSet::make_big() {
  auto* big = make_object<BigScores>();
  packed_.visit(0, packed_.size(), Direction::ascending,
                [big](Bytes member, double score) { big->append(member, score); });
  become_big(big);
}

SortedSet::Update SortedSet::apply(const Found& found, Bytes member, double score,
                                   const PackingLimits& limits) {
  if (found.score) {
    if (*found.score == score) return Update::none;
    is_big() ? big_.scores->change_score(found.element, score)
             : packed_.change_score(*found.place, member, score);
    return Update::changed;
  }
  if (!is_big() && packed_.has_room_for(member, limits)) {
    packed_.insert(member, score);
    return Update::added;
  }
  uint64_t hash = found.hash;
  if (!is_big()) {
    make_big();
    hash = hash_bytes(member);
  }
  big_.scores->insert(hash, member, score);
  return Update::added;
}

void SortedSet::expect(size_t elements, size_t member_bytes, const PackingLimits& limits) {
  const bool fits = elements <= limits.elements_max && member_bytes <= limits.element_bytes_max;
  if (!fits && !is_big()) make_big();
}

void SortedSet::append(Bytes member, double score, const PackingLimits& limits) {
  if (!is_big() && packed_.has_room_for(member, limits)) {
    packed_.append(member, score);
    return;
  }
  if (!is_big()) make_big();
  big_.scores->append(member, score);
}

bool SortedSet::erase(Bytes member) {
  const Found found = find(member);
  if (!found.score) return false;
  is_big() ? big_.scores->erase(found.hash, found.element) : packed_.erase(*found.place);
  return true;
}

void SortedSet::erase(const RankRange& range) {
  if (range.size() == 0) return;
  is_big() ? big_.scores->erase_ranks(range.first, range.size())
           : packed_.erase(range.first, range.size());
}

void SortedSet::cut(const RankRange& range, SortedSet& cut_off) {
  if (!is_big() || range.size() <= size() / 2) return erase(range);
  cut_off.make_big();
  const auto keep = [&cut_off](Bytes member, double score) {
    // It stays a table and a tree, however few are left.
    constexpr PackingLimits kNever{.elements_max = 0, .element_bytes_max = 0};
    cut_off.append(member, score, kNever);
  };
  visit(0, range.first, Direction::ascending, keep);
  visit(range.last, size() - range.last, Direction::ascending, keep);
  std::swap(big_.scores, cut_off.big_.scores);
}

void SortedSet::check() const { is_big() ? big_.scores->check() : packed_.check(); }

}  // namespace tidemark::storage
