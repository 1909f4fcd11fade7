#include "storage/value/score_leaf.hpp"

#include <algorithm>
#include <bit>

#include "storage/base/prefetch.hpp"

namespace tidemark::storage {
namespace {

// Capacities are steps of one cache line.
constexpr unsigned kStep = 8;
// Elements that look alike, from where on it is worth a thought whether they need to.
constexpr unsigned kAlikeMax = 3;
// A new unit spreads the scores over half of the digests, leaving a quarter free at each end ...
constexpr int kSpreadBits = 15;
constexpr uint64_t kFreeBelow = uint64_t{1} << (kSpreadBits - 1);
// ... and where they cover no more than this, a smaller unit would tell more of them apart.
constexpr unsigned kSpreadMin = 1U << 11;

}  // namespace

unsigned ScoreLeaf::capacity_for(unsigned size) {
  ENSURE_DEBUG(size <= kCapacityMax);
  return (size + 2 + kStep - 1) / kStep * kStep - 2;
}

ScoreLeaf* ScoreLeaf::make(unsigned capacity) {
  capacity = capacity_for(capacity);
  return new (heap::allocate(bytes_for(capacity))) ScoreLeaf(capacity);
}

void ScoreLeaf::destroy(ScoreLeaf* leaf) { heap::deallocate(leaf, bytes_for(leaf->capacity_)); }

size_t ScoreLeaf::memory_bytes() const { return heap::block_bytes(bytes_for(capacity_)); }

ScoreLeaf* ScoreLeaf::resize(ScoreLeaf* leaf, unsigned size) {
  if (capacity_for(size) == leaf->capacity_) return leaf;
  ScoreLeaf* resized = make(size);
  resized->base_ = leaf->base_;
  resized->shift_ = leaf->shift_;
  resized->size_ = leaf->size_;
  std::memcpy(resized->digests(), leaf->digests(), leaf->size_ * sizeof(uint16_t));
  std::memcpy(resized->addresses(), leaf->addresses(), leaf->size_ * kAddressBytes);
  destroy(leaf);
  return resized;
}

uint16_t ScoreLeaf::digest_of(double score) const {
  const uint64_t order = order_of(score);
  if (order <= base_) return 0;
  return static_cast<uint16_t>(std::min<uint64_t>((order - base_) >> shift_, kDigestMax));
}

void ScoreLeaf::set(unsigned index, const ScoredMember* element) {
  const auto address = reinterpret_cast<uintptr_t>(element);
  const auto low = static_cast<uint32_t>(address);
  const auto high = static_cast<uint16_t>(address >> 32);
  char* to = addresses() + index * kAddressBytes;
  std::memcpy(to, &low, sizeof low);
  std::memcpy(to + sizeof low, &high, sizeof high);
  digests()[index] = digest_of(element->score());
}

ScoreLeaf::Run ScoreLeaf::run_of(double score) const {
  const uint16_t wanted = digest_of(score);
  const uint16_t* all = digests();
  const unsigned first = partition_index(size_, [&](unsigned i) { return all[i] < wanted; });
  unsigned last = first;
  if (last < size_ && all[last] == wanted) {
    last += partition_index(size_ - first, [&](unsigned i) { return all[first + i] == wanted; });
  }
  return {.first = first, .last = last};
}

unsigned ScoreLeaf::index_of(const ScoredMember* element) const {
  unsigned index = run_of(element->score()).first;
  while (at(index) != element) {
    ++index;
    ENSURE_DEBUG(index < size_);
  }
  return index;
}

void ScoreLeaf::open(unsigned index, unsigned count) {
  ENSURE_DEBUG(size_ + count <= capacity_ && index <= size_);
  const size_t tail = size_ - index;
  std::memmove(digests() + index + count, digests() + index, tail * sizeof(uint16_t));
  std::memmove(addresses() + (index + count) * kAddressBytes, addresses() + index * kAddressBytes,
               tail * kAddressBytes);
  size_ = static_cast<uint16_t>(size_ + count);
}

void ScoreLeaf::erase(unsigned index, unsigned count) {
  ENSURE_DEBUG(index + count <= size_);
  const size_t tail = size_ - index - count;
  std::memmove(digests() + index, digests() + index + count, tail * sizeof(uint16_t));
  std::memmove(addresses() + index * kAddressBytes, addresses() + (index + count) * kAddressBytes,
               tail * kAddressBytes);
  size_ = static_cast<uint16_t>(size_ - count);
}

void ScoreLeaf::insert(unsigned index, ScoredMember* element) {
  open(index, 1);
  set(index, element);
  if (is_coarse_at(index)) refine();
}

void ScoreLeaf::reorder(unsigned from, unsigned to) {
  ScoredMember* element = at(from);
  if (from != to) {
    erase(from);
    open(to, 1);
  }
  set(to, element);
  if (is_coarse_at(to)) refine();
}

void ScoreLeaf::copy_in(unsigned index, const ScoreLeaf& other, unsigned first, unsigned count) {
  for (unsigned i = 0; i < count; ++i) prefetch(other.at(first + i));
  open(index, count);
  for (unsigned i = 0; i < count; ++i) set(index + i, other.at(first + i));
  if (is_coarse_at(0) || is_coarse_at(size_ - 1U)) refine();
}

void ScoreLeaf::append(const ScoreLeaf& other, unsigned first, unsigned count) {
  copy_in(size_, other, first, count);
}

void ScoreLeaf::prepend(const ScoreLeaf& other, unsigned first, unsigned count) {
  copy_in(0, other, first, count);
}

ScoreLeaf* ScoreLeaf::split(unsigned first, unsigned capacity) {
  const unsigned count = size_ - first;
  ScoreLeaf* behind = make(std::max(count, capacity));
  behind->base_ = base_;
  behind->shift_ = shift_;
  behind->size_ = static_cast<uint16_t>(count);
  std::memcpy(behind->digests(), digests() + first, count * sizeof(uint16_t));
  std::memcpy(behind->addresses(), addresses() + first * kAddressBytes, count * kAddressBytes);
  size_ = static_cast<uint16_t>(first);
  return behind;
}

// Whether several elements look like the one at the index although there are digests to spare.
bool ScoreLeaf::is_coarse_at(unsigned index) const {
  const uint16_t* all = digests();
  const uint16_t digest = all[index];
  unsigned first = index;
  while (first > 0 && all[first - 1] == digest) --first;
  unsigned last = index + 1;
  while (last < size_ && all[last] == digest && last - first <= kAlikeMax) ++last;
  if (last - first <= kAlikeMax) return false;
  if (digest == 0 || digest == kDigestMax) return front()->score() != back()->score();
  return shift_ > 0 && static_cast<unsigned>(all[size_ - 1] - all[0]) < kSpreadMin;
}

void ScoreLeaf::refine() {
  for (unsigned i = 0; i < size_; ++i) prefetch(at(i));
  const uint64_t lowest = order_of(front()->score());
  const uint64_t spread = order_of(back()->score()) - lowest;
  shift_ =
      static_cast<uint8_t>(std::max(0, static_cast<int>(std::bit_width(spread)) - kSpreadBits));
  base_ = lowest - std::min(lowest, kFreeBelow << shift_);
  for (unsigned i = 0; i < size_; ++i) digests()[i] = digest_of(at(i)->score());
}

void ScoreLeaf::prefetch_search() const {
  const char* from = reinterpret_cast<const char*>(this);
  for (size_t line = 0; line < 3; ++line) prefetch(from + line * heap::kLine);
}

void ScoreLeaf::check() const {
  ENSURE(size_ <= capacity_ && capacity_ <= kCapacityMax);
  for (unsigned i = 0; i < size_; ++i) {
    ENSURE(digests()[i] == digest_of(at(i)->score()));
    if (i == 0) continue;
    const ScoredMember& before = *at(i - 1);
    ENSURE(comes_before(before.score(), before.member(), at(i)->score(), at(i)->member()));
    ENSURE(digests()[i - 1] <= digests()[i]);
  }
}

}  // namespace tidemark::storage
