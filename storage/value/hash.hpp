#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "storage/base/bytes.hpp"
#include "storage/value/field_map.hpp"
#include "storage/value/packed.hpp"
#include "storage/value/packing_limits.hpp"
#include "storage/value/random.hpp"
#include "storage/value/schedule.hpp"
#include "storage/value/ttl.hpp"
#include "storage/value/value_type.hpp"

namespace tidemark::storage {

// Fields with values, both byte strings, in no order. A field may have an end: a moment from which
// on it is not there for anybody, though its memory is still counted until shed() has removed it.
// One object of 16 bytes and what it points to:
//
//   packed  one block ("listpack"), fields and values in turn in the order of insertion, while all
//           are short and few
//   dated   the same with an end behind each value, 0 where it has none, and a schedule
//           ("listpackex"): from the first end on
//   map     a hash table with a block a field, and an order of ends if there are any ("hashtable")
//
// A hash becomes a map where it has too many fields, or a name or value too long, by the limits
// that come with the change; a command that is about to set many says so first (expect()). Nothing
// leads back.
//
// Finding, setting and erasing a field cost O(1) in a map, O(log E) with E ends in it where the
// field has one, and O(N) in the bytes of a packed or dated hash, which limits keep small.
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

  // Fields, with those that have come to their end and wait for shed().
  size_t size() const { return is_map() ? big_.map->size() : list().size() / stride(); }
  bool empty() const { return size() == 0; }
  // Of all that it points to. O(1).
  size_t memory_bytes() const;
  Bytes encoding_name() const;
  bool free_some(size_t budget);
  // As it lies in memory, for dumps: null where the hash is in another form.
  const Packed* packed() const { return form() == Form::packed ? &packed_ : nullptr; }

  // ---- Reading, as of a time. What has come to its end is not there.
  // The field's value, or none.
  std::optional<PackedElement> find(Bytes field, int64_t now_ms) const;
  bool contains(Bytes field, int64_t now_ms) const { return ends_ms(field, now_ms).has_value(); }
  // When the field ends, kForever if it never does; none where it is not there.
  std::optional<int64_t> ends_ms(Bytes field, int64_t now_ms) const;
  // Calls visit(const PackedElement& field, const PackedElement& value) for each until it returns
  // false.
  template <typename Visit>
  void visit(int64_t now_ms, Visit&& visit) const;
  // The same for all that is kept, whatever its end: visit(field, value, int64_t ends_ms).
  template <typename Visit>
  void visit_with_ends(Visit&& visit) const;
  // One step of a scan, of at least so many fields where there are as many ahead: calls
  // visit(field, value), returns the next cursor, 0 at the end. The guarantee is
  // Table::scan_step()'s; a packed or dated hash is visited whole.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, size_t at_least, int64_t now_ms, Visit&& visit) const;

  // ---- Picks: every field, or every choice of fields, is equally likely.
  // `count` fields, repeated or not as chance has it; none where there are none. Ends early where
  // visit(field, value) returns false.
  template <typename Visit>
  void draw(size_t count, int64_t now_ms, uint64_t seed, Visit&& visit) const;
  // `count` different fields, in no particular order, all where there are no more: calls
  // visit(field, value).
  template <typename Visit>
  void sample(size_t count, int64_t now_ms, uint64_t seed, Visit&& visit) const;

  // ---- Changing.
  // Names and values like these will be set: takes the form for the longest of them.
  void expect(std::span<const Bytes> texts, const PackingLimits& limits);
  // Of a field that is not there, there is no time to live to keep.
  // REQUIRES: the value does not lie in this hash.
  Outcome set(Bytes field, Bytes value, const PackingLimits& limits, int64_t now_ms,
              Ttl ttl = Ttl::clear());
  // False where it is not there.
  bool erase(Bytes field, int64_t now_ms);
  // kForever takes the end away. REQUIRES: the field is there; no end lies before 1.
  void set_end(Bytes field, int64_t ends_ms);

  // ---- What goes by itself.
  // Null where no field has had an end. Exact when it is asked for: a list is gone through where
  // its first end has been taken away.
  Schedule* schedule();
  // Whether a field may have an end: in O(1).
  bool may_have_ends() const { return has_due(kForever - 1); }
  // Whether something may have come to its end and not been removed yet.
  bool has_due(int64_t now_ms) const {
    const Schedule* ends = schedule_as_it_is();
    return ends != nullptr && ends->next_ms <= now_ms;
  }
  // Removes fields that have come to their end, about `budget` of them.
  Shed shed(int64_t now_ms, size_t budget);

  // Verifies every invariant.
  void check() const;

 private:
  using Position = Packed::Position;

  enum class Form : unsigned { packed, dated, map };

  struct DatedList {
    Packed list;
    Schedule* schedule;
    // Whether the first end may lie later than the schedule says.
    bool may_be_later = false;
  };

  // Laid out as Packed is.
  struct BigForm {
    union {
      DatedList* dated;
      FieldMap* map;
    };
    uint32_t unused;
    uint32_t unused_too : 30;
    uint32_t owner_bits : 2;
  };

  // Of less than one in so many fields of a map, random picks are seldom repeated; of more, all are
  // visited.
  static constexpr size_t kSparsePart = 3;

  // The bits lie at the same place whichever form is alive.
  Form form() const { return static_cast<Form>(packed_.owner_bits()); }
  bool is_map() const { return form() == Form::map; }
  void set_form(Form form) { packed_.set_owner_bits(static_cast<unsigned>(form)); }

  // Frees what it points to.
  void clear();
  void become(DatedList* dated);
  void become(FieldMap* map);
  void become_dated();
  Schedule* make_schedule();
  Schedule* schedule_as_it_is() const;
  void become_map();
  bool may_pack(size_t more_fields, Bytes field, Bytes value, const PackingLimits& limits) const;
  Outcome put(Bytes field, Bytes value, const PackingLimits& limits, int64_t now_ms,
              FieldMap::End end);

  // ---- The small forms.
  const Packed& list() const { return form() == Form::packed ? packed_ : big_.dated->list; }
  Packed& list() { return form() == Form::packed ? packed_ : big_.dated->list; }
  // Elements for each field.
  size_t stride() const { return form() == Form::packed ? 2 : 3; }
  Position find_in_list(Bytes field) const { return list().find(field, list().begin(), stride()); }
  int64_t ends_ms_at(Position field) const;
  void set_end_at(Position field, int64_t ends_ms);
  void forget_end_at(Position field);
  void put_in_list(Position at, Bytes field, Bytes value, bool keeps_end);
  void check_list() const;

  size_t erase_due_from_list(int64_t now_ms);
  void rewrite_list(int64_t now_ms);
  size_t count_live(int64_t now_ms) const;
  std::vector<Position> live_places(int64_t now_ms) const;
  std::vector<const HashField*> live_fields(int64_t now_ms) const;

  union {
    Packed packed_;
    BigForm big_;
  };
};
static_assert(sizeof(Hash) == 16);

template <typename Visit>
void Hash::visit_with_ends(Visit&& visit) const {
  if (!is_map()) {
    const Packed& all = list();
    for (auto at = all.begin(); at != all.end(); at = all.skip(at, stride())) {
      if (!visit(all.get(at), all.get(all.next(at)), ends_ms_at(at))) return;
    }
    return;
  }
  bool go_on = true;
  uint64_t cursor = 0;
  do {
    cursor = big_.map->scan_step(cursor, [&](const HashField& field) {
      go_on =
          go_on && visit(PackedElement(field.key()), PackedElement(field.value()), field.ends_ms());
    });
  } while (go_on && cursor != 0);
}

template <typename Visit>
void Hash::visit(int64_t now_ms, Visit&& visit) const {
  visit_with_ends(
      [&](const PackedElement& field, const PackedElement& value, int64_t ends_ms) -> bool {
        return ends_ms <= now_ms || visit(field, value);
      });
}

template <typename Visit>
uint64_t Hash::scan(uint64_t cursor, size_t at_least, int64_t now_ms, Visit&& visit) const {
  if (!is_map()) {
    this->visit(now_ms, [&visit](const PackedElement& field, const PackedElement& value) {
      visit(field, value);
      return true;
    });
    return 0;
  }
  size_t visited = 0;
  do {
    cursor = big_.map->scan_step(cursor, [&](const HashField& field) {
      ++visited;
      if (field.ends_ms() <= now_ms) return;
      visit(PackedElement(field.key()), PackedElement(field.value()));
    });
  } while (cursor != 0 && visited < at_least);
  return cursor;
}

template <typename Visit>
void Hash::draw(size_t count, int64_t now_ms, uint64_t seed, Visit&& visit) const {
  Random random(seed);
  if (!is_map()) {
    const std::vector<Position> places = live_places(now_ms);
    for (; count > 0 && !places.empty(); --count) {
      const Position at = places[random.below(places.size())];
      if (!visit(list().get(at), list().get(list().next(at)))) return;
    }
    return;
  }
  // Only where draws have become vain.
  std::vector<const HashField*> live;
  for (; count > 0; --count) {
    const HashField* field = live.empty() ? big_.map->random(now_ms, random) : nullptr;
    if (field == nullptr) {
      if (live.empty()) live = live_fields(now_ms);
      if (live.empty()) return;
      field = live[random.below(live.size())];
    }
    if (!visit(PackedElement(field->key()), PackedElement(field->value()))) return;
  }
}

template <typename Visit>
void Hash::sample(size_t count, int64_t now_ms, uint64_t seed, Visit&& visit) const {
  if (is_map() && count < size() / kSparsePart) {
    Random random(seed);
    const auto picked = big_.map->pick(count, now_ms, random);
    for (const HashField* field : picked) {
      if (picked.size() < count) break;
      visit(PackedElement(field->key()), PackedElement(field->value()));
    }
    if (picked.size() == count) return;
  }
  Selection selection(has_due(now_ms) ? count_live(now_ms) : size(), count, seed);
  this->visit(now_ms, [&](const PackedElement& field, const PackedElement& value) {
    if (selection.done()) return false;
    if (selection.takes_next()) visit(field, value);
    return true;
  });
}

}  // namespace tidemark::storage
