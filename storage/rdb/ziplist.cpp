#include "storage/rdb/ziplist.hpp"

#include <cstdint>

#include "storage/rdb/blocks.hpp"

namespace tidemark::storage::rdb {

namespace {

constexpr size_t kHeaderBytes = 10;
constexpr size_t kFrameBytes = kHeaderBytes + 1;
constexpr size_t kManyElements = 0xffff;
constexpr unsigned char kWidePrevious = 0xfe;

struct Decoded {
  PackedElement element;
  size_t bytes;
};

std::optional<Decoded> integer(Bytes at, size_t bytes) {
  if (at.size() < 1 + bytes) return std::nullopt;
  return Decoded{PackedElement(load_integer(at.substr(1, bytes))), 1 + bytes};
}

std::optional<Decoded> text(Bytes at, size_t head, size_t length) {
  if (at.size() < head || at.size() - head < length) return std::nullopt;
  return Decoded{PackedElement(at.substr(head, length)), head + length};
}

// Big endian. REQUIRES: no more than 8 bytes.
size_t load_reversed(Bytes bytes) {
  size_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

std::optional<Decoded> decode(Bytes at) {
  if (at.empty()) return std::nullopt;
  const auto first = static_cast<unsigned char>(at[0]);
  if (first < 0x40) return text(at, 1, first);
  if (first < 0x80) {
    if (at.size() < 2) return std::nullopt;
    return text(at, 2, (size_t{first & 0x3fU} << 8) | static_cast<unsigned char>(at[1]));
  }
  switch (first) {
    case 0x80:
      if (at.size() < 5) return std::nullopt;
      return text(at, 5, load_reversed(at.substr(1, 4)));
    case 0xc0:
      return integer(at, 2);
    case 0xd0:
      return integer(at, 4);
    case 0xe0:
      return integer(at, 8);
    case 0xf0:
      return integer(at, 3);
    case 0xfe:
      return integer(at, 1);
    default:
      break;
  }
  if (first < 0xf1 || first > 0xfd) return std::nullopt;
  return Decoded{PackedElement(int64_t{first & 0x0fU} - 1), 1};
}

}  // namespace

ZiplistCursor::ZiplistCursor(Bytes block) {
  if (block.size() < kFrameBytes || load_unsigned(block.substr(0, 4)) != block.size() ||
      block.back() != kBlockEnd) {
    failed_ = true;
    return;
  }
  last_ = load_unsigned(block.substr(4, 4));
  const size_t count = load_unsigned(block.substr(8, 2));
  if (count != kManyElements) count_ = count;
  left_ = block.substr(kHeaderBytes, block.size() - kFrameBytes);
  at_ = kHeaderBytes;
}

// Steps over the size of the element before, which must be right.
bool ZiplistCursor::take_previous_size() {
  const auto first = static_cast<unsigned char>(left_.front());
  const bool wide = first == kWidePrevious;
  if (left_.size() < (wide ? 5 : 1)) return false;
  const size_t said = wide ? load_unsigned(left_.substr(1, 4)) : first;
  left_.remove_prefix(wide ? 5 : 1);
  return said == previous_;
}

std::optional<PackedElement> ZiplistCursor::next() {
  if (failed_) return std::nullopt;
  if (left_.empty()) {
    if (at_ - previous_ != last_ || (count_ && *count_ != seen_)) return fail();
    return std::nullopt;
  }
  const size_t before = left_.size();
  if (!take_previous_size()) return fail();
  const auto decoded = decode(left_);
  if (!decoded) return fail();
  left_.remove_prefix(decoded->bytes);
  previous_ = before - left_.size();
  at_ += previous_;
  ++seen_;
  return decoded->element;
}

std::optional<PackedElement> ZiplistCursor::fail() {
  failed_ = true;
  return std::nullopt;
}

}  // namespace tidemark::storage::rdb
