#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "storage/base/bytes.hpp"
#include "storage/value/hash_field.hpp"
#include "storage/value/packed.hpp"
#include "storage/value/packing_limits.hpp"
#include "storage/value/random.hpp"
#include "storage/value/value_type.hpp"

namespace tidemark::storage {

// Fields with values, both byte strings, in no order. One object of 16 bytes and what it points to:
//
//   packed  one block ("listpack"), fields and values in turn in the order of insertion, while all
//           are short and few
//   table   a hash table with a block a field ("hashtable")
//
// A packed hash becomes a table where it has too many fields, or a name or value too long, by the
// limits that come with the change; a command that is about to set many says so first (expect()).
// Nothing leads back.
//
// Finding, setting and erasing a field cost O(1) in a table and O(N) in the bytes of a packed hash,
// which limits keep small.
//
// Fields and values come out as elements that are read before the next change: an integer or a
// text. A text may spell an integer.
class Hash {
 public:
  static constexpr ValueType kType = ValueType::hash;

  // What set() did.
  enum class Outcome : uint8_t { added, replaced };

  Hash() : packed_() { set_form(Form::packed); }
  Hash(const Hash& other);
  Hash& operator=(const Hash&) = delete;
  ~Hash() { clear(); }

  // Fields.
  size_t size() const { return is_table() ? table_.fields->size() : packed_.size() / 2; }
  bool empty() const { return size() == 0; }
  // Of all that it points to. O(1).
  size_t memory_bytes() const;
  Bytes encoding_name() const { return is_table() ? "hashtable" : "listpack"; }
  bool free_some(size_t budget);
  // As it lies in memory, for dumps: null where the hash is a table.
  const Packed* packed() const { return is_table() ? nullptr : &packed_; }

  // ---- Reading.
  // The field's value, or none.
  std::optional<PackedElement> find(Bytes field) const;
  bool contains(Bytes field) const { return find(field).has_value(); }
  // Calls visit(const PackedElement& field, const PackedElement& value) for each until it returns
  // false.
  template <typename Visit>
  void visit(Visit&& visit) const;
  // One step of a scan, of at least so many fields where there are as many ahead: calls
  // visit(field, value), returns the next cursor, 0 at the end. The guarantee is
  // Table::scan_step()'s; a packed hash is visited whole.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, size_t at_least, Visit&& visit) const;

  // ---- Picks: every field, or every choice of fields, is equally likely.
  // `count` fields, repeated or not as chance has it. REQUIRES: not empty. Ends early where
  // visit(field, value) returns false.
  template <typename Visit>
  void draw(size_t count, uint64_t seed, Visit&& visit) const;
  // `count` different fields, in no particular order, all where there are no more: calls
  // visit(field, value).
  template <typename Visit>
  void sample(size_t count, uint64_t seed, Visit&& visit) const;

  // ---- Changing.
  // Names and values like these will be set: takes the form for the longest of them.
  void expect(std::span<const Bytes> texts, const PackingLimits& limits);
  // REQUIRES: the value does not lie in this hash.
  Outcome set(Bytes field, Bytes value, const PackingLimits& limits);
  // False where it is not there.
  bool erase(Bytes field);

  // Verifies every invariant.
  void check() const;

 private:
  enum class Form : unsigned { packed, table };

  // Laid out as Packed is.
  struct TableForm {
    FieldTable* fields;
    uint32_t unused;
    uint32_t unused_too : 30;
    uint32_t owner_bits : 2;
  };

  // Field and value in turn.
  static constexpr size_t kStride = 2;
  // Of less than one in so many fields of a table, random picks are seldom repeated; of more, all
  // are visited.
  static constexpr size_t kSparsePart = 3;

  // The bits lie at the same place whichever form is alive.
  bool is_table() const { return packed_.owner_bits() == static_cast<unsigned>(Form::table); }
  void set_form(Form form) { packed_.set_owner_bits(static_cast<unsigned>(form)); }

  // Frees what it points to.
  void clear();
  void become(FieldTable* fields);
  void become_table();
  // Whether the hash may stay packed with so many fields more, of this name and value.
  bool may_pack(size_t more_fields, Bytes field, Bytes value, const PackingLimits& limits) const;

  union {
    Packed packed_;
    TableForm table_;
  };
};
static_assert(sizeof(Hash) == 16);

template <typename Visit>
void Hash::visit(Visit&& visit) const {
  if (!is_table()) {
    for (auto at = packed_.begin(); at != packed_.end(); at = packed_.skip(at, kStride)) {
      if (!visit(packed_.get(at), packed_.get(packed_.next(at)))) return;
    }
    return;
  }
  bool go_on = true;
  uint64_t cursor = 0;
  do {
    cursor = table_.fields->scan_step(cursor, [&](const HashField& field) {
      go_on = go_on && visit(PackedElement(field.key()), PackedElement(field.value()));
    });
  } while (go_on && cursor != 0);
}

template <typename Visit>
uint64_t Hash::scan(uint64_t cursor, size_t at_least, Visit&& visit) const {
  if (!is_table()) {
    this->visit([&visit](const PackedElement& field, const PackedElement& value) {
      visit(field, value);
      return true;
    });
    return 0;
  }
  size_t visited = 0;
  do {
    cursor = table_.fields->scan_step(cursor, [&](const HashField& field) {
      ++visited;
      visit(PackedElement(field.key()), PackedElement(field.value()));
    });
  } while (cursor != 0 && visited < at_least);
  return cursor;
}

template <typename Visit>
void Hash::draw(size_t count, uint64_t seed, Visit&& visit) const {
  Random random(seed);
  if (is_table()) {
    const HashField* field = nullptr;
    do {
      if (count-- == 0) return;
      field = table_.fields->random(random);
    } while (visit(PackedElement(field->key()), PackedElement(field->value())));
    return;
  }
  const std::vector<Packed::Position> places = packed_.positions(kStride);
  Packed::Position at;
  do {
    if (count-- == 0) return;
    at = places[random.below(places.size())];
  } while (visit(packed_.get(at), packed_.get(packed_.next(at))));
}

template <typename Visit>
void Hash::sample(size_t count, uint64_t seed, Visit&& visit) const {
  if (is_table() && count < size() / kSparsePart) {
    table_.fields->sample(count, Random(seed), [&visit](const HashField& field) {
      visit(PackedElement(field.key()), PackedElement(field.value()));
    });
    return;
  }
  Selection selection(size(), count, seed);
  this->visit([&](const PackedElement& field, const PackedElement& value) {
    if (selection.done()) return false;
    if (selection.takes_next()) visit(field, value);
    return true;
  });
}

}  // namespace tidemark::storage
