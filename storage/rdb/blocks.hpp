#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "storage/base/bytes.hpp"

// What the blocks of packed elements have in common.
namespace tidemark::storage::rdb {

static_assert(std::endian::native == std::endian::little);

inline constexpr char kBlockEnd = '\xff';

// The bytes as an integer, little endian. REQUIRES: 1 to 8 of them.
inline uint64_t load_unsigned(Bytes bytes) {
  uint64_t value = 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  return value;
}

// The same, the top bit being the sign.
inline int64_t load_integer(Bytes bytes) {
  const unsigned unused = 64 - 8 * static_cast<unsigned>(bytes.size());
  return static_cast<int64_t>(load_unsigned(bytes) << unused) >> unused;
}

// The lowest `bytes` bytes, little endian.
inline void append_fixed(std::string& to, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) to.push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace tidemark::storage::rdb
