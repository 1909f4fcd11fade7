#include "storage/readstate/packed_user.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <new>

#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"
#include "storage/readstate/packed_rows.hpp"

namespace tidemark::storage {

namespace {

// A block with fewer rows than kSparse joins a neighbour if both together stay below kJoined, which
// leaves room to insert before the next split.
constexpr size_t kSparse = 16;
constexpr size_t kJoined = 48;

// The rows of one block, out of their packing, with room for one more.
class Unpacked {
 public:
  explicit Unpacked(const RowBlock& block) : Unpacked() { append(block); }
  Unpacked() {}  // leaves the rows as they are: filling them costs more than all the rest

  void append(const RowBlock& block) {
    block.visit(0, [this](const Row& row) {
      rows_[count_++] = row;
      return true;
    });
  }
  void insert(size_t at, const Row& row) {
    std::move_backward(rows_.begin() + static_cast<ptrdiff_t>(at),
                       rows_.begin() + static_cast<ptrdiff_t>(count_),
                       rows_.begin() + static_cast<ptrdiff_t>(count_) + 1);
    rows_[at] = row;
    ++count_;
  }
  void erase(size_t at) {
    std::move(rows_.begin() + static_cast<ptrdiff_t>(at) + 1,
              rows_.begin() + static_cast<ptrdiff_t>(count_),
              rows_.begin() + static_cast<ptrdiff_t>(at));
    --count_;
  }
  Row& operator[](size_t at) { return rows_[at]; }
  size_t count() const { return count_; }
  std::span<const Row> rows() const { return {rows_.data(), count_}; }

 private:
  union {
    std::array<Row, RowBlock::kRowsMax + 1> rows_;
  };
  size_t count_ = 0;
};

}  // namespace

PackedUser::PackedUser(Bytes key, State state)
    : key_bytes_(static_cast<uint16_t>(key.size())), state_(state) {
  ENSURE_DEBUG(reinterpret_cast<const uint8_t*>(&state_) + sizeof state_ == bytes() + kKeyAt);
  std::memcpy(bytes() + kKeyAt, key.data(), key.size());
}

PackedUser* PackedUser::create(Bytes key, State state, size_t& heap_bytes) {
  // The object's padding may reach beyond its last byte in use.
  const size_t size = std::max(sizeof(PackedUser), kKeyAt + key.size());
  heap_bytes += heap::block_bytes(size);
  return new (heap::allocate(size)) PackedUser(key, state);
}

void PackedUser::destroy(PackedUser* user, size_t& heap_bytes) {
  user->free_blocks(heap_bytes);
  const size_t size = user->size();
  heap_bytes -= heap::block_bytes(size);
  heap::deallocate(user, size);
}

size_t PackedUser::size() const {
  size_t size = inline_at();
  if (blocks_ != 0) {
    size = directory_at() + blocks_ * sizeof(BlockRef);
  } else if (rows_ != 0) {
    size += block(0).bytes();
  }
  return std::max(sizeof(PackedUser), size);
}

size_t PackedUser::memory_bytes() const {
  size_t total = heap::block_bytes(size());
  for (size_t i = 0; i < blocks_; ++i) total += heap::block_bytes(block(i).bytes());
  return total;
}

RowId PackedUser::first_id(const BlockRef& ref) {
  return RowId{.type = static_cast<uint8_t>(ref.type_and_address >> 48),
               .channel = static_cast<int64_t>(ref.channel)};
}

PackedUser::BlockRef PackedUser::ref_to(const uint8_t* block, RowId first) {
  return BlockRef{.channel = static_cast<uint64_t>(first.channel),
                  .type_and_address =
                      reinterpret_cast<uintptr_t>(block) | static_cast<uint64_t>(first.type) << 48};
}

PackedUser::BlockRef PackedUser::new_block(std::span<const Row> rows, size_t& heap_bytes) {
  const RowBlockWriter writer(rows);
  auto* block = static_cast<uint8_t*>(heap::allocate(writer.bytes()));
  heap_bytes += heap::block_bytes(writer.bytes());
  writer.write(block);
  return ref_to(block, rows.front().id);
}

void PackedUser::free_block(const BlockRef& ref, size_t& heap_bytes) {
  uint8_t* const block = address(ref);
  const size_t size = RowBlock(block).bytes();
  heap_bytes -= heap::block_bytes(size);
  heap::deallocate(block, size);
}

void PackedUser::free_blocks(size_t& heap_bytes) {
  for (size_t i = 0; i < blocks_; ++i) free_block(directory()[i], heap_bytes);
}

PackedUser::Place PackedUser::locate(RowId id) const {
  if (rows_ == 0) return {};
  size_t index = 0;
  if (blocks_ != 0) {
    const std::span refs(directory(), blocks_);
    const auto above = std::ranges::upper_bound(refs, id, {}, &PackedUser::first_id);
    index = above == refs.begin() ? 0 : static_cast<size_t>(above - refs.begin()) - 1;
  }
  const RowBlock rows = block(index);
  const size_t row = rows.lower_bound(id);
  return Place{.block = index, .row = row, .found = row < rows.rows() && rows.id(row) == id};
}

PackedUser* PackedUser::resize(PackedUser* user, size_t size, size_t& heap_bytes) {
  const size_t before = heap::block_bytes(user->size());
  const size_t after = heap::block_bytes(std::max(sizeof(PackedUser), size));
  if (before == after) return user;
  heap_bytes += after - before;
  return static_cast<PackedUser*>(heap::reallocate(user, std::max(sizeof(PackedUser), size)));
}

// REQUIRES: no block is left that is not inline.
PackedUser* PackedUser::set_inline(PackedUser* user, std::span<const Row> rows,
                                   size_t& heap_bytes) {
  if (rows.empty()) {
    user = resize(user, user->inline_at(), heap_bytes);
  } else {
    const RowBlockWriter writer(rows);
    user = resize(user, user->inline_at() + writer.bytes(), heap_bytes);
    writer.write(user->bytes() + user->inline_at());
  }
  user->blocks_ = 0;
  user->rows_ = static_cast<uint32_t>(rows.size());
  return user;
}

// One block of its own is written anew; which row is its first may have changed.
void PackedUser::rewrite_block(size_t block, std::span<const Row> rows, size_t& heap_bytes) {
  BlockRef& ref = directory()[block];
  const RowBlockWriter writer(rows);
  const size_t before = RowBlock(address(ref)).bytes();
  if (heap::block_bytes(before) == heap::block_bytes(writer.bytes())) {
    writer.write(address(ref));
    const RowId first = rows.front().id;
    ref.channel = static_cast<uint64_t>(first.channel);
    ref.type_and_address = (ref.type_and_address & kAddressMask) | static_cast<uint64_t>(first.type)
                                                                       << 48;
  } else {
    free_block(ref, heap_bytes);
    ref = new_block(rows, heap_bytes);
  }
}

PackedUser* PackedUser::split_inline(PackedUser* user, std::span<const Row> left,
                                     std::span<const Row> right, size_t& heap_bytes) {
  const std::array refs = {new_block(left, heap_bytes), new_block(right, heap_bytes)};
  user = resize(user, user->directory_at() + sizeof refs, heap_bytes);
  std::memcpy(user->directory(), refs.data(), sizeof refs);
  user->blocks_ = 2;
  return user;
}

PackedUser* PackedUser::insert_block(PackedUser* user, size_t at, BlockRef ref,
                                     size_t& heap_bytes) {
  const size_t count = user->blocks_;
  user = resize(user, user->directory_at() + (count + 1) * sizeof(BlockRef), heap_bytes);
  BlockRef* refs = user->directory();
  std::move_backward(refs + at, refs + count, refs + count + 1);
  refs[at] = ref;
  user->blocks_ = static_cast<uint32_t>(count + 1);
  return user;
}

// The block itself has been freed.
PackedUser* PackedUser::remove_block(PackedUser* user, size_t at, size_t& heap_bytes) {
  const size_t count = user->blocks_;
  BlockRef* refs = user->directory();
  std::move(refs + at + 1, refs + count, refs + at);
  user = resize(user, user->directory_at() + (count - 1) * sizeof(BlockRef), heap_bytes);
  user->blocks_ = static_cast<uint32_t>(count - 1);
  return user;
}

PackedUser* PackedUser::put(PackedUser* user, Place place, const Row& row, size_t& heap_bytes) {
  if (place.found && RowBlockWriter::overwrite(user->block_bytes(place.block), place.row, row)) {
    return user;
  }
  if (user->rows_ == 0) return set_inline(user, {&row, 1}, heap_bytes);

  Unpacked rows(user->block(place.block));
  if (place.found) {
    rows[place.row] = row;
  } else {
    rows.insert(place.row, row);
  }
  const bool is_inline = user->blocks_ == 0;
  if (rows.count() <= RowBlock::kRowsMax) {
    if (is_inline) return set_inline(user, rows.rows(), heap_bytes);
    user->rewrite_block(place.block, rows.rows(), heap_bytes);
    user->rows_ += place.found ? 0 : 1;
    return user;
  }

  // New channels have the highest ids: a block that overflows at the user's end stays full.
  const bool appended = place.row == RowBlock::kRowsMax && place.block + 1 == user->block_count();
  const size_t middle = appended ? RowBlock::kRowsMax : rows.count() / 2;
  const auto left = rows.rows().first(middle);
  const auto right = rows.rows().subspan(middle);
  if (is_inline) {
    user = split_inline(user, left, right, heap_bytes);
  } else {
    user->rewrite_block(place.block, left, heap_bytes);
    user = insert_block(user, place.block + 1, new_block(right, heap_bytes), heap_bytes);
  }
  ++user->rows_;
  return user;
}

PackedUser* PackedUser::erase(PackedUser* user, Place place, size_t& heap_bytes) {
  Unpacked rows(user->block(place.block));
  rows.erase(place.row);
  if (user->blocks_ == 0) return set_inline(user, rows.rows(), heap_bytes);

  --user->rows_;
  // The left neighbour, or for the first block the right one.
  const size_t left = place.block == 0 ? 0 : place.block - 1;
  const size_t other = place.block == 0 ? 1 : left;
  if (rows.count() == 0) {
    free_block(user->directory()[place.block], heap_bytes);
    user = remove_block(user, place.block, heap_bytes);
  } else if (rows.count() < kSparse && user->block(other).rows() + rows.count() <= kJoined) {
    Unpacked joined;
    if (place.block != 0) joined.append(user->block(other));
    for (const Row& row : rows.rows()) joined.insert(joined.count(), row);
    if (place.block == 0) joined.append(user->block(other));
    free_block(user->directory()[left + 1], heap_bytes);
    user->rewrite_block(left, joined.rows(), heap_bytes);
    user = remove_block(user, left + 1, heap_bytes);
  } else {
    user->rewrite_block(place.block, rows.rows(), heap_bytes);
  }
  return take_inline_if_single(user, heap_bytes);
}

// One block alone lies in the user.
PackedUser* PackedUser::take_inline_if_single(PackedUser* user, size_t& heap_bytes) {
  if (user->blocks_ != 1) return user;
  const Unpacked last(user->block(0));
  free_block(user->directory()[0], heap_bytes);
  return set_inline(user, last.rows(), heap_bytes);
}

bool PackedUser::has_type(uint8_t type) const {
  const RowId first{.type = type, .channel = 0};
  const Place place = locate(first);
  if (rows_ == 0) return false;
  // Where the next row is, if it is not in this block, it is the first of the next.
  const bool here = place.row < block(place.block).rows();
  const size_t index = here ? place.block : place.block + 1;
  return index < block_count() && block(index).id(here ? place.row : 0).type == type;
}

void PackedUser::copy_type(uint8_t type, std::vector<Row>& rows) const {
  visit_blocks(type, [&rows](const RowBlock& block, size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) rows.push_back(block.row(i));
  });
}

// Puts blocks of `rows` in the place of the blocks from `first` to `last`, both included, which are
// freed. REQUIRES: they were at least as many.
PackedUser* PackedUser::replace_blocks(PackedUser* user, size_t first, size_t last,
                                       std::span<const Row> rows, size_t& heap_bytes) {
  const size_t count = user->blocks_;
  for (size_t i = first; i <= last; ++i) free_block(user->directory()[i], heap_bytes);
  BlockRef* const refs = user->directory();
  size_t end = first;
  for (; !rows.empty(); ++end) {
    ENSURE(end <= last);
    const size_t length = std::min(rows.size(), RowBlock::kRowsMax);
    refs[end] = new_block(rows.first(length), heap_bytes);
    rows = rows.subspan(length);
  }
  std::move(refs + last + 1, refs + count, refs + end);
  const size_t left = count - (last + 1 - end);
  const size_t size =
      left == 0 ? user->inline_at() : user->directory_at() + left * sizeof(BlockRef);
  user = resize(user, size, heap_bytes);
  user->blocks_ = static_cast<uint32_t>(left);
  return user;
}

PackedUser* PackedUser::erase_type(PackedUser* user, uint8_t type, size_t& heap_bytes) {
  if (!user->has_type(type)) return user;
  const Place from = user->locate({.type = type, .channel = 0});
  const Place to = user->locate({.type = static_cast<uint8_t>(type + 1), .channel = 0});
  // What stays of the first and of the last block that hold such rows.
  std::vector<Row> kept;
  const auto keep = [&](size_t block, size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) kept.push_back(user->block(block).row(i));
  };
  keep(from.block, 0, from.row);
  keep(to.block, to.row, user->block(to.block).rows());
  size_t seen = 0;
  for (size_t i = from.block; i <= to.block; ++i) seen += user->block(i).rows();
  if (user->blocks_ == 0) return set_inline(user, kept, heap_bytes);

  user->rows_ -= static_cast<uint32_t>(seen - kept.size());
  return take_inline_if_single(replace_blocks(user, from.block, to.block, kept, heap_bytes),
                               heap_bytes);
}

PackedUser* PackedUser::assign(PackedUser* user, std::span<const Row> rows, size_t& heap_bytes) {
  return assign(user, PackedRows(rows), heap_bytes);
}

PackedUser* PackedUser::assign(PackedUser* user, const PackedRows& rows, size_t& heap_bytes) {
  user->free_blocks(heap_bytes);
  const std::span<const PackedRows::Block> blocks = rows.blocks();
  const auto copy = [&rows](uint8_t* to, const PackedRows::Block& block) {
    std::memcpy(to, rows.bytes_of(block), block.bytes);
  };
  if (blocks.size() <= 1) {
    const size_t bytes = blocks.empty() ? 0 : blocks[0].bytes;
    user = resize(user, user->inline_at() + bytes, heap_bytes);
    if (!blocks.empty()) copy(user->bytes() + user->inline_at(), blocks[0]);
    user->blocks_ = 0;
  } else {
    user = resize(user, user->directory_at() + blocks.size() * sizeof(BlockRef), heap_bytes);
    for (size_t i = 0; i < blocks.size(); ++i) {
      auto* const made = static_cast<uint8_t*>(heap::allocate(blocks[i].bytes));
      heap_bytes += heap::block_bytes(blocks[i].bytes);
      copy(made, blocks[i]);
      user->directory()[i] = ref_to(made, blocks[i].first);
    }
    user->blocks_ = static_cast<uint32_t>(blocks.size());
  }
  user->rows_ = static_cast<uint32_t>(rows.rows());
  return user;
}

void PackedUser::check() const {
  ENSURE(key_bytes_ >= 1 && key_bytes_ <= 512);
  ENSURE(blocks_ != 1);
  size_t seen = 0;
  std::optional<RowId> last;
  for (size_t i = 0; i < block_count(); ++i) {
    const RowBlock rows = block(i);
    rows.check();
    if (blocks_ != 0) ENSURE(first_id(directory()[i]) == rows.id(0));
    for (size_t row = 0; row < rows.rows(); ++row) {
      ENSURE(!last || *last < rows.id(row));
      ENSURE(rows.version(row) <= books.version);
      last = rows.id(row);
    }
    seen += rows.rows();
  }
  ENSURE(seen == rows_);
}

}  // namespace tidemark::storage
