#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace tidemark::storage {

// Distinct integers in order, in one block: what a small set of integers is kept in (Redis's
// intset). All of them are as wide as the widest that was ever among them needs, 2, 4 or 8 bytes. A
// search is binary; a change moves what lies behind it, so whoever owns one bounds its size.
class SortedIntegers {
 public:
  static constexpr size_t kSizeMax = size_t{1} << 30;

  SortedIntegers() = default;
  SortedIntegers(const SortedIntegers& other);
  SortedIntegers(SortedIntegers&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        width_(other.width_),
        owner_bits_(other.owner_bits_) {
    other.width_ = kNarrowest;
  }
  SortedIntegers& operator=(const SortedIntegers&) = delete;
  ~SortedIntegers() { clear(); }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Bytes of each.
  size_t width() const { return width_; }
  // What the block takes from the allocator; 0 when empty.
  size_t memory_bytes() const;

  bool contains(int64_t value) const;
  // The one at `index`, in order. REQUIRES: index < size().
  int64_t at(size_t index) const;

  // False where it is there already. REQUIRES: size() < kSizeMax.
  bool insert(int64_t value);
  // False where it is not there.
  bool erase(int64_t value);
  // Erases those that `which` is true of; it is asked once for each, in order.
  template <typename Which>
  void erase_if(Which&& which) {
    size_t kept = 0;
    for (size_t i = 0; i < size_; ++i) {
      const int64_t value = at(i);
      if (!which(value)) put(kept++, value);
    }
    resize(kept, width_);
  }
  void clear();

  // As Packed's.
  void set_owner_bits(unsigned bits) { owner_bits_ = bits & 3U; }

  // Verifies the order and the block.
  void check() const;

 private:
  void put(size_t index, int64_t value);
  size_t first_not_below(int64_t value) const;
  void resize(size_t size, size_t width);
  void widen(size_t width);

  // The owner's bits are where Packed has them.
  char* block_ = nullptr;
  uint32_t size_ = 0;
  uint32_t width_ : 30 = kNarrowest;
  uint32_t owner_bits_ : 2 = 0;

  static constexpr uint32_t kNarrowest = 2;
};

}  // namespace tidemark::storage
