#include "storage/value/sorted_integers.hpp"

#include <cstring>

#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"

namespace tidemark::storage {
namespace {

size_t width_of(int64_t value) {
  if (value >= INT16_MIN && value <= INT16_MAX) return 2;
  return value >= INT32_MIN && value <= INT32_MAX ? 4 : 8;
}

template <typename T>
T load(const char* block, size_t index) {
  T value;
  std::memcpy(&value, block + index * sizeof(T), sizeof(T));
  return value;
}

// Binary search, of one width. Without branches, since which half it is cannot be guessed.
template <typename T>
size_t lower_bound(const char* block, size_t size, T value) {
  size_t first = 0;
  while (size > 0) {
    const size_t half = size / 2;
    const bool below = load<T>(block, first + half) < value;
    first = below ? first + half + 1 : first;
    size = below ? size - half - 1 : half;
  }
  return first;
}

}  // namespace

SortedIntegers::SortedIntegers(const SortedIntegers& other) {
  if (other.empty()) return;
  resize(other.size_, other.width_);
  std::memcpy(block_, other.block_, size_t{size_} * width_);
}

size_t SortedIntegers::memory_bytes() const {
  return block_ == nullptr ? 0 : heap::block_bytes(size_t{size_} * width_);
}

int64_t SortedIntegers::at(size_t index) const {
  ENSURE_DEBUG(index < size_);
  switch (width_) {
    case 2:
      return load<int16_t>(block_, index);
    case 4:
      return load<int32_t>(block_, index);
    default:
      return load<int64_t>(block_, index);
  }
}

void SortedIntegers::put(size_t index, int64_t value) {
  std::memcpy(block_ + index * width_, &value, width_);
}

// REQUIRES: `value` fits the width.
size_t SortedIntegers::first_not_below(int64_t value) const {
  switch (width_) {
    case 2:
      return lower_bound(block_, size_, static_cast<int16_t>(value));
    case 4:
      return lower_bound(block_, size_, static_cast<int32_t>(value));
    default:
      return lower_bound(block_, size_, value);
  }
}

bool SortedIntegers::contains(int64_t value) const {
  if (width_of(value) > width_) return false;
  const size_t index = first_not_below(value);
  return index < size_ && at(index) == value;
}

// Makes the block one of `size` integers of `width` bytes; what is in it stays as bytes.
void SortedIntegers::resize(size_t size, size_t width) {
  if (size == 0) return clear();
  ENSURE(size <= kSizeMax);
  const size_t bytes = size * width;
  if (block_ == nullptr) {
    block_ = static_cast<char*>(heap::allocate(bytes));
  } else if (heap::block_bytes(bytes) != memory_bytes()) {
    block_ = static_cast<char*>(heap::reallocate(block_, bytes));
  }
  size_ = static_cast<uint32_t>(size);
  width_ = static_cast<uint32_t>(width) & 0xfU;
}

void SortedIntegers::widen(size_t width) {
  const SortedIntegers narrow(*this);
  resize(size_, width);
  for (size_t i = 0; i < size_; ++i) put(i, narrow.at(i));
}

bool SortedIntegers::insert(int64_t value) {
  const size_t width = width_of(value);
  if (width > width_) {
    if (empty()) {
      width_ = static_cast<uint32_t>(width) & 0xfU;
    } else {
      widen(width);
    }
  }
  const size_t index = first_not_below(value);
  if (index < size_ && at(index) == value) return false;
  const size_t behind = size_ - index;
  resize(size_t{size_} + 1, width_);
  char* to = block_ + index * width_;
  std::memmove(to + width_, to, behind * width_);
  put(index, value);
  return true;
}

bool SortedIntegers::erase(int64_t value) {
  if (width_of(value) > width_) return false;
  const size_t index = first_not_below(value);
  if (index == size_ || at(index) != value) return false;
  char* from = block_ + index * width_;
  std::memmove(from, from + width_, (size_ - index - 1) * width_);
  resize(size_t{size_} - 1, width_);
  return true;
}

void SortedIntegers::clear() {
  if (block_ != nullptr) heap::deallocate(block_, size_t{size_} * width_);
  block_ = nullptr;
  size_ = 0;
}

void SortedIntegers::check() const {
  ENSURE((block_ == nullptr) == (size_ == 0));
  ENSURE(width_ == 2 || width_ == 4 || width_ == 8);
  for (size_t i = 1; i < size_; ++i) ENSURE(at(i - 1) < at(i));
}

}  // namespace tidemark::storage
