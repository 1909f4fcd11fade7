#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "storage/base/bytes.hpp"

namespace tidemark::storage::rdb {

// Whether longer strings are compressed where that makes them shorter: Redis's rdbcompression.
enum class Compression : uint8_t { none, lzf };

// Puts the parts of the format behind one another.
class Writer {
 public:
  explicit Writer(Compression compression) : compression_(compression) {}

  void put_byte(uint8_t byte) { bytes_.push_back(static_cast<char>(byte)); }
  void put_raw(Bytes bytes) { bytes_.append(bytes); }
  void put_length(uint64_t length);
  // In the shortest form there is.
  void put_string(Bytes text);
  void put_integer_string(int64_t value);
  // 8 bytes, little endian.
  void put_fixed64(uint64_t value);
  void put_double(double value);

  Bytes bytes() const { return bytes_; }
  std::string take() { return std::exchange(bytes_, {}); }

 private:
  bool put_compressed(Bytes text);

  std::string bytes_;
  Compression compression_;
};

}  // namespace tidemark::storage::rdb
