#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "storage/base/bytes.hpp"
#include "storage/value/sorted_integers.hpp"

namespace tidemark::storage::rdb {

// Integers in order, as Redis keeps small sets of them: their width in bytes (2, 4 or 8) and their
// number (32 bits each), and the integers, little endian.
std::string make_intset(const SortedIntegers& integers);

class IntsetCursor {
 public:
  explicit IntsetCursor(Bytes block);

  // None at the end, and where the block is not what it should be: then failed().
  std::optional<int64_t> next();
  bool failed() const { return failed_; }
  // REQUIRES: not failed.
  size_t size() const { return width_ == 0 ? 0 : left_.size() / width_; }

 private:
  Bytes left_;
  size_t width_ = 0;
  std::optional<int64_t> last_;
  bool failed_ = false;
};

}  // namespace tidemark::storage::rdb
