#include "storage/value/hash_field.hpp"

#include <cstring>
#include <limits>

#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"

namespace tidemark::storage {
namespace {

// A length is a byte where it is short, else 32 bits further on.
size_t long_bytes(size_t length, uint8_t limit) { return length < limit ? 0 : sizeof(uint32_t); }

}  // namespace

HashField::Layout HashField::layout_of(size_t name, size_t value) {
  return {.head = sizeof(HashField) + long_bytes(name, kLong) + long_bytes(value, kLong),
          .name = name,
          .value = value};
}

HashField::Layout HashField::layout() const {
  Layout layout{.head = sizeof(HashField), .name = name_length_, .value = value_length_};
  for (size_t* length : {&layout.name, &layout.value}) {
    if (*length < kLong) continue;
    uint32_t whole = 0;
    std::memcpy(&whole, bytes() + layout.head, sizeof whole);
    *length = whole;
    layout.head += sizeof whole;
  }
  return layout;
}

HashField* HashField::make(Bytes name, Bytes value) {
  constexpr size_t kMax = std::numeric_limits<uint32_t>::max();
  ENSURE(name.size() <= kMax && value.size() <= kMax);
  const Layout layout = layout_of(name.size(), value.size());
  auto* field = static_cast<HashField*>(heap::allocate(layout.whole()));
  field->name_length_ = name.size() < kLong ? static_cast<uint8_t>(name.size()) : kLong;
  if (name.size() >= kLong) {
    const auto length = static_cast<uint32_t>(name.size());
    std::memcpy(field->bytes() + sizeof(HashField), &length, sizeof length);
  }
  if (!name.empty()) std::memcpy(field->bytes() + layout.head, name.data(), name.size());
  field->write_value(layout, value);
  return field;
}

// With its length. REQUIRES: room for it by the layout.
void HashField::write_value(const Layout& layout, Bytes value) {
  value_length_ = value.size() < kLong ? static_cast<uint8_t>(value.size()) : kLong;
  if (value.size() >= kLong) {
    const auto length = static_cast<uint32_t>(value.size());
    std::memcpy(bytes() + layout.head - sizeof length, &length, sizeof length);
  }
  if (!value.empty()) {
    std::memcpy(bytes() + layout.head + layout.name, value.data(), value.size());
  }
}

void HashField::destroy(HashField* field) { heap::deallocate(field, field->layout().whole()); }

HashField* HashField::set_value(HashField* field, Bytes value) {
  const Layout old = field->layout();
  const Layout wanted = layout_of(old.name, value.size());
  if (wanted.head == old.head &&
      heap::block_bytes(wanted.whole()) == heap::block_bytes(old.whole())) {
    field->write_value(wanted, value);
    return field;
  }
  HashField* made = make(field->key(), value);
  destroy(field);
  return made;
}

size_t HashField::memory_bytes() const { return heap::block_bytes(layout().whole()); }

}  // namespace tidemark::storage
