#pragma once

#include <cstddef>
#include <optional>

#include "storage/base/bytes.hpp"
#include "storage/value/packed.hpp"

namespace tidemark::storage::rdb {

// Reads what Redis kept small hashes in before 2.6: the number of fields (1 byte, 254 and more mean
// that it is not known), then field and value in turn, each behind its length (1 byte, or 4 little
// endian behind 254), a value also behind the number of unused bytes that follow it; and an end
// (0xff).
class ZipmapCursor {
 public:
  explicit ZipmapCursor(Bytes block);

  // Field and value in turn. None at the end, and where the block is not what it should be: then
  // failed().
  std::optional<PackedElement> next();
  bool failed() const { return failed_; }

 private:
  std::optional<PackedElement> fail();
  std::optional<size_t> take_length();

  Bytes left_;
  std::optional<size_t> count_;
  size_t seen_ = 0;
  bool failed_ = false;
};

}  // namespace tidemark::storage::rdb
