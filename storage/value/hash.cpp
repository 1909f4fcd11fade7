#include "storage/value/hash.hpp"

#include <algorithm>
#include <memory>
#include <new>

#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"

namespace tidemark::storage {
namespace {

// Over its text an element of a packed list has no more bytes; an end takes as many at most.
constexpr size_t kHeadsMax = 16;
// So many fields of a list are gone through in the time that it takes to erase one from a map.
constexpr size_t kVisitsPerErase = 32;
// Up to so many fields are taken out of a list one by one; for more it is written anew.
constexpr size_t kErasedAlone = 4;

// As an end is kept in a list.
int64_t kept_end(int64_t ends_ms) { return ends_ms == kForever ? 0 : ends_ms; }
int64_t end_kept_as(int64_t kept) { return kept == 0 ? kForever : kept; }

}  // namespace

Hash::Hash(const Hash& other) : Hash() {
  switch (other.form()) {
    case Form::packed:
      packed_ = other.packed_;
      break;
    case Form::dated:
      become_dated();
      big_.dated->list = other.big_.dated->list;
      big_.dated->schedule->next_ms = other.big_.dated->schedule->next_ms;
      big_.dated->may_be_later = other.big_.dated->may_be_later;
      break;
    case Form::map:
      become(make_object<FieldMap>(*other.big_.map));
      if (Schedule* own = schedule_as_it_is()) own->object = this;
      break;
  }
}

void Hash::clear() {
  switch (form()) {
    case Form::packed:
      return std::destroy_at(&packed_);
    case Form::dated:
      if (big_.dated->schedule != nullptr) {
        heap::deallocate(big_.dated->schedule, sizeof(Schedule));
      }
      std::destroy_at(big_.dated);
      return heap::deallocate(big_.dated, sizeof(DatedList));
    case Form::map:
      std::destroy_at(big_.map);
      return heap::deallocate(big_.map, sizeof(FieldMap));
  }
}

void Hash::become(DatedList* dated) {
  clear();
  big_ = {.dated = dated, .unused = 0, .unused_too = 0, .owner_bits = 0};
  set_form(Form::dated);
}

void Hash::become(FieldMap* map) {
  clear();
  big_ = {.map = map, .unused = 0, .unused_too = 0, .owner_bits = 0};
  set_form(Form::map);
}

Schedule* Hash::make_schedule() {
  auto* made = make_object<Schedule>();
  made->object = this;
  return made;
}

void Hash::become_dated() {
  auto* dated = make_object<DatedList>();
  dated->schedule = make_schedule();
  visit_with_ends([dated](const PackedElement& field, const PackedElement& value, int64_t) {
    dated->list.push_back(field);
    dated->list.push_back(value);
    dated->list.push_back(int64_t{0});
    return true;
  });
  become(dated);
}

void Hash::become_map() {
  auto* map = make_object<FieldMap>();
  if (form() == Form::dated) map->keep_schedule(std::exchange(big_.dated->schedule, nullptr));
  visit_with_ends([&](const PackedElement& field, const PackedElement& value, int64_t ends_ms) {
    IntegerText scratch_name, scratch_value;
    const Bytes name = field.text(scratch_name);
    map->set(name, value.text(scratch_value), 0, FieldMap::End::cleared);
    if (ends_ms != kForever) map->set_end(name, ends_ms);
    return true;
  });
  become(map);
}

size_t Hash::memory_bytes() const {
  switch (form()) {
    case Form::packed:
      return packed_.memory_bytes();
    case Form::dated:
      return heap::block_bytes(sizeof(DatedList)) + heap::block_bytes(sizeof(Schedule)) +
             big_.dated->list.memory_bytes();
    case Form::map:
      return heap::block_bytes(sizeof(FieldMap)) + big_.map->memory_bytes();
  }
  ENSURE(false);
}

Bytes Hash::encoding_name() const {
  switch (form()) {
    case Form::packed:
      return "listpack";
    case Form::dated:
      return "listpackex";
    case Form::map:
      return "hashtable";
  }
  ENSURE(false);
}

bool Hash::free_some(size_t budget) {
  if (is_map()) return big_.map->free_some(budget);
  list().clear();
  return false;
}

std::optional<PackedElement> Hash::find(Bytes field, int64_t now_ms) const {
  if (is_map()) {
    const HashField* found = big_.map->find(field);
    if (found == nullptr || found->ends_ms() <= now_ms) return std::nullopt;
    return PackedElement(found->value());
  }
  const Position at = find_in_list(field);
  if (at == list().end() || ends_ms_at(at) <= now_ms) return std::nullopt;
  return list().get(list().next(at));
}

std::optional<int64_t> Hash::ends_ms(Bytes field, int64_t now_ms) const {
  int64_t ends_ms = 0;
  if (is_map()) {
    const HashField* found = big_.map->find(field);
    if (found == nullptr) return std::nullopt;
    ends_ms = found->ends_ms();
  } else {
    const Position at = find_in_list(field);
    if (at == list().end()) return std::nullopt;
    ends_ms = ends_ms_at(at);
  }
  if (ends_ms <= now_ms) return std::nullopt;
  return ends_ms;
}

int64_t Hash::ends_ms_at(Position field) const {
  if (form() == Form::packed) return kForever;
  return end_kept_as(list().get(list().skip(field, 2)).integer());
}

void Hash::set_end_at(Position field, int64_t ends_ms) {
  forget_end_at(field);
  list().replace(list().skip(field, 2), kept_end(ends_ms));
  int64_t& next_ms = big_.dated->schedule->next_ms;
  next_ms = std::min(next_ms, ends_ms);
}

// The field gets another end, or goes.
void Hash::forget_end_at(Position field) {
  if (form() == Form::packed) return;
  const int64_t ends_ms = ends_ms_at(field);
  if (ends_ms != kForever && ends_ms == big_.dated->schedule->next_ms) {
    big_.dated->may_be_later = true;
  }
}

void Hash::expect(std::span<const Bytes> texts, const PackingLimits& limits) {
  if (is_map()) return;
  const bool short_ones = std::all_of(texts.begin(), texts.end(), [&limits](Bytes text) {
    return text.size() <= limits.element_bytes_max;
  });
  if (!short_ones) become_map();
}

// Whether the hash may stay packed with so many fields more, of this name and value.
bool Hash::may_pack(size_t more_fields, Bytes field, Bytes value,
                    const PackingLimits& limits) const {
  return size() + more_fields <= limits.elements_max && field.size() <= limits.element_bytes_max &&
         value.size() <= limits.element_bytes_max &&
         list().has_room(field.size() + value.size() + 2 * kHeadsMax);
}

// `at` is where the field is, or the end where it is not there.
void Hash::put_in_list(Position at, Bytes field, Bytes value, bool keeps_end) {
  Packed& all = list();
  if (at == all.end()) {
    all.push_back(field);
    all.push_back(value);
    if (form() == Form::dated) all.push_back(int64_t{0});
    return;
  }
  all.replace(all.next(at), value);
  if (form() == Form::dated && !keeps_end) set_end_at(at, kForever);
}

Hash::Outcome Hash::put(Bytes field, Bytes value, const PackingLimits& limits, int64_t now_ms,
                        FieldMap::End end) {
  if (!is_map()) {
    const Position at = find_in_list(field);
    const bool there = at != list().end();
    if (may_pack(there ? 0 : 1, field, value, limits)) {
      const bool lives = there && ends_ms_at(at) > now_ms;
      put_in_list(at, field, value, lives && end == FieldMap::End::kept);
      return lives ? Outcome::replaced : Outcome::added;
    }
    become_map();
  }
  return big_.map->set(field, value, now_ms, end) ? Outcome::added : Outcome::replaced;
}

Hash::Outcome Hash::set(Bytes field, Bytes value, const PackingLimits& limits, int64_t now_ms,
                        Ttl ttl) {
  const auto end = ttl.rule == Ttl::Rule::keep ? FieldMap::End::kept : FieldMap::End::cleared;
  const Outcome outcome = put(field, value, limits, now_ms, end);
  if (ttl.rule == Ttl::Rule::set) set_end(field, ttl.expire_at_ms);
  return outcome;
}

bool Hash::erase(Bytes field, int64_t now_ms) {
  const bool lived = !has_due(now_ms) || contains(field, now_ms);
  if (is_map()) return big_.map->erase(field) && lived;
  const Position at = find_in_list(field);
  if (at == list().end()) return false;
  forget_end_at(at);
  list().erase(at, stride());
  return lived;
}

void Hash::set_end(Bytes field, int64_t ends_ms) {
  const bool has_schedule = schedule_as_it_is() != nullptr;
  if (!has_schedule && ends_ms == kForever) return;
  if (is_map()) {
    if (!has_schedule) big_.map->keep_schedule(make_schedule());
    return big_.map->set_end(field, ends_ms);
  }
  if (form() == Form::packed) become_dated();
  set_end_at(find_in_list(field), ends_ms);
}

Schedule* Hash::schedule() {
  if (form() == Form::dated && std::exchange(big_.dated->may_be_later, false)) {
    int64_t next_ms = kForever;
    visit_with_ends([&next_ms](const PackedElement&, const PackedElement&, int64_t ends_ms) {
      next_ms = std::min(next_ms, ends_ms);
      return true;
    });
    big_.dated->schedule->next_ms = next_ms;
  }
  return schedule_as_it_is();
}

Schedule* Hash::schedule_as_it_is() const {
  switch (form()) {
    case Form::packed:
      return nullptr;
    case Form::dated:
      return big_.dated->schedule;
    case Form::map:
      return big_.map->schedule();
  }
  ENSURE(false);
}

Shed Hash::shed(int64_t now_ms, size_t budget) {
  if (is_map()) {
    const size_t erased = big_.map->erase_due(now_ms, budget);
    return {.removed = erased, .cost = erased + 1};
  }
  if (form() == Form::packed) return {};
  const size_t before = size();
  const size_t erased = erase_due_from_list(now_ms);
  return {.removed = erased, .cost = erased + before / kVisitsPerErase + 1};
}

size_t Hash::erase_due_from_list(int64_t now_ms) {
  const size_t before = size();
  const size_t due = before - count_live(now_ms);
  // Each that is erased alone moves all that is behind it.
  if (due > kErasedAlone) {
    rewrite_list(now_ms);
  } else {
    for (Position at = list().begin(); at != list().end();) {
      at = ends_ms_at(at) <= now_ms ? list().erase(at, stride()) : list().skip(at, stride());
    }
  }
  big_.dated->may_be_later = true;
  (void)schedule();
  return due;
}

// Leaves out what has come to its end.
void Hash::rewrite_list(int64_t now_ms) {
  Packed rest;
  visit_with_ends([&](const PackedElement& field, const PackedElement& value, int64_t ends_ms) {
    if (ends_ms <= now_ms) return true;
    rest.push_back(field);
    rest.push_back(value);
    rest.push_back(kept_end(ends_ms));
    return true;
  });
  list() = std::move(rest);
}

size_t Hash::count_live(int64_t now_ms) const {
  size_t live = 0;
  visit(now_ms, [&live](const PackedElement&, const PackedElement&) {
    ++live;
    return true;
  });
  return live;
}

std::vector<Hash::Position> Hash::live_places(int64_t now_ms) const {
  std::vector<Position> places = list().positions(stride());
  if (has_due(now_ms)) {
    std::erase_if(places, [&](Position at) { return ends_ms_at(at) <= now_ms; });
  }
  return places;
}

std::vector<const HashField*> Hash::live_fields(int64_t now_ms) const {
  std::vector<const HashField*> live;
  uint64_t cursor = 0;
  do {
    cursor = big_.map->scan_step(cursor, [&](const HashField& field) {
      if (field.ends_ms() > now_ms) live.push_back(&field);
    });
  } while (cursor != 0);
  return live;
}

void Hash::check_list() const {
  list().check();
  ENSURE(list().size() % stride() == 0);
  for (const Position at : list().positions(stride())) {
    IntegerText scratch;
    ENSURE(find_in_list(list().get(at).text(scratch)) == at);
    if (form() == Form::packed) continue;
    const PackedElement kept = list().get(list().skip(at, 2));
    ENSURE(kept.is_integer() && kept.integer() >= 0);
    ENSURE(big_.dated->schedule->next_ms <= ends_ms_at(at));
  }
}

void Hash::check() const {
  is_map() ? big_.map->check() : check_list();
  const Schedule* ends = schedule_as_it_is();
  ENSURE(ends == nullptr || ends->object == this);
}

}  // namespace tidemark::storage
