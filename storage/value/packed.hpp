#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "storage/base/bytes.hpp"
#include "storage/base/number.hpp"

namespace tidemark::storage {

// A list of byte strings and integers in one block: what small hashes, sets and sorted sets, and
// the pieces of lists and streams, are made of. Two to three bytes of overhead an element, and one
// or two cache lines for a small collection; in exchange every search and change in the middle is
// linear in the bytes, so whoever owns one bounds its size.
//
// An element lies in the block as in a listpack
// (https://github.com/antirez/listpack/blob/master/listpack.md), so that a dump is a copy:
//
//   0xxxxxxx                      integer 0 to 127
//   110xxxxx x                    integer of 13 bits, signed
//   11110001 to 11110100          integer of 2, 3, 4 or 8 bytes, signed, little endian
//   10LLLLLL                      text of up to 63 bytes
//   1110LLLL L                    text of up to 4095 bytes
//   11110000 LLLL                 text of any length, 32 bits, little endian
//
// and then its own length, 7 bits a byte, the most significant group first; all bytes but the first
// have the top bit set, so that it can be read backwards. A listpack's header and its end byte are
// not kept: the object has the counts.
//
// A text that spells an integer canonically is kept as that integer; read, it is the same text.

// An element as it was read. A text lies in the block and dies with the next change.
class PackedElement {
 public:
  explicit PackedElement(Bytes text) : text_(text) {}
  explicit PackedElement(int64_t integer) : integer_(integer), is_integer_(true) {}

  bool is_integer() const { return is_integer_; }
  // REQUIRES: is_integer().
  int64_t integer() const { return integer_; }
  // The element's bytes; an integer's digits are written into `scratch`.
  Bytes text(IntegerText& scratch) const {
    if (!is_integer_) return text_;
    return {scratch.data(),
            static_cast<size_t>(format_int64(scratch.data(), integer_) - scratch.data())};
  }

 private:
  Bytes text_;
  int64_t integer_ = 0;
  bool is_integer_ = false;
};

class Packed {
 public:
  // The block of a list may not become larger; whoever owns one converts long before.
  static constexpr size_t kBytesMax = size_t{1} << 30;

  // Where an element begins, or the end. Dies with the next change, but for what the change
  // returns.
  class Position {
   public:
    Position() : offset_(0) {}
    friend bool operator==(Position, Position) = default;

   private:
    friend class Packed;
    explicit Position(size_t offset) : offset_(static_cast<uint32_t>(offset)) {}
    uint32_t offset_;
  };

  Packed() = default;
  Packed(const Packed& other);
  Packed(Packed&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)),
        size_(other.size_) {
    other.size_ = 0;
  }
  Packed& operator=(Packed other) noexcept {
    const uint32_t size = size_;
    std::swap(block_, other.block_);
    std::swap(bytes_, other.bytes_);
    size_ = other.size_;
    other.size_ = size;
    return *this;
  }
  ~Packed() { clear(); }

  // Elements.
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Of all elements as they lie in the block.
  size_t bytes() const { return bytes_; }
  // What the block takes from the allocator; 0 when empty.
  size_t memory_bytes() const;
  // Whether one more element of so many bytes stays within the limit.
  bool has_room(size_t text_bytes) const { return bytes_ + text_bytes + 16 <= kBytesMax; }
  // What an element takes in the block.
  static size_t element_bytes(Bytes text);
  static size_t element_bytes(int64_t integer);

  // ---- Reading.
  Position begin() const { return Position(0); }
  Position end() const { return Position(bytes_); }
  // REQUIRES: not the end.
  Position next(Position at) const;
  // REQUIRES: not the beginning.
  Position previous(Position at) const;
  // `steps` forward. REQUIRES: there are as many.
  Position skip(Position at, size_t steps) const;
  // The element at `index`, from the nearer end. REQUIRES: index < size().
  Position at(size_t index) const;
  // Where every `stride`-th element is, from the first on: for whoever goes to many of them.
  std::vector<Position> positions(size_t stride = 1) const;
  // REQUIRES: not the end.
  PackedElement get(Position at) const;
  bool equals(Position at, Bytes text) const;
  // The first element equal to `text`, from `from` on, looking at one in `stride`: 2 for the fields
  // of field and value in turn. The end where there is none. REQUIRES: what is from `from` on
  // is a multiple of `stride`.
  Position find(Bytes text, Position from, size_t stride = 1) const;
  // Elements equal to `text`.
  size_t count(Bytes text) const;
  // What the elements from `first` up to `last` take in the block.
  size_t bytes_between(Position first, Position last) const { return last.offset_ - first.offset_; }
  // As they lie in the block: for dumps.
  Bytes raw() const { return {block_, bytes_}; }

  // ---- Two bits for whoever owns the list and has other forms beside it: an object of 16 bytes
  // has no room of its own to say which form it is in. They belong to the place: nothing copies or
  // moves them, no change touches them.
  unsigned owner_bits() const { return owner_bits_; }
  void set_owner_bits(unsigned bits) { owner_bits_ = bits & 3U; }

  // ---- Changing. `text` may not lie in this block. REQUIRES: bytes() stays within kBytesMax.
  // Puts an element before `before` and returns where it is.
  Position insert(Position before, Bytes text);
  Position insert(Position before, int64_t integer);
  void push_back(Bytes text) { insert(end(), text); }
  void push_back(int64_t integer) { insert(end(), integer); }
  // Of another list.
  void push_back(const PackedElement& element) {
    IntegerText scratch;
    element.is_integer() ? push_back(element.integer()) : push_back(element.text(scratch));
  }
  void push_front(Bytes text) { insert(begin(), text); }
  // Returns where the element is, which is where it was.
  Position replace(Position at, Bytes text);
  Position replace(Position at, int64_t integer);
  // Removes `count` elements and returns the place of the one behind them.
  // REQUIRES: there are as many.
  Position erase(Position first, size_t count = 1);
  // Removes `count` elements equal to `text`, leaving the first `spared` of them, in one pass.
  // REQUIRES: there are as many.
  void erase_equal(Bytes text, size_t spared, size_t count);
  // Removes what is from `first` on and returns it as a list of its own.
  Packed split(Position first);
  // Adds copies of all elements of another list.
  void append(const Packed& other);
  void clear();

  // Verifies the block from both ends.
  void check() const;

 private:
  // An element ready to be copied into the block.
  struct Image;
  static Image image_of(Bytes text);
  static Image image_of(int64_t integer);

  // Makes room of `new_bytes` in place of `old_bytes` at the offset.
  char* make_room(size_t offset, size_t old_bytes, size_t new_bytes);
  Position put(Position at, size_t old_bytes, const Image& image);
  // Of the element with its length behind it.
  size_t whole_bytes(Position at) const;

  char* block_ = nullptr;
  uint32_t bytes_ = 0;
  // Each element has two bytes at least.
  uint32_t size_ : 30 = 0;
  uint32_t owner_bits_ : 2 = 0;
};
static_assert(sizeof(Packed) == 16);

}  // namespace tidemark::storage
