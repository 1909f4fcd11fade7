#pragma once

#include <cstdint>

#include "storage/base/bytes.hpp"
#include "storage/base/ids.hpp"
#include "storage/keyspace/entry.hpp"
#include "storage/keyspace/key_use.hpp"
#include "storage/rdb/file_format.hpp"
#include "storage/rdb/writer.hpp"

namespace tidemark::storage::rdb {

// Puts the records of a snapshot file (file_format.hpp) behind one another: of a whole one, or of
// parts that somebody else puts together.
class FileWriter {
 public:
  // The writer must outlive this.
  explicit FileWriter(Writer& writer) : writer_(writer) {}

  // Whether a field of a hash has an end: then Redis 7.4 reads the file, else 7.2 does, too.
  enum class Ends : uint8_t { none, some };

  void begin(Ends ends);
  void put_aux(Bytes name, Bytes value);
  void put_function(Bytes code);
  // The keys that follow are of this database, which has so many, and so many that expire.
  void select(DbIndex index);
  void begin_database(DbIndex index, uint64_t keys, uint64_t expiring);
  void put_key(const Entry& entry, const KeyUse& use);
  // Without a checksum there are zeros in the place of one. REQUIRES: a writer with a sink.
  void end(bool with_checksum);

 private:
  void put_opcode(Opcode opcode) { writer_.put_byte(static_cast<uint8_t>(opcode)); }

  Writer& writer_;
};

}  // namespace tidemark::storage::rdb
