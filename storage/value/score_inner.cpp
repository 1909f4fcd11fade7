#include "storage/value/score_inner.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "storage/base/prefetch.hpp"

namespace tidemark::storage {
namespace {

// Capacities are steps of two cache lines.
constexpr unsigned kStep = 4;
constexpr size_t kColumns = 4;

}  // namespace

unsigned ScoreInner::capacity_for(unsigned size) {
  ENSURE_DEBUG(size <= kCapacityMax);
  return size / kStep * kStep + kStep - 1;
}

ScoreInner* ScoreInner::make(unsigned capacity) {
  capacity = capacity_for(capacity);
  return new (heap::allocate(bytes_for(capacity))) ScoreInner(capacity);
}

void ScoreInner::destroy(ScoreInner* inner) {
  heap::deallocate(inner, bytes_for(inner->capacity_));
}

size_t ScoreInner::memory_bytes() const { return heap::block_bytes(bytes_for(capacity_)); }

ScoreInner* ScoreInner::resize(ScoreInner* inner, unsigned size) {
  if (capacity_for(size) == inner->capacity_) return inner;
  ScoreInner* resized = make(size);
  resized->append(*inner, 0, inner->size_);
  destroy(inner);
  return resized;
}

uint64_t ScoreInner::count_before(unsigned index) const {
  uint64_t sum = 0;
  for (unsigned i = 0; i < index; ++i) sum += count(i);
  return sum;
}

void ScoreInner::open(unsigned index, unsigned count) {
  ENSURE_DEBUG(size_ + count <= capacity_ && index <= size_);
  for (size_t i = 0; i < kColumns; ++i) {
    auto* all = column<uint64_t>(i);
    std::memmove(all + index + count, all + index, (size_ - index) * sizeof(uint64_t));
  }
  size_ = static_cast<uint16_t>(size_ + count);
}

void ScoreInner::erase(unsigned index, unsigned count) {
  ENSURE_DEBUG(index + count <= size_);
  for (size_t i = 0; i < kColumns; ++i) {
    auto* all = column<uint64_t>(i);
    std::memmove(all + index, all + index + count, (size_ - index - count) * sizeof(uint64_t));
  }
  size_ = static_cast<uint16_t>(size_ - count);
}

void ScoreInner::copy_in(unsigned index, const ScoreInner& other, unsigned first, unsigned count) {
  open(index, count);
  for (size_t i = 0; i < kColumns; ++i) {
    std::memcpy(column<uint64_t>(i) + index, other.column<uint64_t>(i) + first,
                count * sizeof(uint64_t));
  }
}

void ScoreInner::insert(unsigned index, const Child& child) {
  open(index, 1);
  set_node(index, child.node);
  set_count(index, child.count);
  set_first(index, child.first);
}

void ScoreInner::append(const ScoreInner& other, unsigned first, unsigned count) {
  copy_in(size_, other, first, count);
}

void ScoreInner::prepend(const ScoreInner& other, unsigned first, unsigned count) {
  copy_in(0, other, first, count);
}

ScoreInner* ScoreInner::split(unsigned first, unsigned capacity) {
  const unsigned count = size_ - first;
  ScoreInner* behind = make(std::max(count, capacity));
  behind->append(*this, first, count);
  size_ = static_cast<uint16_t>(first);
  return behind;
}

void ScoreInner::prefetch_search() const {
  const char* from = reinterpret_cast<const char*>(this);
  for (size_t line = 0; line < 4; ++line) prefetch(from + line * heap::kLine);
}

}  // namespace tidemark::storage
