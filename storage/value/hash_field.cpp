#include "storage/value/hash_field.hpp"

#include <cstring>
#include <limits>

#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"

namespace tidemark::storage {
namespace {

// A length is a byte where it is short, else 32 bits further on.
size_t long_bytes(size_t length, uint8_t limit) { return length < limit ? 0 : sizeof(uint32_t); }

uint8_t short_length(size_t length, uint8_t limit) {
  return length < limit ? static_cast<uint8_t>(length) : limit;
}

char* write_length(char* to, size_t length) {
  const auto length32 = static_cast<uint32_t>(length);
  std::memcpy(to, &length32, sizeof length32);
  return to + sizeof length32;
}

// Reads the 32 bits at `head`, and moves that on, where the length is a long one.
void read_length(const char* bytes, size_t& head, size_t& length, uint8_t limit) {
  if (length < limit) return;
  uint32_t length32 = 0;
  std::memcpy(&length32, bytes + head, sizeof length32);
  length = length32;
  head += sizeof length32;
}

}  // namespace

HashField::Layout HashField::layout_of(size_t name, size_t value, int64_t ends_ms) {
  return {.head = sizeof(HashField) + long_bytes(name, kLongName) + long_bytes(value, kLongValue) +
                  (ends_ms == kForever ? 0 : sizeof ends_ms),
          .name = name,
          .value = value};
}

HashField::Layout HashField::layout() const {
  Layout layout{.head = sizeof(HashField),
                .name = static_cast<size_t>(name_length_ & ~kEndBit),
                .value = value_length_};
  read_length(bytes(), layout.head, layout.name, kLongName);
  read_length(bytes(), layout.head, layout.value, kLongValue);
  if (has_end()) layout.head += sizeof(int64_t);
  return layout;
}

HashField* HashField::make(Bytes name, Bytes value, int64_t ends_ms) {
  constexpr size_t kMax = std::numeric_limits<uint32_t>::max();
  ENSURE(name.size() <= kMax && value.size() <= kMax);
  const Layout layout = layout_of(name.size(), value.size(), ends_ms);
  auto* field = static_cast<HashField*>(heap::allocate(layout.whole()));
  field->name_length_ = short_length(name.size(), kLongName);
  if (ends_ms != kForever) {
    field->name_length_ |= kEndBit;
    std::memcpy(field->bytes() + layout.head - sizeof ends_ms, &ends_ms, sizeof ends_ms);
  }
  if (name.size() >= kLongName) write_length(field->bytes() + sizeof(HashField), name.size());
  if (!name.empty()) std::memcpy(field->bytes() + layout.head, name.data(), name.size());
  field->write_value(layout, value);
  return field;
}

// With its length. REQUIRES: room for it by the layout.
void HashField::write_value(const Layout& layout, Bytes value) {
  value_length_ = short_length(value.size(), kLongValue);
  if (value.size() >= kLongValue) {
    write_length(bytes() + sizeof(HashField) + long_bytes(layout.name, kLongName), value.size());
  }
  if (!value.empty()) {
    std::memcpy(bytes() + layout.head + layout.name, value.data(), value.size());
  }
}

void HashField::destroy(HashField* field) { heap::deallocate(field, field->layout().whole()); }

HashField* HashField::set_value(HashField* field, Bytes value) {
  const Layout old = field->layout();
  const Layout wanted = layout_of(old.name, value.size(), field->ends_ms());
  if (wanted.head == old.head &&
      heap::block_bytes(wanted.whole()) == heap::block_bytes(old.whole())) {
    field->write_value(wanted, value);
    return field;
  }
  HashField* made = make(field->key(), value, field->ends_ms());
  destroy(field);
  return made;
}

HashField* HashField::set_end(HashField* field, int64_t ends_ms) {
  if (field->has_end() && ends_ms != kForever) {
    std::memcpy(const_cast<char*>(field->end_begin()), &ends_ms, sizeof ends_ms);
    return field;
  }
  if (field->ends_ms() == ends_ms) return field;
  HashField* made = make(field->key(), field->value(), ends_ms);
  destroy(field);
  return made;
}

int64_t HashField::ends_ms() const {
  if (!has_end()) return kForever;
  int64_t ends_ms = 0;
  std::memcpy(&ends_ms, end_begin(), sizeof ends_ms);
  return ends_ms;
}

size_t HashField::memory_bytes() const { return heap::block_bytes(layout().whole()); }

}  // namespace tidemark::storage
