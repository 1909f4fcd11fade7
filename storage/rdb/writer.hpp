#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "storage/base/bytes.hpp"
#include "storage/rdb/source.hpp"

namespace tidemark::storage::rdb {

// Whether longer strings are compressed where that makes them shorter: Redis's rdbcompression.
enum class Compression : uint8_t { none, lzf };

// Puts the parts of the format behind one another: into memory, or through some of it into a sink.
class Writer {
 public:
  explicit Writer(Compression compression) : compression_(compression) {}
  // The sink must outlive the writer.
  Writer(Compression compression, Sink& sink) : sink_(&sink), compression_(compression) {}

  void put_byte(uint8_t byte) { bytes_.push_back(static_cast<char>(byte)); }
  void put_raw(Bytes bytes);
  void put_length(uint64_t length);
  // In the shortest form there is.
  void put_string(Bytes text);
  void put_integer_string(int64_t value);
  // 8 bytes, little endian.
  void put_fixed64(uint64_t value);
  void put_double(double value);

  Bytes bytes() const { return bytes_; }
  std::string take() { return std::exchange(bytes_, {}); }

  // ---- With a sink. Gives it what was gathered, which otherwise happens as it becomes much.
  void flush();
  // The checksum of all that was flushed.
  uint64_t checksum() const { return checksum_; }
  // The sink takes no more, and what is put is lost.
  bool failed() const { return failed_; }

 private:
  static constexpr size_t kFlushedFrom = size_t{64} << 10;

  void drain(Bytes bytes);
  bool put_compressed(Bytes text);

  std::string bytes_;
  Sink* sink_ = nullptr;
  uint64_t checksum_ = 0;
  bool failed_ = false;
  Compression compression_;
};

}  // namespace tidemark::storage::rdb
