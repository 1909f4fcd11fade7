#pragma once

#include <cstdint>

#include "storage/base/bytes.hpp"

namespace tidemark::storage::rdb {

// The checksum of the format: 64 bits with Jones's polynomial, reflected, from 0 and without a
// final inversion. crc64(0, "123456789") is e9c6d914c4b8d9ca. Goes on from an earlier sum.
uint64_t crc64(uint64_t sum, Bytes bytes);

}  // namespace tidemark::storage::rdb
