#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/base/bytes.hpp"
#include "storage/value/block_table.hpp"

namespace tidemark::storage {

// A field of a big hash with its value, in one block:
//
//   offset 0   length of the field's name, or 255
//          1   length of the value, or 255
//          2   [length of a long name, 32 bits] [length of a long value, 32 bits]
//              name, value
//
// Two bytes over the texts, and what the allocator rounds up.
class HashField {
 public:
  static HashField* make(Bytes name, Bytes value);
  static HashField* copy(const HashField& field) { return make(field.key(), field.value()); }
  static void destroy(HashField* field);
  // Returns where the field is afterwards. REQUIRES: the value does not lie in it.
  [[nodiscard]] static HashField* set_value(HashField* field, Bytes value);

  Bytes key() const {
    const Layout now = layout();
    return {bytes() + now.head, now.name};
  }
  Bytes value() const {
    const Layout now = layout();
    return {bytes() + now.head + now.name, now.value};
  }
  size_t memory_bytes() const;

 private:
  static constexpr uint8_t kLong = 255;

  // The lengths of the parts of a block.
  struct Layout {
    size_t head;
    size_t name;
    size_t value;
    size_t whole() const { return head + name + value; }
  };

  static Layout layout_of(size_t name, size_t value);
  Layout layout() const;
  const char* bytes() const { return reinterpret_cast<const char*>(this); }
  char* bytes() { return reinterpret_cast<char*>(this); }
  void write_value(const Layout& layout, Bytes value);

  uint8_t name_length_;
  uint8_t value_length_;
};

using FieldTable = BlockTable<HashField>;

}  // namespace tidemark::storage
