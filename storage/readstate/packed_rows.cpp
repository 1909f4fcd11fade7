#include "storage/readstate/packed_rows.hpp"

#include <algorithm>

#include "storage/readstate/row_block.hpp"

namespace tidemark::storage {

PackedRows::PackedRows(std::span<const Row> rows) : rows_(rows.size()) {
  blocks_.reserve((rows.size() + RowBlock::kRowsMax - 1) / RowBlock::kRowsMax);
  while (!rows.empty()) {
    const auto some = rows.first(std::min(rows.size(), RowBlock::kRowsMax));
    const RowBlockWriter writer(some);
    blocks_.push_back({.first = some.front().id, .begin = bytes_.size(), .bytes = writer.bytes()});
    bytes_.resize(bytes_.size() + writer.bytes());
    writer.write(bytes_.data() + blocks_.back().begin);
    rows = rows.subspan(some.size());
  }
}

}  // namespace tidemark::storage
