#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "storage/base/bytes.hpp"
#include "storage/rdb/format.hpp"
#include "storage/rdb/source.hpp"

namespace tidemark::storage::rdb {

// Reads the parts of the format in order. The first thing that is wrong is remembered, and
// everything behind it reads as empty or zero, so that whoever reads asks once; but asks in every
// turn of a loop whose count was read.
class Reader {
 public:
  explicit Reader(Bytes bytes) : bytes_(bytes) {}
  // The source must outlive the reader.
  explicit Reader(Source& source) : source_(&source) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool failed() const { return failed_; }
  // `why`: in a constant, where there is more to say than that bytes are missing or make no sense.
  void fail(const char* why = "") {
    if (failed_) return;
    failed_ = true;
    why_ = why;
    left_when_failed_ = bytes_.size();
    bytes_ = {};
    source_ = nullptr;
  }
  Bytes why_failed() const { return why_; }
  // Bytes that are left.
  uint64_t remaining() const {
    return bytes_.size() + (source_ != nullptr ? source_->bytes_behind() : 0);
  }
  // Those of them that the source has already given; were left when it failed.
  size_t at_hand() const { return failed_ ? left_when_failed_ : bytes_.size(); }

  uint8_t next_byte();
  // Exactly so many bytes, as they are. Valid until more is read.
  Bytes next_raw(size_t count);
  void skip_raw(uint64_t count);
  uint64_t next_length();
  // How many things follow, each of which takes so many bytes at least: fails where that cannot be.
  size_t next_count(size_t bytes_each);
  // In whatever form; of a source always in `scratch`, else where it is not there as it is. Valid
  // until that is written to. Fails where it is longer than `max`.
  Bytes next_string(std::string& scratch, size_t max = kStringMax);
  void skip_string();
  uint32_t next_fixed32();
  uint64_t next_fixed64();
  double next_double();
  // A double written in digits.
  double next_text_double();

 private:
  Bytes next_integer_string(uint8_t form, std::string& scratch);
  Bytes next_compressed(std::string& scratch, size_t max);
  uint64_t length_of(uint8_t first);

  bool fill(size_t wanted);

  Bytes bytes_;
  Source* source_ = nullptr;
  bool failed_ = false;
  const char* why_ = "";
  size_t left_when_failed_ = 0;
};

}  // namespace tidemark::storage::rdb
