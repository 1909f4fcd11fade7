#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "storage/base/bytes.hpp"
#include "storage/base/result.hpp"
#include "storage/readstate/row.hpp"

// The bytes that RocksDbStore keeps, format 1.
//
// Keys of column family `read_states`:
//   user record   u16 length of the user key, big-endian | user key
//   row           the user record's key | u8 type | u64 channel, big-endian
// The length comes first, so that no user's keys are a prefix of another's and whatever bytes a
// user key holds, a user is one contiguous range: the record, then the rows as they are to be
// sorted.
//
// Values begin with a tag; integers are LEB128, signed ones zigzag:
//   row           1 | mark | mentions | unread | u8 flags | u8 manual | version
//   deltas        2 | (message id | signed mentions | signed unread | version)...    merge operand
//   no row        3                  what deltas leave that bring no row into existence
//   user record   4 | version | last deletion                                value and merge
//   operand ceiling       5 | version                                                value and
//   merge operand
//
// RocksDB verifies checksums of every block, so values carry none; decoding verifies tag, ranges
// and that a value ends where it should.
namespace tidemark::storage::rocksdb_format {

inline constexpr int kFormat = 1;
inline constexpr size_t kUserBytesMax = 512;
inline constexpr uint8_t kTypeMax = 15;

struct UserRecord {
  int64_t version = 0;
  int64_t last_deletion = 0;
  friend bool operator==(const UserRecord&, const UserRecord&) = default;
};

// REQUIRES: 1 to kUserBytesMax bytes.
std::string user_key(Bytes user);
std::string row_key(Bytes user, RowId id);
// All rows of a user of the types [first, end) lie in [begin, end); the user record does not.
struct KeyRange {
  std::string begin;
  std::string end;
};
KeyRange row_range(Bytes user, uint8_t first_type = 0, uint8_t end_type = kTypeMax + 1);
// How long the user record's part of `key` is; 0 where `key` is not one of ours.
size_t user_key_bytes(Bytes key);
// The row that `key` names; none for a user record and for what is not a key of ours.
std::optional<RowId> row_id_of(Bytes key);

std::string encode(const Row& row);
std::string encode(std::span<const Delta> deltas);
std::string encode(const UserRecord& record);
std::string encode_ceiling(int64_t version);

// The row in `value`, or none where deltas left none.
Result<std::optional<Row>> decode_row(RowId id, Bytes value);
Result<UserRecord> decode_user(Bytes value);
Result<int64_t> decode_ceiling(Bytes value);
bool is_no_row(Bytes value);

// What `value` (null for none) becomes when `operands` are merged into it in order; the kind
// follows from the first operand's tag. A delta whose version is not above its row's has been
// applied before.
Result<std::string> merge(Bytes key, const Bytes* value, std::span<const Bytes> operands);
// One operand that does what `operands` do in order.
Result<std::string> merge_operands(std::span<const Bytes> operands);

}  // namespace tidemark::storage::rocksdb_format
