#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "storage/readstate/row.hpp"

namespace tidemark::storage {

// The rows of a user as they are to lie in memory, packed by the thread that loaded them: to take
// in a user with a hundred thousand rows then costs the home thread no more than to copy their
// bytes.
class PackedRows {
 public:
  struct Block {
    RowId first;
    size_t begin = 0;  // in bytes()
    size_t bytes = 0;
  };

  PackedRows() = default;
  // REQUIRES: sorted, without duplicates.
  explicit PackedRows(std::span<const Row> rows);

  size_t rows() const { return rows_; }
  std::span<const Block> blocks() const { return blocks_; }
  const uint8_t* bytes_of(const Block& block) const { return bytes_.data() + block.begin; }

 private:
  size_t rows_ = 0;
  std::vector<Block> blocks_;
  std::vector<uint8_t> bytes_;
};

}  // namespace tidemark::storage
