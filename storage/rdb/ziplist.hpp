#pragma once

#include <cstddef>
#include <optional>

#include "storage/base/bytes.hpp"
#include "storage/value/packed.hpp"

namespace tidemark::storage::rdb {

// Reads what Redis kept small collections in before listpacks: the size of the block and the place
// of its last element (32 bits each), the number of elements (16 bits, all ones where that is not
// enough), the elements, and an end (0xff). Before each element stands the size of the one before
// it, in 1 byte, or in 4 behind 0xfe:
//
//   00LLLLLL                     text of up to 63 bytes
//   01LLLLLL L                   text of up to 16383 bytes, big endian
//   10000000 LLLL                text of any length, 32 bits, big endian
//   11000000, 1101, 1110, 1111   integer of 2, 4, 8 or 3 bytes, little endian
//   11111110                     integer of 1 byte
//   11110001 to 11111101         integer 0 to 12
class ZiplistCursor {
 public:
  explicit ZiplistCursor(Bytes block);

  // None at the end, and where the block is not what it should be: then failed().
  std::optional<PackedElement> next();
  bool failed() const { return failed_; }

 private:
  std::optional<PackedElement> fail();
  bool take_previous_size();

  Bytes left_;
  std::optional<size_t> count_;
  size_t seen_ = 0;
  size_t at_ = 0;        // where left_ begins in the block
  size_t last_ = 0;      // where the last element is said to begin
  size_t previous_ = 0;  // the size of the element before
  bool failed_ = false;
};

}  // namespace tidemark::storage::rdb
