#include "storage/value/hash.hpp"

#include <algorithm>
#include <memory>
#include <new>

#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"

namespace tidemark::storage {
namespace {

// Over its text an element of a packed list has no more bytes.
constexpr size_t kHeadsMax = 16;

}  // namespace

Hash::Hash(const Hash& other) : Hash() {
  if (other.is_table()) {
    become(make_object<FieldTable>(*other.table_.fields));
  } else {
    packed_ = other.packed_;
  }
}

void Hash::clear() {
  if (!is_table()) return std::destroy_at(&packed_);
  std::destroy_at(table_.fields);
  heap::deallocate(table_.fields, sizeof(FieldTable));
}

void Hash::become(FieldTable* fields) {
  clear();
  table_ = {.fields = fields, .unused = 0, .unused_too = 0, .owner_bits = 0};
  set_form(Form::table);
}

void Hash::become_table() {
  auto* fields = make_object<FieldTable>();
  visit([fields](const PackedElement& field, const PackedElement& value) {
    IntegerText name, text;
    return fields->insert(field.text(name), value.text(text));
  });
  become(fields);
}

size_t Hash::memory_bytes() const {
  if (!is_table()) return packed_.memory_bytes();
  return heap::block_bytes(sizeof(FieldTable)) + table_.fields->memory_bytes();
}

bool Hash::free_some(size_t budget) {
  if (is_table()) return table_.fields->free_some(budget);
  packed_.clear();
  return false;
}

std::optional<PackedElement> Hash::find(Bytes field) const {
  if (is_table()) {
    const HashField* found = table_.fields->find(field);
    if (found == nullptr) return std::nullopt;
    return PackedElement(found->value());
  }
  const auto at = packed_.find(field, packed_.begin(), kStride);
  if (at == packed_.end()) return std::nullopt;
  return packed_.get(packed_.next(at));
}

void Hash::expect(std::span<const Bytes> texts, const PackingLimits& limits) {
  if (is_table()) return;
  const bool short_ones = std::all_of(texts.begin(), texts.end(), [&limits](Bytes text) {
    return text.size() <= limits.element_bytes_max;
  });
  if (!short_ones) become_table();
}

bool Hash::may_pack(size_t more_fields, Bytes field, Bytes value,
                    const PackingLimits& limits) const {
  return size() + more_fields <= limits.elements_max && field.size() <= limits.element_bytes_max &&
         value.size() <= limits.element_bytes_max &&
         packed_.has_room(field.size() + value.size() + kHeadsMax);
}

Hash::Outcome Hash::set(Bytes field, Bytes value, const PackingLimits& limits) {
  if (!is_table()) {
    const auto at = packed_.find(field, packed_.begin(), kStride);
    const bool added = at == packed_.end();
    if (may_pack(added ? 1 : 0, field, value, limits)) {
      if (added) {
        packed_.push_back(field);
        packed_.push_back(value);
      } else {
        packed_.replace(packed_.next(at), value);
      }
      return added ? Outcome::added : Outcome::replaced;
    }
    become_table();
  }
  const bool added = table_.fields->insert_or_change(
      field, [value](HashField* found) { return HashField::set_value(found, value); }, value);
  return added ? Outcome::added : Outcome::replaced;
}

bool Hash::erase(Bytes field) {
  if (is_table()) return table_.fields->erase(field);
  const auto at = packed_.find(field, packed_.begin(), kStride);
  if (at == packed_.end()) return false;
  packed_.erase(at, kStride);
  return true;
}

void Hash::check() const {
  if (is_table()) return table_.fields->check();
  packed_.check();
  ENSURE(packed_.size() % kStride == 0);
  for (const auto at : packed_.positions(kStride)) {
    IntegerText scratch;
    ENSURE(packed_.find(packed_.get(at).text(scratch), packed_.begin(), kStride) == at);
  }
}

}  // namespace tidemark::storage
