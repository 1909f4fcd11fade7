#include "storage/rdb/file_writer.hpp"

#include <array>

#include "storage/rdb/format.hpp"
#include "storage/rdb/value_writer.hpp"

namespace tidemark::storage::rdb {

FileWriter::FileWriter(Compression compression, Sink& sink) : writer_(compression, sink) {
  static_assert(kVersion >= 10 && kVersion < 100);
  constexpr std::array kDigits{'0', '0', char('0' + kVersion / 10), char('0' + kVersion % 10)};
  writer_.put_raw(kMagic);
  writer_.put_raw({kDigits.data(), kDigits.size()});
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

void FileWriter::begin_database(DbIndex index, uint64_t keys, uint64_t expiring) {
  put_opcode(Opcode::select);
  writer_.put_length(index.value());
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
