#include "storage/rdb/reader.hpp"

#include <lzf.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "storage/base/number.hpp"

namespace tidemark::storage::rdb {

static_assert(std::endian::native == std::endian::little);

namespace {

// Three bytes of LZF stand for 264 at most.
constexpr size_t kExpansionMax = 88;

}  // namespace

uint8_t Reader::next_byte() {
  const Bytes byte = next_raw(1);
  return byte.empty() ? 0 : static_cast<uint8_t>(byte.front());
}

// Whether so many bytes are there.
bool Reader::fill(size_t wanted) {
  if (bytes_.size() >= wanted) return true;
  if (source_ != nullptr && wanted <= remaining()) bytes_ = source_->fill(bytes_, wanted);
  if (bytes_.size() >= wanted) return true;
  fail();
  return false;
}

void Reader::skip_raw(uint64_t count) {
  if (count > remaining()) return fail();
  while (count > 0 && fill(1)) {
    const size_t step = std::min<uint64_t>(count, bytes_.size());
    bytes_.remove_prefix(step);
    count -= step;
  }
}

Bytes Reader::next_raw(size_t count) {
  if (!fill(count)) return {};
  const Bytes taken = bytes_.substr(0, count);
  bytes_.remove_prefix(count);
  return taken;
}

uint64_t Reader::length_of(uint8_t first) {
  if ((first & kLengthKind) == 0) return first;
  if ((first & kLengthKind) == kLength14) {
    const uint64_t high = first & 0x3fU;
    return (high << 8) | next_byte();
  }
  if (first != kLength32 && first != kLength64) {
    fail();
    return 0;
  }
  uint64_t length = 0;
  for (const char byte : next_raw(first == kLength32 ? 4 : 8)) {
    length = (length << 8) | static_cast<unsigned char>(byte);
  }
  return length;
}

uint64_t Reader::next_length() { return length_of(next_byte()); }

size_t Reader::next_count(size_t bytes_each) {
  const uint64_t count = next_length();
  if (count <= remaining() / bytes_each) return count;
  fail();
  return 0;
}

Bytes Reader::next_integer_string(uint8_t form, std::string& scratch) {
  const size_t bytes = size_t{1} << (form - kInteger8);
  uint64_t value = 0;
  const Bytes raw = next_raw(bytes);
  if (raw.empty()) return {};
  std::memcpy(&value, raw.data(), raw.size());
  const unsigned unused = 64 - 8 * static_cast<unsigned>(bytes);
  scratch = to_text(static_cast<int64_t>(value << unused) >> unused);
  return scratch;
}

Bytes Reader::next_compressed(std::string& scratch, size_t max) {
  const uint64_t packed_bytes = next_length();
  const uint64_t bytes = next_length();
  if (packed_bytes > remaining() || bytes > max || bytes > packed_bytes * kExpansionMax ||
      bytes == 0 || bytes > std::numeric_limits<unsigned>::max()) {
    fail();
    return {};
  }
  const Bytes packed = next_raw(packed_bytes);
  scratch.resize(bytes);
  const unsigned unpacked = lzf_decompress(packed.data(), static_cast<unsigned>(packed.size()),
                                           scratch.data(), static_cast<unsigned>(scratch.size()));
  if (unpacked == bytes) return scratch;
  fail();
  return {};
}

Bytes Reader::next_string(std::string& scratch, size_t max) {
  const uint8_t first = next_byte();
  if (first == kCompressed) return next_compressed(scratch, max);
  if (first == kInteger8 || first == kInteger16 || first == kInteger32) {
    return next_integer_string(first, scratch);
  }
  const uint64_t length = length_of(first);
  if (length > max) fail();
  const Bytes text = failed_ ? Bytes() : next_raw(length);
  if (source_ == nullptr) return text;
  scratch = text;
  return scratch;
}

void Reader::skip_string() {
  const uint8_t first = next_byte();
  if (first == kCompressed) {
    const uint64_t bytes = next_length();
    (void)next_length();
    return skip_raw(bytes);
  }
  if (first == kInteger8 || first == kInteger16 || first == kInteger32) {
    return skip_raw(uint64_t{1} << (first - kInteger8));
  }
  skip_raw(length_of(first));
}

uint32_t Reader::next_fixed32() {
  uint32_t value = 0;
  const Bytes raw = next_raw(sizeof value);
  if (!raw.empty()) std::memcpy(&value, raw.data(), raw.size());
  return value;
}

uint64_t Reader::next_fixed64() {
  uint64_t value = 0;
  const Bytes raw = next_raw(sizeof value);
  if (!raw.empty()) std::memcpy(&value, raw.data(), raw.size());
  return value;
}

double Reader::next_double() { return std::bit_cast<double>(next_fixed64()); }

double Reader::next_text_double() {
  const uint8_t length = next_byte();
  switch (length) {
    case kNan:
      return std::numeric_limits<double>::quiet_NaN();
    case kInfinity:
      return std::numeric_limits<double>::infinity();
    case kMinusInfinity:
      return -std::numeric_limits<double>::infinity();
    default:
      break;
  }
  const auto value = parse_double(next_raw(length));
  if (value) return *value;
  fail();
  return 0;
}

}  // namespace tidemark::storage::rdb
