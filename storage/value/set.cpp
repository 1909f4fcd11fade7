#include "storage/value/set.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"
#include "storage/base/number.hpp"

namespace tidemark::storage {
namespace {

std::optional<int64_t> integer_of(Bytes text) {
  return text.size() <= kInt64CharsMax ? parse_int64(text) : std::nullopt;
}

size_t digits_of(int64_t value) {
  IntegerText scratch;
  return static_cast<size_t>(format_int64(scratch.data(), value) - scratch.data());
}

size_t integers_max_of(const SetLimits& limits) {
  return std::min(limits.integers_max, SortedIntegers::kSizeMax - 1);
}

}  // namespace

Set::Set(const Set& other) : integers_() {
  set_form(Form::integers);
  switch (other.form()) {
    case Form::integers:
      become(SortedIntegers(other.integers_));
      break;
    case Form::packed:
      become(Packed(other.packed_));
      break;
    case Form::table:
      become(make_object<MemberTable>(*other.table_.members));
      break;
  }
}

void Set::clear() {
  switch (form()) {
    case Form::integers:
      return std::destroy_at(&integers_);
    case Form::packed:
      return std::destroy_at(&packed_);
    case Form::table:
      std::destroy_at(table_.members);
      heap::deallocate(table_.members, sizeof(MemberTable));
  }
}

void Set::become(SortedIntegers&& integers) {
  clear();
  new (&integers_) SortedIntegers(std::move(integers));
  set_form(Form::integers);
}

void Set::become(Packed&& packed) {
  clear();
  new (&packed_) Packed(std::move(packed));
  set_form(Form::packed);
}

void Set::become(MemberTable* members) {
  clear();
  table_ = {.members = members, .unused = 0, .unused_too = 0, .owner_bits = 0};
  set_form(Form::table);
}

void Set::become_table() {
  auto* members = make_object<MemberTable>();
  visit([members](const PackedElement& member) {
    IntegerText scratch;
    return members->insert(member.text(scratch));
  });
  become(members);
}

size_t Set::size() const {
  switch (form()) {
    case Form::integers:
      return integers_.size();
    case Form::packed:
      return packed_.size();
    case Form::table:
      return table_.members->size();
  }
  ENSURE(false);
}

size_t Set::memory_bytes() const {
  switch (form()) {
    case Form::integers:
      return integers_.memory_bytes();
    case Form::packed:
      return packed_.memory_bytes();
    case Form::table:
      return heap::block_bytes(sizeof(MemberTable)) + table_.members->memory_bytes();
  }
  ENSURE(false);
}

Bytes Set::encoding_name() const {
  switch (form()) {
    case Form::integers:
      return "intset";
    case Form::packed:
      return "listpack";
    case Form::table:
      return "hashtable";
  }
  ENSURE(false);
}

bool Set::free_some(size_t budget) {
  if (form() == Form::table && table_.members->free_some(budget)) return true;
  become(SortedIntegers());
  return false;
}

bool Set::contains(Bytes member) const {
  switch (form()) {
    case Form::integers: {
      const auto integer = integer_of(member);
      return integer && integers_.contains(*integer);
    }
    case Form::packed:
      return packed_.find(member, packed_.begin()) != packed_.end();
    case Form::table:
      return table_.members->contains(member);
  }
  ENSURE(false);
}

bool Set::contains(const PackedElement& member) const {
  if (form() == Form::integers && member.is_integer()) return integers_.contains(member.integer());
  IntegerText scratch;
  return contains(member.text(scratch));
}

void Set::expect(Bytes first, size_t members, const SetLimits& limits) {
  const bool few_integers = members <= integers_max_of(limits);
  const bool few = members <= limits.packing.elements_max;
  if (empty()) {
    if (few_integers && integer_of(first)) return;
    if (few) {
      become(Packed());
    } else {
      become_table();
    }
  } else if ((form() == Form::integers && !few_integers) || (form() == Form::packed && !few)) {
    become_table();
  }
}

// Whether the set with one more text may be packed.
bool Set::may_pack(Bytes member, const SetLimits& limits) const {
  if (size() >= limits.packing.elements_max) return false;
  if (member.size() > limits.packing.element_bytes_max) return false;
  if (form() == Form::packed) return packed_.has_room(member.size());
  if (integers_.empty()) return true;
  // The longest are at the ends.
  const size_t digits =
      std::max(digits_of(integers_.at(0)), digits_of(integers_.at(integers_.size() - 1)));
  return digits <= limits.packing.element_bytes_max;
}

bool Set::insert_into_integers(Bytes member, const SetLimits& limits) {
  if (const auto integer = integer_of(member)) {
    if (!integers_.insert(*integer)) return false;
    if (integers_.size() > integers_max_of(limits)) become_table();
    return true;
  }
  if (!may_pack(member, limits)) {
    become_table();
    return table_.members->insert(member);
  }
  Packed packed;
  for (size_t i = 0; i < integers_.size(); ++i) packed.push_back(integers_.at(i));
  packed.push_back(member);
  become(std::move(packed));
  return true;
}

bool Set::insert(Bytes member, const SetLimits& limits) {
  switch (form()) {
    case Form::integers:
      return insert_into_integers(member, limits);
    case Form::packed:
      if (packed_.find(member, packed_.begin()) != packed_.end()) return false;
      if (may_pack(member, limits)) {
        packed_.push_back(member);
        return true;
      }
      become_table();
      [[fallthrough]];
    case Form::table:
      return table_.members->insert(member);
  }
  ENSURE(false);
}

bool Set::erase(Bytes member) {
  switch (form()) {
    case Form::integers: {
      const auto integer = integer_of(member);
      return integer && integers_.erase(*integer);
    }
    case Form::packed: {
      const auto at = packed_.find(member, packed_.begin());
      if (at == packed_.end()) return false;
      packed_.erase(at);
      return true;
    }
    case Form::table:
      return table_.members->erase(member);
  }
  ENSURE(false);
}

void Set::become_integers_if_possible(const SetLimits& limits) {
  if (form() == Form::integers || size() > integers_max_of(limits)) return;
  SortedIntegers integers;
  bool all = true;
  visit([&](const PackedElement& member) {
    IntegerText scratch;
    const auto integer = integer_of(member.text(scratch));
    all = integer.has_value();
    if (all) integers.insert(*integer);
    return all;
  });
  if (all) become(std::move(integers));
}

void Set::pack_if_possible(const SetLimits& limits) {
  if (size() > limits.packing.elements_max) return;
  Packed packed;
  bool all = true;
  visit([&](const PackedElement& member) {
    IntegerText scratch;
    const Bytes text = member.text(scratch);
    all = text.size() <= limits.packing.element_bytes_max && packed.has_room(text.size());
    if (all) packed.push_back(text);
    return all;
  });
  if (all) become(std::move(packed));
}

PackedElement Set::random_member(Random& random) const {
  switch (form()) {
    case Form::integers:
      return PackedElement(integers_.at(random.below(integers_.size())));
    case Form::packed:
      return packed_.get(packed_.at(random.below(packed_.size())));
    case Form::table:
      return PackedElement(table_.members->random(random)->key());
  }
  ENSURE(false);
}

void Set::check() const {
  switch (form()) {
    case Form::integers:
      return integers_.check();
    case Form::packed:
      packed_.check();
      for (auto at = packed_.begin(); at != packed_.end(); at = packed_.next(at)) {
        IntegerText scratch;
        const Bytes text = packed_.get(at).text(scratch);
        ENSURE(packed_.find(text, packed_.begin()) == at);
      }
      return;
    case Form::table:
      return table_.members->check();
  }
}

}  // namespace tidemark::storage
