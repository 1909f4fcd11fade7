#include "storage/rdb/intset.hpp"

#include "storage/rdb/blocks.hpp"

namespace tidemark::storage::rdb {

namespace {

constexpr size_t kHeaderBytes = 8;

}  // namespace

std::string make_intset(const SortedIntegers& integers) {
  const size_t width = integers.width();
  std::string block;
  block.reserve(kHeaderBytes + integers.size() * width);
  append_fixed(block, width, 4);
  append_fixed(block, integers.size(), 4);
  for (size_t i = 0; i < integers.size(); ++i) {
    append_fixed(block, static_cast<uint64_t>(integers.at(i)), width);
  }
  return block;
}

IntsetCursor::IntsetCursor(Bytes block) : failed_(true) {
  if (block.size() < kHeaderBytes) return;
  width_ = load_unsigned(block.substr(0, 4));
  if (width_ != 2 && width_ != 4 && width_ != 8) return;
  const size_t count = load_unsigned(block.substr(4, 4));
  left_ = block.substr(kHeaderBytes);
  failed_ = left_.size() != count * width_;
}

std::optional<int64_t> IntsetCursor::next() {
  if (failed_ || left_.empty()) return std::nullopt;
  const int64_t value = load_integer(left_.substr(0, width_));
  left_.remove_prefix(width_);
  if (last_ && *last_ >= value) {
    failed_ = true;
    return std::nullopt;
  }
  last_ = value;
  return value;
}

}  // namespace tidemark::storage::rdb
