#pragma once

#include <cstdint>

#include "storage/base/bytes.hpp"

// What a snapshot file has around its values:
//
//   "REDIS" and the version in four digits
//   records: AUX name value | FUNCTION code | SELECTDB number | RESIZEDB keys keys-with-expiry |
//            [EXPIRETIME_MS time] [IDLE seconds | FREQ count] type key value
//   END, and the checksum of all before (8 bytes; zeros for none)
namespace tidemark::storage::rdb {

inline constexpr Bytes kMagic = "REDIS";
// Earlier ones have no checksum.
inline constexpr uint16_t kChecksumFrom = 5;

// What stands in the place of a type.
enum class Opcode : uint8_t {
  slot_info = 244,
  function = 245,
  function_draft = 246,  // of a release candidate
  module_aux = 247,
  idle = 248,
  frequency = 249,
  aux = 250,
  resize = 251,
  expiry_ms = 252,
  expiry = 253,
  select = 254,
  end = 255,
};

}  // namespace tidemark::storage::rdb
