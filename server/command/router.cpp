#include "server/command/router.hpp"

#include <array>

namespace tidemark::server {

namespace {

constexpr uint16_t kPolynomial = 0x1021;

constexpr std::array<uint16_t, 256> make_crc_table() {
  std::array<uint16_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 0x8000) != 0 ? (crc << 1) ^ kPolynomial : crc << 1;
    }
    table[byte] = static_cast<uint16_t>(crc);
  }
  return table;
}

constexpr std::array<uint16_t, 256> kCrcTable = make_crc_table();

uint16_t crc16(Bytes bytes) {
  uint32_t crc = 0;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    crc = ((crc << 8) & 0xffff) ^ kCrcTable[(crc >> 8) ^ byte];
  }
  return static_cast<uint16_t>(crc);
}

// What decides the slot: an empty tag, or one without an end, is none.
Bytes hashed_part(Bytes key) {
  const size_t open = key.find('{');
  if (open == Bytes::npos) return key;
  const size_t close = key.find('}', open + 1);
  if (close == Bytes::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

}  // namespace

std::vector<CoreId> Router::every_core() const {
  std::vector<CoreId> cores;
  for (uint32_t i = 0; i < cores_; ++i) cores.emplace_back(static_cast<uint16_t>(i));
  return cores;
}

SlotId Router::slot_of(Bytes key) {
  return SlotId(static_cast<uint16_t>(crc16(hashed_part(key)) % kSlotCount));
}

}  // namespace tidemark::server
