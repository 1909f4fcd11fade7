#include "storage/rdb/listpack.hpp"

#include <bit>
#include <cstring>

#include "storage/rdb/blocks.hpp"

namespace tidemark::storage::rdb {

namespace {

constexpr size_t kHeaderBytes = 6;
constexpr size_t kFrameBytes = kHeaderBytes + 1;
constexpr size_t kManyElements = 0xffff;

// How many bytes say the length of an element of so many bytes; the limits are the format's own.
size_t back_length_bytes(size_t bytes) {
  if (bytes <= 127) return 1;
  if (bytes < 16383) return 2;
  if (bytes < 2097151) return 3;
  return bytes < 268435455 ? 4 : 5;
}

bool is_back_length(Bytes bytes, size_t length) {
  size_t said = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (((byte & 0x80U) != 0) != (i > 0)) return false;
    said = (said << 7) | (byte & 0x7fU);
  }
  return said == length;
}

// An element and the bytes it takes up, without the length behind it; none where its first bytes
// are of no kind. A text may be longer than what is there.
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

std::optional<Decoded> decode(Bytes at) {
  if (at.size() < 2) return std::nullopt;
  const auto first = static_cast<unsigned char>(at[0]);
  const auto second = static_cast<unsigned char>(at[1]);
  if (first < 0x80) return Decoded{PackedElement(int64_t{first}), 1};
  if (first < 0xc0) return text(at, 1, first & 0x3fU);
  if (first < 0xe0) {
    const auto bits = static_cast<int64_t>(((first & 0x1fU) << 8) | second);
    return Decoded{PackedElement(bits < 4096 ? bits : bits - 8192), 2};
  }
  if (first < 0xf0) return text(at, 2, (size_t{first & 0x0fU} << 8) | second);
  switch (first) {
    case 0xf0:
      if (at.size() < 5) return std::nullopt;
      return text(at, 5, load_unsigned(at.substr(1, 4)));
    case 0xf1:
      return integer(at, 2);
    case 0xf2:
      return integer(at, 3);
    case 0xf3:
      return integer(at, 4);
    case 0xf4:
      return integer(at, 8);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string make_listpack(std::span<const Bytes> raw, size_t elements) {
  size_t bytes = kFrameBytes;
  for (const Bytes part : raw) bytes += part.size();
  std::string block;
  block.reserve(bytes);
  append_fixed(block, bytes, 4);
  append_fixed(block, elements < kManyElements ? elements : kManyElements, 2);
  for (const Bytes part : raw) block += part;
  block.push_back(kBlockEnd);
  return block;
}

ListpackCursor::ListpackCursor(Bytes block) {
  if (block.size() < kFrameBytes || load_unsigned(block.substr(0, 4)) != block.size() ||
      block.back() != kBlockEnd) {
    failed_ = true;
    return;
  }
  const size_t count = load_unsigned(block.substr(4, 2));
  if (count != kManyElements) count_ = count;
  left_ = block.substr(kHeaderBytes, block.size() - kFrameBytes);
}

std::optional<PackedElement> ListpackCursor::next() {
  if (failed_) return std::nullopt;
  if (left_.empty()) {
    if (count_ && *count_ != seen_) return fail();
    return std::nullopt;
  }
  const auto decoded = decode(left_);
  if (!decoded) return fail();
  const size_t behind = back_length_bytes(decoded->bytes);
  if (left_.size() - decoded->bytes < behind ||
      !is_back_length(left_.substr(decoded->bytes, behind), decoded->bytes)) {
    return fail();
  }
  left_.remove_prefix(decoded->bytes + behind);
  ++seen_;
  return decoded->element;
}

std::optional<PackedElement> ListpackCursor::fail() {
  failed_ = true;
  return std::nullopt;
}

}  // namespace tidemark::storage::rdb
