#include "storage/rdb/writer.hpp"

#include <lzf.h>

#include <bit>
#include <cstddef>
#include <cstring>
#include <limits>

#include "storage/base/number.hpp"
#include "storage/rdb/crc64.hpp"
#include "storage/rdb/format.hpp"

namespace tidemark::storage::rdb {

namespace {

constexpr uint64_t kSixBits = 1U << 6;
constexpr uint64_t kFourteenBits = 1U << 14;

// No longer text can be an integer of 32 bits.
constexpr size_t kDigitsMax = 11;
// Shorter texts are not worth the attempt to compress them.
constexpr size_t kCompressedFrom = 21;
// What compression has to save.
constexpr size_t kSavedMin = 4;

template <typename T>
bool fits(int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

}  // namespace

void Writer::put_raw(Bytes bytes) {
  if (sink_ != nullptr && bytes_.size() + bytes.size() >= kFlushedFrom) flush();
  if (sink_ != nullptr && bytes.size() >= kFlushedFrom) return drain(bytes);
  bytes_.append(bytes);
}

void Writer::flush() {
  drain(bytes_);
  bytes_.clear();
}

void Writer::drain(Bytes bytes) {
  if (failed_ || bytes.empty()) return;
  checksum_ = crc64(checksum_, bytes);
  failed_ = !sink_->write(bytes);
}

void Writer::put_length(uint64_t length) {
  if (length < kSixBits) return put_byte(static_cast<uint8_t>(length));
  if (length < kFourteenBits) {
    put_byte(static_cast<uint8_t>(kLength14 | (length >> 8)));
    return put_byte(static_cast<uint8_t>(length));
  }
  const bool wide = length > std::numeric_limits<uint32_t>::max();
  put_byte(wide ? kLength64 : kLength32);
  for (unsigned bits = wide ? 64 : 32; bits > 0;) {
    bits -= 8;
    put_byte(static_cast<uint8_t>(length >> bits));
  }
}

void Writer::put_integer_string(int64_t value) {
  size_t bytes = 0;
  if (fits<int8_t>(value)) {
    put_byte(kInteger8);
    bytes = 1;
  } else if (fits<int16_t>(value)) {
    put_byte(kInteger16);
    bytes = 2;
  } else if (fits<int32_t>(value)) {
    put_byte(kInteger32);
    bytes = 4;
  } else {
    IntegerText text;
    const char* end = format_int64(text.data(), value);
    put_length(static_cast<size_t>(end - text.data()));
    return put_raw({text.data(), static_cast<size_t>(end - text.data())});
  }
  for (size_t i = 0; i < bytes; ++i) put_byte(static_cast<uint8_t>(value >> (8 * i)));
}

void Writer::put_string(Bytes text) {
  if (text.size() <= kDigitsMax) {
    const auto value = parse_int64(text);
    if (value && fits<int32_t>(*value)) return put_integer_string(*value);
  }
  if (compression_ == Compression::lzf && text.size() >= kCompressedFrom && put_compressed(text)) {
    return;
  }
  put_length(text.size());
  put_raw(text);
}

bool Writer::put_compressed(Bytes text) {
  if (text.size() > std::numeric_limits<uint32_t>::max()) return false;
  std::string packed(text.size() - kSavedMin, '\0');
  const unsigned bytes = lzf_compress(text.data(), static_cast<unsigned>(text.size()),
                                      packed.data(), static_cast<unsigned>(packed.size()));
  if (bytes == 0) return false;
  put_byte(kCompressed);
  put_length(bytes);
  put_length(text.size());
  put_raw({packed.data(), bytes});
  return true;
}

void Writer::put_fixed64(uint64_t value) {
  static_assert(std::endian::native == std::endian::little);
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  put_raw({bytes, sizeof value});
}

void Writer::put_double(double value) { put_fixed64(std::bit_cast<uint64_t>(value)); }

}  // namespace tidemark::storage::rdb
