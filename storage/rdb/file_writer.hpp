#pragma once

#include <cstdint>

#include "storage/base/bytes.hpp"
#include "storage/base/ids.hpp"
#include "storage/keyspace/entry.hpp"
#include "storage/keyspace/key_use.hpp"
#include "storage/rdb/file_format.hpp"
#include "storage/rdb/writer.hpp"

namespace tidemark::storage::rdb {

// Writes a snapshot file (file_format.hpp), record by record. Nothing but failed() tells whether
// the sink took it.
class FileWriter {
 public:
  FileWriter(Compression compression, Sink& sink);

  void put_aux(Bytes name, Bytes value);
  void put_function(Bytes code);
  // The keys that follow are of this database, which has so many, and so many that expire.
  void begin_database(DbIndex index, uint64_t keys, uint64_t expiring);
  void put_key(const Entry& entry, const KeyUse& use);
  // Ends the file. Without a checksum it has zeros in the place of one.
  void end(bool with_checksum);

  bool failed() const { return writer_.failed(); }

 private:
  void put_opcode(Opcode opcode) { writer_.put_byte(static_cast<uint8_t>(opcode)); }

  Writer writer_;
};

}  // namespace tidemark::storage::rdb
