#include "storage/rdb/value_skipper.hpp"

#include "storage/rdb/format.hpp"

namespace tidemark::storage::rdb {

namespace {

constexpr size_t kTimeBytes = 8;

void skip_strings(Reader& reader, uint64_t count) {
  for (; count > 0 && !reader.failed(); --count) reader.skip_string();
}

void skip_lengths(Reader& reader, unsigned count) {
  for (; count > 0; --count) (void)reader.next_length();
}

void skip_text_double(Reader& reader) {
  const uint8_t length = reader.next_byte();
  if (length < kNan) reader.skip_raw(length);
}

void skip_consumer(Reader& reader, bool with_active_time) {
  reader.skip_string();
  reader.skip_raw(kTimeBytes * (with_active_time ? 2 : 1));
  reader.skip_raw(uint64_t{reader.next_count(kStreamIdBytes)} * kStreamIdBytes);
}

void skip_group(Reader& reader, Type type) {
  reader.skip_string();
  skip_lengths(reader, type == Type::stream_listpacks ? 2 : 3);
  for (uint64_t left = reader.next_length(); left > 0 && !reader.failed(); --left) {
    reader.skip_raw(kStreamIdBytes + kTimeBytes);
    skip_lengths(reader, 1);
  }
  for (uint64_t left = reader.next_length(); left > 0 && !reader.failed(); --left) {
    skip_consumer(reader, type == Type::stream_listpacks_3);
  }
}

void skip_stream(Reader& reader, Type type) {
  const uint64_t nodes = reader.next_length();
  for (uint64_t left = nodes; left > 0 && !reader.failed(); --left) skip_strings(reader, 2);
  // Length and last id; then the first and the greatest erased id, and entries added.
  skip_lengths(reader, type == Type::stream_listpacks ? 3 : 8);
  for (uint64_t left = reader.next_length(); left > 0 && !reader.failed(); --left) {
    skip_group(reader, type);
  }
}

}  // namespace

bool skip_value(Reader& reader, uint8_t type) {
  const auto known = static_cast<Type>(type);
  switch (known) {
    case Type::string:
    case Type::hash_zipmap:
    case Type::list_ziplist:
    case Type::set_intset:
    case Type::zset_ziplist:
    case Type::hash_ziplist:
    case Type::hash_listpack:
    case Type::zset_listpack:
    case Type::set_listpack:
      reader.skip_string();
      break;
    case Type::list:
    case Type::set:
    case Type::list_quicklist:
      skip_strings(reader, reader.next_length());
      break;
    case Type::hash:
      for (uint64_t left = reader.next_length(); left > 0 && !reader.failed(); --left) {
        skip_strings(reader, 2);
      }
      break;
    case Type::zset:
      for (uint64_t left = reader.next_length(); left > 0 && !reader.failed(); --left) {
        reader.skip_string();
        skip_text_double(reader);
      }
      break;
    case Type::hash_with_ends:
      reader.skip_raw(kTimeBytes);
      for (uint64_t left = reader.next_length(); left > 0 && !reader.failed(); --left) {
        skip_lengths(reader, 1);
        skip_strings(reader, 2);
      }
      break;
    case Type::hash_listpack_with_ends:
      reader.skip_raw(kTimeBytes);
      reader.skip_string();
      break;
    case Type::zset_2:
      for (uint64_t left = reader.next_length(); left > 0 && !reader.failed(); --left) {
        reader.skip_string();
        reader.skip_raw(sizeof(double));
      }
      break;
    case Type::list_quicklist_2:
      for (uint64_t left = reader.next_length(); left > 0 && !reader.failed(); --left) {
        skip_lengths(reader, 1);
        reader.skip_string();
      }
      break;
    case Type::stream_listpacks:
    case Type::stream_listpacks_2:
    case Type::stream_listpacks_3:
      skip_stream(reader, known);
      break;
    default:
      return false;
  }
  return !reader.failed();
}

}  // namespace tidemark::storage::rdb
