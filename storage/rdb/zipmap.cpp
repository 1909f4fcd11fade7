#include "storage/rdb/zipmap.hpp"

#include "storage/rdb/blocks.hpp"

namespace tidemark::storage::rdb {

namespace {

constexpr unsigned char kManyFields = 254;
constexpr unsigned char kWideLength = 254;

unsigned char first_byte(Bytes bytes) { return static_cast<unsigned char>(bytes.front()); }

}  // namespace

ZipmapCursor::ZipmapCursor(Bytes block) {
  if (block.size() < 2 || block.back() != kBlockEnd) {
    failed_ = true;
    return;
  }
  if (first_byte(block) < kManyFields) count_ = first_byte(block);
  left_ = block.substr(1, block.size() - 2);
}

std::optional<size_t> ZipmapCursor::take_length() {
  if (left_.empty() || first_byte(left_) > kWideLength) return std::nullopt;
  const bool wide = first_byte(left_) == kWideLength;
  if (left_.size() < (wide ? 5 : 1)) return std::nullopt;
  const size_t length = wide ? load_unsigned(left_.substr(1, 4)) : first_byte(left_);
  left_.remove_prefix(wide ? 5 : 1);
  return length;
}

std::optional<PackedElement> ZipmapCursor::next() {
  if (failed_) return std::nullopt;
  const bool is_value = seen_ % 2 == 1;
  if (left_.empty()) {
    if (is_value || (count_ && 2 * *count_ != seen_)) return fail();
    return std::nullopt;
  }
  const auto length = take_length();
  if (!length || (is_value && left_.empty())) return fail();
  size_t unused = 0;
  if (is_value) {
    unused = first_byte(left_);
    left_.remove_prefix(1);
  }
  if (left_.size() < unused || left_.size() - unused < *length) return fail();
  const Bytes text = left_.substr(0, *length);
  left_.remove_prefix(*length + unused);
  ++seen_;
  return PackedElement(text);
}

std::optional<PackedElement> ZipmapCursor::fail() {
  failed_ = true;
  return std::nullopt;
}

}  // namespace tidemark::storage::rdb
