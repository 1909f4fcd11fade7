#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "storage/base/bytes.hpp"
#include "storage/rdb/format.hpp"

namespace tidemark::storage::rdb {

// Reads the parts of the format in order. The first thing that is wrong is remembered, and
// everything behind it reads as empty or zero, so that whoever reads asks once; but asks in every
// turn of a loop whose count was read.
class Reader {
 public:
  explicit Reader(Bytes bytes) : bytes_(bytes) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool failed() const { return failed_; }
  void fail() {
    failed_ = true;
    bytes_ = {};
  }
  // Bytes that are left.
  size_t remaining() const { return bytes_.size(); }

  uint8_t next_byte();
  // Exactly so many bytes, as they are.
  Bytes next_raw(size_t count);
  uint64_t next_length();
  // How many things follow, each of which takes so many bytes at least: fails where that cannot be.
  size_t next_count(size_t bytes_each);
  // In whatever form. What is not there as it is goes into `scratch`; valid until that is written
  // to. Fails where it is longer than `max`.
  Bytes next_string(std::string& scratch, size_t max = kStringMax);
  uint64_t next_fixed64();
  double next_double();
  // A double written in digits.
  double next_text_double();

 private:
  Bytes next_integer_string(uint8_t form, std::string& scratch);
  Bytes next_compressed(std::string& scratch, size_t max);
  uint64_t length_of(uint8_t first);

  Bytes bytes_;
  bool failed_ = false;
};

}  // namespace tidemark::storage::rdb
