#include "storage/rdb/file_writer.hpp"

#include "storage/rdb/format.hpp"
#include "storage/rdb/value_writer.hpp"

namespace tidemark::storage::rdb {

void FileWriter::begin(Ends ends) {
  static_assert(kVersion >= 10 && kVersionWithEnds < 100);
  const uint16_t version = ends == Ends::some ? kVersionWithEnds : kVersion;
  writer_.put_raw(kMagic);
  writer_.put_raw("00");
  writer_.put_byte(static_cast<uint8_t>('0' + version / 10));
  writer_.put_byte(static_cast<uint8_t>('0' + version % 10));
}

void FileWriter::put_aux(Bytes name, Bytes value) {
  put_opcode(Opcode::aux);
  writer_.put_string(name);
  writer_.put_string(value);
}

void FileWriter::put_function(Bytes code) {
  put_opcode(Opcode::function);
  writer_.put_string(code);
}

void FileWriter::select(DbIndex index) {
  put_opcode(Opcode::select);
  writer_.put_length(index.value());
}

void FileWriter::begin_database(DbIndex index, uint64_t keys, uint64_t expiring) {
  select(index);
  put_opcode(Opcode::resize);
  writer_.put_length(keys);
  writer_.put_length(expiring);
}

void FileWriter::put_key(const Entry& entry, const KeyUse& use) {
  if (entry.has_expiry()) {
    put_opcode(Opcode::expiry_ms);
    writer_.put_fixed64(static_cast<uint64_t>(entry.expire_at_ms()));
  }
  if (use.idle_seconds) {
    put_opcode(Opcode::idle);
    writer_.put_length(*use.idle_seconds);
  }
  if (use.frequency) {
    put_opcode(Opcode::frequency);
    writer_.put_byte(*use.frequency);
  }
  writer_.put_byte(static_cast<uint8_t>(type_of(entry)));
  writer_.put_string(entry.key());
  write_value(writer_, entry);
}

void FileWriter::end(bool with_checksum) {
  put_opcode(Opcode::end);
  writer_.flush();
  writer_.put_fixed64(with_checksum ? writer_.checksum() : 0);
  writer_.flush();
}

}  // namespace tidemark::storage::rdb
