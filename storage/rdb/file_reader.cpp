#include "storage/rdb/file_reader.hpp"

#include <limits>
#include <utility>

#include "storage/rdb/format.hpp"

namespace tidemark::storage::rdb {

namespace {

constexpr size_t kVersionDigits = 4;
constexpr int64_t kMsPerSecond = 1000;

std::string hex(uint64_t value) {
  constexpr Bytes kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned bits = 64; bits > 0; bits -= 4) text += kDigits[(value >> (bits - 4)) & 0xf];
  return text;
}

}  // namespace

FileReader::Record FileReader::fail(std::string why) {
  if (ending_ != Ending::failed) {
    error_ = std::move(why);
    failed_at_ = source_.offset(reader_.at_hand());
  }
  ending_ = Ending::failed;
  return Record::failed;
}

void FileReader::refuse(std::string why) { (void)fail(std::move(why)); }

bool FileReader::read_header() {
  const Bytes header = reader_.next_raw(kMagic.size() + kVersionDigits);
  if (!header.starts_with(kMagic)) {
    (void)fail("Wrong signature trying to load DB from file");
    return false;
  }
  unsigned version = 0;
  for (const char digit : header.substr(kMagic.size())) {
    if (digit < '0' || digit > '9') version = kVersionWithEnds;  // and beyond, with what follows
    version = version * 10 + static_cast<unsigned char>(digit - '0');
  }
  if (version < 1 || version > kVersionWithEnds) {
    (void)fail("Can't handle RDB format version " + std::string(header.substr(kMagic.size())));
    return false;
  }
  version_ = static_cast<uint16_t>(version);
  return true;
}

bool FileReader::select() {
  const uint64_t index = reader_.next_length();
  if (index > std::numeric_limits<uint16_t>::max()) return false;
  db_ = DbIndex(static_cast<uint16_t>(index));
  return true;
}

// What stands before a key or between keys; false where it is none of that.
bool FileReader::read_attribute(Opcode opcode) {
  switch (opcode) {
    case Opcode::expiry:
      expire_at_ms_ = kMsPerSecond * static_cast<int32_t>(reader_.next_fixed32());
      return true;
    case Opcode::expiry_ms:
      expire_at_ms_ = static_cast<int64_t>(reader_.next_fixed64());
      return true;
    case Opcode::idle:
      use_.idle_seconds = reader_.next_length();
      return true;
    case Opcode::frequency:
      use_.frequency = reader_.next_byte();
      return true;
    case Opcode::aux:
      reader_.skip_string();
      reader_.skip_string();
      return true;
    case Opcode::select:
      return select();
    case Opcode::slot_info:
      (void)reader_.next_length();
      [[fallthrough]];
    case Opcode::resize:
      (void)reader_.next_length();
      (void)reader_.next_length();
      return true;
    default:
      return false;
  }
}

bool FileReader::read_key(uint8_t type) {
  type_ = type;
  (void)reader_.next_string(key_);
  return !reader_.failed();
}

bool FileReader::check_sum() {
  if (version_ < kChecksumFrom) return true;
  const uint64_t sum = source_.checksum(reader_.at_hand());
  const uint64_t said = reader_.next_fixed64();
  if (reader_.failed()) return false;
  if (said == 0 || said == sum || !verify_) return true;
  (void)fail("RDB CRC error: Wrong RDB checksum expected: (" + hex(said) + ") but got (" +
             hex(sum) + ")");
  return false;
}

FileReader::Record FileReader::next() {
  if (ending_ == Ending::failed) return Record::failed;
  if (ending_ == Ending::ended) return Record::end;
  if (version_ == 0 && !read_header()) return Record::failed;
  expire_at_ms_.reset();
  use_ = {};
  for (;;) {
    const uint8_t byte = reader_.next_byte();
    const auto opcode = static_cast<Opcode>(byte);
    if (reader_.failed()) break;
    if (opcode == Opcode::end) {
      if (!check_sum()) break;
      ending_ = Ending::ended;
      return Record::end;
    }
    if (opcode == Opcode::function) {
      (void)reader_.next_string(key_);
      if (reader_.failed()) break;
      return Record::function;
    }
    if (read_attribute(opcode)) continue;
    if (reader_.failed()) break;
    if (byte >= static_cast<uint8_t>(Opcode::slot_info)) {
      return fail("a record of a kind that is not known: " + std::to_string(byte));
    }
    if (read_key(byte)) return Record::key;
    break;
  }
  return fail("Unexpected end of the file, or a length that cannot be");
}

}  // namespace tidemark::storage::rdb
