#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "storage/base/bytes.hpp"
#include "storage/base/ids.hpp"
#include "storage/keyspace/key_use.hpp"
#include "storage/rdb/file_format.hpp"
#include "storage/rdb/file_source.hpp"
#include "storage/rdb/reader.hpp"

namespace tidemark::storage::rdb {

// Reads a snapshot file (file_format.hpp), record by record, of any version up to the newest that
// is known.
class FileReader {
 public:
  // What comes next. After `key` the value is for whoever reads: read_value() or skip_value() with
  // values().
  enum class Record : uint8_t { key, function, end, failed };

  // Whether the checksum is to be held against the bytes, which takes time.
  enum class Verify : uint8_t { no, yes };

  FileReader(FileSource& source, Verify verify)
      : source_(source), reader_(source), verify_(verify == Verify::yes) {}

  Record next();

  // ---- After Record::key.
  Bytes key() const { return key_; }
  uint8_t type() const { return type_; }
  DbIndex db() const { return db_; }
  std::optional<int64_t> expire_at_ms() const { return expire_at_ms_; }
  const KeyUse& use() const { return use_; }
  Reader& values() { return reader_; }
  // The value was none: next() returns Record::failed from now on.
  void refuse(std::string why);

  // After Record::function: its code.
  Bytes function() const { return key_; }

  // After Record::failed: what is wrong, and where.
  const std::string& error() const { return error_; }
  uint64_t failed_at() const { return failed_at_; }

  // How far it has read.
  uint64_t offset() const { return source_.offset(reader_.at_hand()); }

 private:
  enum class Ending : uint8_t { no, ended, failed };

  bool read_header();
  bool read_attribute(Opcode opcode);
  bool select();
  bool check_sum();
  bool read_key(uint8_t type);
  Record fail(std::string why);

  FileSource& source_;
  Reader reader_;
  bool verify_;
  Ending ending_ = Ending::no;
  uint16_t version_ = 0;  // 0: the header is yet to be read
  std::string error_;
  uint64_t failed_at_ = 0;
  DbIndex db_{0};
  std::string key_;
  uint8_t type_ = 0;
  std::optional<int64_t> expire_at_ms_;
  KeyUse use_;
};

}  // namespace tidemark::storage::rdb
