#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/base/bytes.hpp"
#include "storage/value/block_table.hpp"
#include "storage/value/ttl.hpp"

namespace tidemark::storage {

// A field of a big hash with its value, in one block:
//
//   offset 0   length of the field's name, or 127; the top bit: it has an end
//          1   length of the value, or 255
//          2   [length of a long name, 32 bits] [length of a long value, 32 bits]
//              [its end: milliseconds since the epoch, 64 bits]
//              name, value
//
// Two bytes over the texts, and what the allocator rounds up.
class HashField {
 public:
  static HashField* make(Bytes name, Bytes value, int64_t ends_ms = kForever);
  static HashField* copy(const HashField& field) {
    return make(field.key(), field.value(), field.ends_ms());
  }
  static void destroy(HashField* field);
  // Return where the field is afterwards. REQUIRES: the value does not lie in it.
  [[nodiscard]] static HashField* set_value(HashField* field, Bytes value);
  [[nodiscard]] static HashField* set_end(HashField* field, int64_t ends_ms);

  Bytes key() const {
    const Layout now = layout();
    return {bytes() + now.head, now.name};
  }
  Bytes value() const {
    const Layout now = layout();
    return {bytes() + now.head + now.name, now.value};
  }
  bool has_end() const { return (name_length_ & kEndBit) != 0; }
  // kForever where it has none.
  int64_t ends_ms() const;
  size_t memory_bytes() const;

 private:
  static constexpr uint8_t kEndBit = 0x80;
  static constexpr uint8_t kLongName = 127;
  static constexpr uint8_t kLongValue = 255;

  // The lengths of the parts of a block.
  struct Layout {
    size_t head;
    size_t name;
    size_t value;
    size_t whole() const { return head + name + value; }
  };

  static Layout layout_of(size_t name, size_t value, int64_t ends_ms);
  Layout layout() const;
  const char* bytes() const { return reinterpret_cast<const char*>(this); }
  char* bytes() { return reinterpret_cast<char*>(this); }
  // Where the end is, in the last bytes of the head. REQUIRES: has_end().
  const char* end_begin() const { return bytes() + layout().head - sizeof(int64_t); }
  void write_value(const Layout& layout, Bytes value);

  uint8_t name_length_;
  uint8_t value_length_;
};

using FieldTable = BlockTable<HashField>;

}  // namespace tidemark::storage
