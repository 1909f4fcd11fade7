#include "storage/rdb/crc64.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

namespace tidemark::storage::rdb {

namespace {

static_assert(std::endian::native == std::endian::little);

// ad93d23594c935a9 with its bits reversed.
constexpr uint64_t kPolynomial = 0x95ac9329ac4bc9b5;
constexpr size_t kLanes = 8;

using Table = std::array<std::array<uint64_t, 256>, kLanes>;

// Lane 0 is what one byte does to the sum; lane n the same byte with n zeros behind it, so that
// eight bytes are taken at a step.
constexpr Table make_table() {
  Table table{};
  for (uint64_t byte = 0; byte < 256; ++byte) {
    uint64_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? kPolynomial : 0);
    table[0][byte] = sum;
  }
  for (size_t lane = 1; lane < kLanes; ++lane) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint64_t before = table[lane - 1][byte];
      table[lane][byte] = table[0][before & 0xff] ^ (before >> 8);
    }
  }
  return table;
}

constexpr Table kTable = make_table();

}  // namespace

uint64_t crc64(uint64_t sum, Bytes bytes) {
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= kLanes; at += kLanes, left -= kLanes) {
    uint64_t word = 0;
    std::memcpy(&word, at, kLanes);
    sum ^= word;
    uint64_t next = 0;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      next ^= kTable[kLanes - 1 - lane][(sum >> (8 * lane)) & 0xff];
    }
    sum = next;
  }
  for (; left > 0; ++at, --left) {
    sum = kTable[0][(sum ^ static_cast<unsigned char>(*at)) & 0xff] ^ (sum >> 8);
  }
  return sum;
}

}  // namespace tidemark::storage::rdb
