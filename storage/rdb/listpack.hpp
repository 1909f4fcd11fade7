#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "storage/base/bytes.hpp"
#include "storage/value/packed.hpp"

namespace tidemark::storage::rdb {

// Elements in one block, as Redis has kept small collections since 7.0: its size (32 bits), the
// number of elements (16 bits, all ones where that is not enough), the elements as in Packed, and
// an end (0xff).

// A listpack of what Packed lists hold: `raw` one after the other, `elements` in all.
std::string make_listpack(std::span<const Bytes> raw, size_t elements);

// Reads a listpack from front to back.
class ListpackCursor {
 public:
  explicit ListpackCursor(Bytes block);

  // None at the end, and where the block is not what it should be: then failed().
  std::optional<PackedElement> next();
  bool failed() const { return failed_; }
  // Of the elements that are left.
  size_t bytes_left() const { return failed_ ? 0 : left_.size(); }

 private:
  std::optional<PackedElement> fail();

  Bytes left_;
  std::optional<size_t> count_;
  size_t seen_ = 0;
  bool failed_ = false;
};

}  // namespace tidemark::storage::rdb
