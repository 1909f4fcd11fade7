#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "storage/base/bytes.hpp"
#include "storage/value/packed.hpp"
#include "storage/value/packing_limits.hpp"
#include "storage/value/random.hpp"
#include "storage/value/set_member.hpp"
#include "storage/value/sorted_integers.hpp"
#include "storage/value/value_type.hpp"

namespace tidemark::storage {

// Up to where a set is kept in one of its small forms: set-max-intset-entries and the two limits of
// packed sets.
struct SetLimits {
  size_t integers_max;
  PackingLimits packing;
};

// Distinct byte strings, in no order. One object of 16 bytes and what it points to:
//
//   integers  a sorted array ("intset"), while all members are integers and few
//   packed    one block ("listpack"), in the order of insertion, while all are short and few
//   table     a hash table with a block a member ("hashtable")
//
// A set starts as integers. It becomes packed where a text joins, and a table where it has too many
// members or one too long, by the limits that come with the change, as Redis 7.2 has them; a
// command that is about to add many says so first (expect()). Nothing leads back, but that what a
// large pop() leaves over is packed again.
//
// insert, erase and contains cost O(1) in a table, O(log N) to find and O(N) to move in an array of
// integers, O(N) in a packed set; limits keep the latter small.
//
// A member comes out as an element that is read before the next change: an integer or a text. A
// text may spell an integer.
class Set {
 public:
  static constexpr ValueType kType = ValueType::set;

  Set() : integers_() { set_form(Form::integers); }
  Set(const Set& other);
  Set& operator=(const Set&) = delete;
  ~Set() { clear(); }

  size_t size() const;
  bool empty() const { return size() == 0; }
  // Of all that it points to. O(1).
  size_t memory_bytes() const;
  Bytes encoding_name() const;
  bool free_some(size_t budget);

  // As it lies in memory, for dumps: null where the set is in another form.
  const SortedIntegers* integers() const { return form() == Form::integers ? &integers_ : nullptr; }
  const Packed* packed() const { return form() == Form::packed ? &packed_ : nullptr; }

  bool contains(Bytes member) const;
  bool contains(const PackedElement& member) const;

  // `members` will be inserted, `first` before the others: takes the form for so many at once.
  void expect(Bytes first, size_t members, const SetLimits& limits);
  // False where it is there already.
  bool insert(Bytes member, const SetLimits& limits);
  // False where it is not there.
  bool erase(Bytes member);
  // Where all members are integers, and not too many, the set becomes an array of them.
  void become_integers_if_possible(const SetLimits& limits);

  // Calls visit(const PackedElement&) for each member until it returns false.
  template <typename Visit>
  void visit(Visit&& visit) const;
  // One step of a scan, of at least so many members where there are as many ahead: calls
  // visit(const PackedElement&), returns the next cursor, 0 at the end. The guarantee is
  // Table::scan_step()'s; the small forms are visited whole.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, size_t at_least, Visit&& visit) const;

  // ---- Picks: every member, or every choice of members, is equally likely.
  // REQUIRES: not empty.
  PackedElement random_member(Random& random) const;
  // `count` members, repeated or not as chance has it. REQUIRES: not empty. Ends early where
  // visit(const PackedElement&) returns false.
  template <typename Visit>
  void draw(size_t count, uint64_t seed, Visit&& visit) const;
  // `count` different members, in no particular order, all where there are no more: calls
  // visit(const PackedElement&).
  template <typename Visit>
  void sample(size_t count, uint64_t seed, Visit&& visit) const;
  // As sample(), and erases them.
  template <typename Take>
  void pop(size_t count, uint64_t seed, const SetLimits& limits, Take&& take);

  // Verifies every invariant.
  void check() const;

 private:
  enum class Form : unsigned { integers, packed, table };

  // Laid out as Packed and SortedIntegers are.
  struct TableForm {
    MemberTable* members;
    uint32_t unused;
    uint32_t unused_too : 30;
    uint32_t owner_bits : 2;
  };

  // Of less than one in so many members of a table, random picks are seldom repeated; of more, all
  // are visited.
  static constexpr size_t kSparsePart = 3;
  // A pop that takes this many times what it leaves packs what it leaves.
  static constexpr size_t kLargePop = 5;

  // The bits lie at the same place whichever form is alive.
  Form form() const { return static_cast<Form>(packed_.owner_bits()); }
  void set_form(Form form) { packed_.set_owner_bits(static_cast<unsigned>(form)); }

  // Frees what it points to.
  void clear();
  void become(SortedIntegers&& integers);
  void become(Packed&& packed);
  void become(MemberTable* members);
  void become_table();
  bool insert_into_integers(Bytes member, const SetLimits& limits);
  bool may_pack(Bytes member, const SetLimits& limits) const;
  void pack_if_possible(const SetLimits& limits);

  union {
    SortedIntegers integers_;
    Packed packed_;
    TableForm table_;
  };
};
static_assert(sizeof(Set) == 16);

template <typename Visit>
void Set::visit(Visit&& visit) const {
  switch (form()) {
    case Form::integers:
      for (size_t i = 0; i < integers_.size(); ++i) {
        if (!visit(PackedElement(integers_.at(i)))) return;
      }
      return;
    case Form::packed:
      for (auto at = packed_.begin(); at != packed_.end(); at = packed_.next(at)) {
        if (!visit(packed_.get(at))) return;
      }
      return;
    case Form::table:
      bool go_on = true;
      uint64_t cursor = 0;
      do {
        cursor = table_.members->scan_step(cursor, [&](const SetMember& member) {
          go_on = go_on && visit(PackedElement(member.key()));
        });
      } while (go_on && cursor != 0);
      return;
  }
}

template <typename Visit>
uint64_t Set::scan(uint64_t cursor, size_t at_least, Visit&& visit) const {
  if (form() != Form::table) {
    this->visit([&visit](const PackedElement& member) {
      visit(member);
      return true;
    });
    return 0;
  }
  size_t visited = 0;
  do {
    cursor = table_.members->scan_step(cursor, [&](const SetMember& member) {
      ++visited;
      visit(PackedElement(member.key()));
    });
  } while (cursor != 0 && visited < at_least);
  return cursor;
}

template <typename Visit>
void Set::draw(size_t count, uint64_t seed, Visit&& visit) const {
  Random random(seed);
  if (form() != Form::packed || count == 1) {
    while (count-- > 0 && visit(random_member(random))) {
    }
    return;
  }
  const std::vector<Packed::Position> places = packed_.positions();
  while (count-- > 0 && visit(packed_.get(places[random.below(places.size())]))) {
  }
}

template <typename Visit>
void Set::sample(size_t count, uint64_t seed, Visit&& visit) const {
  if (form() == Form::table && count < size() / kSparsePart) {
    const auto picked =
        table_.members->pick(count, SIZE_MAX, Random(seed), [](const SetMember&) { return true; });
    for (const SetMember* member : picked) visit(PackedElement(member->key()));
    return;
  }
  Selection selection(size(), count, seed);
  this->visit([&](const PackedElement& member) {
    if (selection.takes_next()) visit(member);
    return !selection.done();
  });
}

template <typename Take>
void Set::pop(size_t count, uint64_t seed, const SetLimits& limits, Take&& take) {
  if (count == 0) return;
  if (count > size()) count = size();
  Selection selection(size(), count, seed);
  switch (form()) {
    case Form::integers:
      integers_.erase_if([&](int64_t value) {
        if (!selection.takes_next()) return false;
        take(PackedElement(value));
        return true;
      });
      return;
    case Form::packed: {
      if (count == 1) {
        const auto at = packed_.at(Random(seed).below(packed_.size()));
        take(packed_.get(at));
        packed_.erase(at);
        return;
      }
      Packed rest;
      for (auto at = packed_.begin(); at != packed_.end(); at = packed_.next(at)) {
        const PackedElement member = packed_.get(at);
        if (selection.takes_next()) {
          take(member);
        } else {
          rest.push_back(member);
        }
      }
      packed_ = std::move(rest);
      return;
    }
    case Form::table:
      Random random(seed);
      for (size_t i = 0; i < count; ++i) {
        const SetMember* member = table_.members->random(random);
        take(PackedElement(member->key()));
        table_.members->erase(member);
      }
      if (size() * kLargePop <= count) pack_if_possible(limits);
      return;
  }
}

}  // namespace tidemark::storage
