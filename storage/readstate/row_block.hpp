#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "storage/readstate/row.hpp"

namespace tidemark::storage {

static_assert(std::endian::native == std::endian::little,
              "columns are read as little-endian words");

// Up to 64 rows, sorted by id, packed into columns:
//
//   0  u8   rows, 1 to 64
//   1  u8   low nibble: width of the channel column; high nibble: of the mark column
//   2  u8   low nibble: width of the version column; high nibble: the type of all rows
//   3  u8   bit 0: types differ, and have a column; bit 1: marks count from their channel
//   4  u16  bytes of extras
//   6  u64  channel base, 14 u64 version base, and unless marks count from their channel, 22 u64
//   mark
//           base
//      the columns, each `rows` times `width`: types (if they differ), channels, marks, versions
//      extras of the few rows that have any, in order:
//        u8 row number; u8 lengths (bits 0-1 mentions and 2-3 unread: 0, 1, 2 or 4 bytes; bit 4:
//        flags follow; bit 5: manual); mentions; unread; flags
//
// Widths are bytes, 0 to 8, the least that hold every row's distance from the base. Why columns of
// one width: ids of snowflakes are spread so evenly that the lengths of single rows hardly differ;
// a row is found by binary search and read without a look at its neighbours; the usual
// acknowledgement overwrites two numbers in place; and a sum over the counters reads the extras
// alone.
//
// A view: the bytes are somebody else's, at any alignment.
// Which rows a walk is to see.
struct RowFilter {
  int64_t changed_after = -1;  // only rows of a later version
  bool nonzero = false;        // only rows with counters or the manual bit
};

class RowBlock {
 public:
  static constexpr size_t kRowsMax = 64;
  // No block of kRowsMax rows is longer.
  static constexpr size_t kBytesMax = 30 + kRowsMax * (1 + 3 * 8 + 11);

  explicit RowBlock(const uint8_t* bytes) : at_(bytes) {}

  size_t rows() const { return at_[0]; }
  size_t bytes() const { return extras_begin() + extras_bytes(); }

  // The number of rows below `id`: where it is, or would be.
  size_t lower_bound(RowId id) const;
  RowId id(size_t row) const;
  int64_t version(size_t row) const {
    return static_cast<int64_t>(load64(at_ + 14) + column(versions_begin(), row, version_width()));
  }
  Row row(size_t row) const;

  // Calls visit(Row) for the rows from `first` on, until it returns false. Whether it never did.
  template <typename Visit>
  bool visit(size_t first, Visit&& visit) const {
    return this->visit(first, RowFilter(), visit);
  }
  // The same for some rows; the others are passed over without being unpacked.
  template <typename Visit>
  bool visit(size_t first, const RowFilter& filter, Visit&& visit) const;

  // What visit_extras() tells of a row that has counters, flags or the manual bit.
  struct Extra {
    size_t row = 0;
    int32_t mentions = 0;
    int32_t unread = 0;
    uint8_t flags = 0;
    bool manual = false;
  };
  template <typename Visit>
  void visit_extras(Visit&& visit) const;

  // Aborts where the bytes are not what encode() writes.
  void check() const;

 private:
  friend class RowBlockWriter;

  static uint64_t load64(const uint8_t* from) {
    uint64_t word;
    std::memcpy(&word, from, sizeof word);
    return word;
  }
  // The word that ends with the number is loaded, which begins no earlier than the block's header.
  static uint64_t load(const uint8_t* from, size_t width) {
    return width == 0 ? 0 : load64(from + width - 8) >> (64 - 8 * width);
  }
  uint64_t column(size_t begin, size_t row, size_t width) const {
    return load(at_ + begin + row * width, width);
  }

  size_t channel_width() const { return at_[1] & 15; }
  size_t mark_width() const { return at_[1] >> 4; }
  size_t version_width() const { return at_[2] & 15; }
  bool mixed_types() const { return (at_[3] & 1) != 0; }
  bool marks_from_channel() const { return (at_[3] & 2) != 0; }
  size_t extras_bytes() const { return at_[4] | at_[5] << 8; }

  size_t types_begin() const { return marks_from_channel() ? 22 : 30; }
  size_t channels_begin() const { return types_begin() + (mixed_types() ? rows() : 0); }
  size_t marks_begin() const { return channels_begin() + rows() * channel_width(); }
  size_t versions_begin() const { return marks_begin() + rows() * mark_width(); }
  size_t extras_begin() const { return versions_begin() + rows() * version_width(); }

  Row row_without_extras(size_t row) const;
  const uint8_t* find_extra(size_t row) const;
  static size_t extra_bytes(const uint8_t* extra);
  static Extra read_extra(const uint8_t* extra);

  const uint8_t* at_;
};

// How rows are going to be encoded; the second pass fills exactly bytes() bytes.
class RowBlockWriter {
 public:
  // REQUIRES: 1 to kRowsMax rows, sorted, without duplicates; they outlive the writer.
  explicit RowBlockWriter(std::span<const Row> rows);
  size_t bytes() const { return bytes_; }
  void write(uint8_t* to) const;

  // Overwrites one row (same id) where it fits into its block's widths; false where it does not.
  static bool overwrite(uint8_t* block, size_t row, const Row& value);

 private:
  std::span<const Row> rows_;
  uint64_t channel_base_ = 0;
  uint64_t version_base_ = 0;
  uint64_t mark_base_ = 0;
  size_t channel_width_ = 0;
  size_t version_width_ = 0;
  size_t mark_width_ = 0;
  size_t extras_bytes_ = 0;
  size_t bytes_ = 0;
  bool mixed_types_ = false;
  bool marks_from_channel_ = false;
};

template <typename Visit>
bool RowBlock::visit(size_t first, const RowFilter& filter, Visit&& visit) const {
  const uint8_t* extra = at_ + extras_begin();
  const uint8_t* const end = extra + extras_bytes();
  for (size_t i = first; i < rows(); ++i) {
    while (extra != end && extra[0] < i) extra += extra_bytes(extra);
    if (filter.nonzero) {
      // What has no extra has no counters.
      if (extra == end) return true;
      i = extra[0];
    }
    if (version(i) <= filter.changed_after) continue;
    Row row = row_without_extras(i);
    if (extra != end && extra[0] == i) {
      const Extra more = read_extra(extra);
      row.mentions = more.mentions;
      row.unread = more.unread;
      row.flags = more.flags;
      row.manual = more.manual;
    }
    if (filter.nonzero && row.mentions == 0 && row.unread == 0 && !row.manual) continue;
    if (!visit(row)) return false;
  }
  return true;
}

template <typename Visit>
void RowBlock::visit_extras(Visit&& visit) const {
  const uint8_t* extra = at_ + extras_begin();
  const uint8_t* const end = extra + extras_bytes();
  for (; extra != end; extra += extra_bytes(extra)) visit(read_extra(extra));
}

}  // namespace tidemark::storage
