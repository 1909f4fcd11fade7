#pragma once

#include <cstddef>
#include <cstdint>

// The numbers of the format (Redis's RDB).
namespace tidemark::storage::rdb {

// What Redis 7.2 writes, and what is written here unless a field of a hash has an end.
inline constexpr uint16_t kVersion = 11;
// Of Redis 7.4, which brought those; the newest that is read.
inline constexpr uint16_t kVersionWithEnds = 12;

// A value's type and encoding, which stands before it.
enum class Type : uint8_t {
  string = 0,
  list = 1,
  set = 2,
  zset = 3,  // scores as text
  hash = 4,
  zset_2 = 5,  // scores as doubles
  hash_zipmap = 9,
  list_ziplist = 10,
  set_intset = 11,
  zset_ziplist = 12,
  hash_ziplist = 13,
  list_quicklist = 14,  // of ziplists
  stream_listpacks = 15,
  hash_listpack = 16,
  zset_listpack = 17,
  list_quicklist_2 = 18,    // of listpacks, and of elements that are too large for one
  stream_listpacks_2 = 19,  // with the first id, what was erased, and what groups have read
  set_listpack = 20,
  stream_listpacks_3 = 21,  // with the times at which consumers were active
  hash_with_ends = 24,      // the first end, then each field with its own
  hash_listpack_with_ends = 25,
};

// A length, in network order, whose first bits tell its size:
//
//   00LLLLLL                6 bits
//   01LLLLLL LLLLLLLL       14
//   10000000 and 4 bytes    32
//   10000001 and 8 bytes    64
//   11EEEEEE                no length: a string in another form
inline constexpr uint8_t kLengthKind = 0xc0;
inline constexpr uint8_t kLength14 = 0x40;
inline constexpr uint8_t kLength32 = 0x80;
inline constexpr uint8_t kLength64 = 0x81;
inline constexpr uint8_t kOtherForm = 0xc0;

// Forms of strings besides their bytes: an integer, little endian, that has the same digits; and
// what LZF has made of it, behind both lengths.
inline constexpr uint8_t kInteger8 = kOtherForm | 0;
inline constexpr uint8_t kInteger16 = kOtherForm | 1;
inline constexpr uint8_t kInteger32 = kOtherForm | 2;
inline constexpr uint8_t kCompressed = kOtherForm | 3;

// A score as text has its length before it, or one of these in its place.
inline constexpr uint8_t kNan = 253;
inline constexpr uint8_t kInfinity = 254;
inline constexpr uint8_t kMinusInfinity = 255;

// How a node of a quicklist lies in it.
inline constexpr uint64_t kPlainNode = 1;
inline constexpr uint64_t kPackedNode = 2;

// An entry's id where it is a key or pending: both numbers, big endian.
inline constexpr size_t kStreamIdBytes = 16;

// The longest string, and the largest block of packed elements.
inline constexpr size_t kStringMax = size_t{512} << 20;
inline constexpr size_t kBlockMax = (size_t{1} << 30) + 1024;

}  // namespace tidemark::storage::rdb
