#include "storage/persist/rocksdb_format.hpp"

#include <algorithm>
#include <limits>

#include "storage/base/ensure.hpp"

namespace tidemark::storage::rocksdb_format {
namespace {

constexpr char kRowTag = 1;
constexpr char kDeltasTag = 2;
constexpr char kNoRowTag = 3;
constexpr char kUserTag = 4;
constexpr char kCeilingTag = 5;

constexpr size_t kLengthBytes = 2;
constexpr size_t kRowIdBytes = 1 + 8;
constexpr uint64_t kInt32Max = std::numeric_limits<int32_t>::max();
constexpr uint64_t kInt64Max = std::numeric_limits<int64_t>::max();

uint8_t byte_at(Bytes bytes, size_t i) { return static_cast<uint8_t>(bytes[i]); }

void put_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(static_cast<uint8_t>(value) | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

void put_unsigned(std::string& out, int64_t value) {
  ENSURE(value >= 0);
  put_varint(out, static_cast<uint64_t>(value));
}

void put_signed(std::string& out, int64_t value) {
  const auto bits = static_cast<uint64_t>(value);
  put_varint(out, (bits << 1) ^ static_cast<uint64_t>(value >> 63));
}

// Reads a value field by field and remembers whether all of it was as it should be.
class Decoder {
 public:
  explicit Decoder(Bytes in) : in_(in) {}

  void tag(char expected) { failed_ |= byte() != static_cast<uint8_t>(expected); }

  uint8_t byte() {
    if (in_.empty()) {
      failed_ = true;
      return 0;
    }
    const uint8_t value = byte_at(in_, 0);
    in_.remove_prefix(1);
    return value;
  }

  int64_t integer(uint64_t max) {
    const uint64_t value = varint();
    failed_ |= value > max;
    return failed_ ? 0 : static_cast<int64_t>(value);
  }

  int32_t counter() { return static_cast<int32_t>(integer(kInt32Max)); }

  int32_t signed_counter() {
    const uint64_t bits = varint();
    const auto value = static_cast<int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
    failed_ |=
        value > std::numeric_limits<int32_t>::max() || value < -std::numeric_limits<int32_t>::max();
    return failed_ ? 0 : static_cast<int32_t>(value);
  }

  bool at_end() const { return in_.empty(); }
  bool failed() const { return failed_; }
  bool complete() const { return at_end() && !failed_; }

 private:
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint64_t next = byte();
      if (shift == 63 && next > 1) failed_ = true;
      value |= (next & 0x7f) << shift;
      if (next < 0x80 || failed_) return value;
    }
    failed_ = true;
    return 0;
  }

  Bytes in_;
  bool failed_ = false;
};

void put_delta(std::string& out, const Delta& delta) {
  put_unsigned(out, delta.message_id);
  put_signed(out, delta.mentions);
  put_signed(out, delta.unread);
  put_unsigned(out, delta.version);
}

// Applies the deltas in `operand` to `row`; `exists` turns true where they bring it into being.
bool apply_deltas(Bytes operand, Row& row, bool& exists) {
  Decoder in(operand);
  in.tag(kDeltasTag);
  while (!in.at_end() && !in.failed()) {
    Delta delta{.id = row.id};
    delta.message_id = in.integer(kInt64Max);
    delta.mentions = in.signed_counter();
    delta.unread = in.signed_counter();
    delta.version = in.integer(kInt64Max);
    if (in.failed()) break;
    if (delta.version > row.version && apply(delta, row)) exists = true;
  }
  return !in.failed();
}

Result<std::string> merge_row(Bytes key, const Bytes* value, std::span<const Bytes> operands) {
  const std::optional<RowId> id = row_id_of(key);
  if (!id) return Errc::corrupt;
  Row row{.id = *id};
  bool exists = false;
  if (value != nullptr) {
    Result<std::optional<Row>> stored = decode_row(*id, *value);
    if (!stored) return stored.error();
    exists = stored->has_value();
    if (exists) row = **stored;
  }
  for (const Bytes operand : operands) {
    if (!apply_deltas(operand, row, exists)) return Errc::corrupt;
  }
  return exists ? encode(row) : std::string(1, kNoRowTag);
}

Result<std::string> merge_users(std::span<const Bytes> records) {
  UserRecord merged;
  for (const Bytes bytes : records) {
    const Result<UserRecord> record = decode_user(bytes);
    if (!record) return record.error();
    merged.version = std::max(merged.version, record->version);
    merged.last_deletion = std::max(merged.last_deletion, record->last_deletion);
  }
  return encode(merged);
}

Result<std::string> merge_ceilings(std::span<const Bytes> ceilings) {
  int64_t merged = 0;
  for (const Bytes bytes : ceilings) {
    const Result<int64_t> ceiling = decode_ceiling(bytes);
    if (!ceiling) return ceiling.error();
    merged = std::max(merged, *ceiling);
  }
  return encode_ceiling(merged);
}

Result<std::string> concatenate_deltas(std::span<const Bytes> operands) {
  std::string merged(1, kDeltasTag);
  for (const Bytes operand : operands) {
    if (operand.empty() || operand.front() != kDeltasTag) return Errc::corrupt;
    merged.append(operand.substr(1));
  }
  return merged;
}

char tag_of(std::span<const Bytes> operands) {
  return operands.empty() || operands.front().empty() ? char{0} : operands.front().front();
}

}  // namespace

std::string user_key(Bytes user) {
  ENSURE(!user.empty() && user.size() <= kUserBytesMax);
  std::string key;
  key.reserve(kLengthBytes + user.size() + kRowIdBytes);
  key.push_back(static_cast<char>(user.size() >> 8));
  key.push_back(static_cast<char>(user.size() & 0xff));
  key.append(user);
  return key;
}

std::string row_key(Bytes user, RowId id) {
  ENSURE(id.type <= kTypeMax && id.channel >= 0);
  std::string key = user_key(user);
  key.push_back(static_cast<char>(id.type));
  for (int shift = 56; shift >= 0; shift -= 8) {
    key.push_back(static_cast<char>(static_cast<uint64_t>(id.channel) >> shift));
  }
  return key;
}

KeyRange row_range(Bytes user, uint8_t first_type, uint8_t end_type) {
  KeyRange range{.begin = user_key(user), .end = {}};
  range.end = range.begin;
  range.begin.push_back(static_cast<char>(first_type));
  range.end.push_back(static_cast<char>(end_type));
  return range;
}

size_t user_key_bytes(Bytes key) {
  if (key.size() < kLengthBytes) return 0;
  const size_t bytes = kLengthBytes + (size_t{byte_at(key, 0)} << 8 | byte_at(key, 1));
  return bytes <= key.size() ? bytes : 0;
}

std::optional<RowId> row_id_of(Bytes key) {
  const size_t user_bytes = user_key_bytes(key);
  if (user_bytes == 0 || key.size() != user_bytes + kRowIdBytes) return std::nullopt;
  uint64_t channel = 0;
  for (size_t i = user_bytes + 1; i < key.size(); ++i) channel = channel << 8 | byte_at(key, i);
  const uint8_t type = byte_at(key, user_bytes);
  if (type > kTypeMax || channel > kInt64Max) return std::nullopt;
  return RowId{.type = type, .channel = static_cast<int64_t>(channel)};
}

std::string encode(const Row& row) {
  std::string out(1, kRowTag);
  put_unsigned(out, row.mark);
  put_unsigned(out, row.mentions);
  put_unsigned(out, row.unread);
  out.push_back(static_cast<char>(row.flags));
  out.push_back(row.manual ? 1 : 0);
  put_unsigned(out, row.version);
  return out;
}

std::string encode(std::span<const Delta> deltas) {
  std::string out(1, kDeltasTag);
  for (const Delta& delta : deltas) put_delta(out, delta);
  return out;
}

std::string encode(const UserRecord& record) {
  std::string out(1, kUserTag);
  put_unsigned(out, record.version);
  put_unsigned(out, record.last_deletion);
  return out;
}

std::string encode_ceiling(int64_t version) {
  std::string out(1, kCeilingTag);
  put_unsigned(out, version);
  return out;
}

Result<std::optional<Row>> decode_row(RowId id, Bytes value) {
  if (is_no_row(value)) return std::optional<Row>();
  Decoder in(value);
  in.tag(kRowTag);
  Row row{.id = id};
  row.mark = in.integer(kInt64Max);
  row.mentions = in.counter();
  row.unread = in.counter();
  row.flags = in.byte();
  const uint8_t manual = in.byte();
  row.manual = manual == 1;
  row.version = in.integer(kInt64Max);
  if (!in.complete() || manual > 1) return Errc::corrupt;
  return std::optional<Row>(row);
}

Result<UserRecord> decode_user(Bytes value) {
  Decoder in(value);
  in.tag(kUserTag);
  UserRecord record;
  record.version = in.integer(kInt64Max);
  record.last_deletion = in.integer(kInt64Max);
  if (!in.complete()) return Errc::corrupt;
  return record;
}

Result<int64_t> decode_ceiling(Bytes value) {
  Decoder in(value);
  in.tag(kCeilingTag);
  const int64_t version = in.integer(kInt64Max);
  if (!in.complete()) return Errc::corrupt;
  return version;
}

bool is_no_row(Bytes value) { return value.size() == 1 && value.front() == kNoRowTag; }

Result<std::string> merge_operands(std::span<const Bytes> operands) {
  switch (tag_of(operands)) {
    case kDeltasTag:
      return concatenate_deltas(operands);
    case kUserTag:
      return merge_users(operands);
    case kCeilingTag:
      return merge_ceilings(operands);
    default:
      return Errc::corrupt;
  }
}

Result<std::string> merge(Bytes key, const Bytes* value, std::span<const Bytes> operands) {
  if (tag_of(operands) == kDeltasTag) return merge_row(key, value, operands);
  Result<std::string> merged = merge_operands(operands);
  if (!merged || value == nullptr) return merged;
  const Bytes both[] = {*value, *merged};
  return merge_operands(both);
}

}  // namespace tidemark::storage::rocksdb_format
