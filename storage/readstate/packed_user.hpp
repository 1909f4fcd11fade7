#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "storage/base/bytes.hpp"
#include "storage/readstate/row.hpp"
#include "storage/readstate/row_block.hpp"

namespace tidemark::storage {

class PackedRows;
class Unsaved;

// What is remembered of one user, in as few bytes as we know how: one allocation of exactly the
// bytes it needs.
//
//   0   books: what is unsaved (or null), version, last deletion
//   24  u32 what all of it costs
//   28  u32 when it was last used, in ms (the low bits: 49 days)
//   32  u32 rows, u32 blocks (0: the rows are inline), u16 bytes of the key, u8 state
//   43  the key
//       inline: one RowBlock, if there are rows
//       else, aligned to 8: a directory of 16 bytes a block (channel and type of its first row,
//       address), the blocks in allocations of their own, 64 rows or fewer each
//
// So whatever changes, no more than one block is written anew (two where one splits), and a
// directory of 16 bytes for some 45 rows is moved by one place.
//
// The object lies at the start of its allocation and moves when it grows, as with realloc: mutators
// that may move it are static and return where it is now. What allocations cost is added to and
// taken from `heap_bytes`, in the allocator's sizes.
class PackedUser {
 public:
  enum class State : uint8_t { resident, loading, absent };

  struct Books {
    Unsaved* unsaved = nullptr;  // owned by whoever owns the user
    int64_t version = 0;
    int64_t last_deletion = 0;
  };

  // Where a row is, or would be. Valid until the user changes.
  struct Place {
    size_t block = 0;
    size_t row = 0;
    bool found = false;
  };

  static PackedUser* create(Bytes key, State state, size_t& heap_bytes);
  static void destroy(PackedUser* user, size_t& heap_bytes);

  Books books;
  uint32_t cost = 0;         // memory_bytes(), kept by whoever mutates
  uint32_t last_use_ms = 0;  // kept by whoever uses

  Bytes key() const { return {reinterpret_cast<const char*>(bytes() + kKeyAt), key_bytes_}; }
  State state() const { return state_; }
  void set_state(State state) { state_ = state; }
  size_t rows() const { return rows_; }
  // Walks the blocks.
  size_t memory_bytes() const;

  Place locate(RowId id) const;
  // REQUIRES: place.found.
  Row row_at(Place place) const { return block(place.block).row(place.row); }

  bool has_type(uint8_t type) const;
  // Appends the rows of a type.
  void copy_type(uint8_t type, std::vector<Row>& rows) const;

  // Writes `row`, which may be new, to the place that locate(row.id) gave.
  [[nodiscard]] static PackedUser* put(PackedUser* user, Place place, const Row& row,
                                       size_t& heap_bytes);
  // REQUIRES: place.found.
  [[nodiscard]] static PackedUser* erase(PackedUser* user, Place place, size_t& heap_bytes);
  // All rows of a type. Blocks that hold nothing else are freed unseen.
  [[nodiscard]] static PackedUser* erase_type(PackedUser* user, uint8_t type, size_t& heap_bytes);
  // Replaces all rows.
  [[nodiscard]] static PackedUser* assign(PackedUser* user, const PackedRows& rows,
                                          size_t& heap_bytes);
  // REQUIRES: sorted, without duplicates.
  [[nodiscard]] static PackedUser* assign(PackedUser* user, std::span<const Row> rows,
                                          size_t& heap_bytes);

  // Calls visit(Row) for rows in order, from the first one on or only those above `after`, until it
  // returns false.
  template <typename Visit>
  void visit(std::optional<RowId> after, Visit&& visit) const {
    this->visit(after, RowFilter(), visit);
  }
  template <typename Visit>
  void visit(std::optional<RowId> after, const RowFilter& filter, Visit&& visit) const;

  // Calls visit(block, first, last) for each block: rows [first, last) are of `type`, or all.
  template <typename Visit>
  void visit_blocks(std::optional<uint8_t> type, Visit&& visit) const;

  void check() const;

 private:
  struct BlockRef {
    uint64_t channel;
    uint64_t type_and_address;  // type in the top 16 bits
  };

  PackedUser(Bytes key, State state);
  ~PackedUser() = default;

  const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(this); }
  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(this); }
  size_t inline_at() const { return kKeyAt + key_bytes_; }
  size_t directory_at() const { return (inline_at() + 7) & ~size_t{7}; }
  size_t size() const;
  size_t block_count() const { return blocks_ != 0 ? blocks_ : (rows_ != 0 ? 1 : 0); }
  BlockRef* directory() { return reinterpret_cast<BlockRef*>(bytes() + directory_at()); }
  const BlockRef* directory() const {
    return reinterpret_cast<const BlockRef*>(bytes() + directory_at());
  }
  static uint8_t* address(const BlockRef& ref) {
    return reinterpret_cast<uint8_t*>(ref.type_and_address & kAddressMask);
  }
  static RowId first_id(const BlockRef& ref);
  static BlockRef ref_to(const uint8_t* block, RowId first);
  static BlockRef new_block(std::span<const Row> rows, size_t& heap_bytes);
  static void free_block(const BlockRef& ref, size_t& heap_bytes);
  uint8_t* block_bytes(size_t block) {
    return blocks_ == 0 ? bytes() + inline_at() : address(directory()[block]);
  }
  RowBlock block(size_t index) const {
    return RowBlock(blocks_ == 0 ? bytes() + inline_at() : address(directory()[index]));
  }

  void free_blocks(size_t& heap_bytes);
  void rewrite_block(size_t block, std::span<const Row> rows, size_t& heap_bytes);
  static PackedUser* resize(PackedUser* user, size_t size, size_t& heap_bytes);
  static PackedUser* set_inline(PackedUser* user, std::span<const Row> rows, size_t& heap_bytes);
  static PackedUser* split_inline(PackedUser* user, std::span<const Row> left,
                                  std::span<const Row> right, size_t& heap_bytes);
  static PackedUser* insert_block(PackedUser* user, size_t at, BlockRef ref, size_t& heap_bytes);
  static PackedUser* remove_block(PackedUser* user, size_t at, size_t& heap_bytes);
  static PackedUser* replace_blocks(PackedUser* user, size_t first, size_t last,
                                    std::span<const Row> rows, size_t& heap_bytes);
  static PackedUser* take_inline_if_single(PackedUser* user, size_t& heap_bytes);

  static constexpr uint64_t kAddressMask = 0x0000'ffff'ffff'ffffULL;
  static constexpr size_t kKeyAt = 43;

  uint32_t rows_ = 0;
  uint32_t blocks_ = 0;
  uint16_t key_bytes_ = 0;
  State state_;
};

template <typename Visit>
void PackedUser::visit(std::optional<RowId> after, const RowFilter& filter, Visit&& visit) const {
  if (rows_ == 0) return;
  Place from;
  if (after) {
    from = locate(*after);
    if (from.found) ++from.row;
  }
  for (size_t i = from.block; i < block_count(); ++i, from.row = 0) {
    if (!block(i).visit(from.row, filter, visit)) return;
  }
}

template <typename Visit>
void PackedUser::visit_blocks(std::optional<uint8_t> type, Visit&& visit) const {
  for (size_t i = 0; i < block_count(); ++i) {
    const RowBlock rows = block(i);
    size_t first = 0;
    size_t last = rows.rows();
    if (type) {
      first = rows.lower_bound(RowId{.type = *type, .channel = 0});
      last = rows.lower_bound(RowId{.type = static_cast<uint8_t>(*type + 1), .channel = 0});
    }
    if (first != last) visit(rows, first, last);
  }
}

}  // namespace tidemark::storage
