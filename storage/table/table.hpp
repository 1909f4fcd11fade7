#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "storage/table/table_core.hpp"

namespace tidemark::storage {

// A hash table of pointers to entries that the caller owns. This is the typed skin; the idea and
// the layout are told in table_core.hpp. Used for the keys of a database and for the users of the
// read states.
//
// Traits say what an entry is:
//
//   struct Traits {
//     using Entry = ...;                                   // aligned to 16, never null
//     using Key = ...;                                     // what it is looked up by
//     static bool equal(const Entry&, const Key&);         // called after tags matched: 1 in 255
//     is false static uint64_t hash(const Entry&);                  // the same for the whole life
//     of the entry
//   };
//
// Contract:
// - The hash is the caller's, computed once per command, and should be keyed (hash_bytes() in
// hash.hpp).
// - A Slot* stays valid until the next insert(), erase(), clear() or drain() of the same table, or
// until
//   it is moved from. set_stamp(), set_entry() and set_mark() do not invalidate anything.
// - The table never frees an entry and looks at one only to compare it or to rehash it.
// - No operation takes longer than it takes to rehash one segment (some 1,600 entries, well below
//   0.2 ms), except that the directory (8 bytes for every 1,000 entries or so) is copied when it
//   doubles.
// - Owned by one thread; no callback may change the table that calls it.
template <typename Traits>
class Table {
 public:
  using Entry = typename Traits::Entry;
  using Key = typename Traits::Key;

  Table() : core_(&hash_entry) {}
  Table(Table&&) noexcept = default;
  Table& operator=(Table&&) noexcept = default;

  static Entry* entry_of(const Slot& slot) { return static_cast<Entry*>(slot.entry()); }

  size_t size() const { return core_.size(); }
  bool empty() const { return core_.size() == 0; }
  // Entries whose slot is marked.
  size_t marked() const { return core_.marked(); }
  // Everything the table itself has allocated.
  size_t memory_bytes() const { return core_.memory_bytes(); }

  // Null where no entry has the key.
  Slot* find(uint64_t hash, const Key& key) const {
    return core_.find(hash, [&key](const void* entry) {
      return Traits::equal(*static_cast<const Entry*>(entry), key);
    });
  }
  // The slot of this very entry, compared by address; the entry is not looked at.
  Slot* find_entry(uint64_t hash, const Entry* entry) const {
    return core_.find(hash, [entry](const void* other) { return other == entry; });
  }
  // REQUIRES: no entry has this key.
  Slot* insert(uint64_t hash, Entry* entry, SlotState state = {}) {
    return core_.insert(hash, entry, state);
  }
  // Takes the entry out of the table; freeing it is the caller's. REQUIRES: slot is of this table,
  // for an entry with this hash.
  Entry* erase(uint64_t hash, Slot* slot) { return static_cast<Entry*>(core_.erase(hash, slot)); }
  void set_mark(uint64_t hash, Slot* slot, Mark mark) { core_.set_mark(hash, slot, mark); }

  // For batches: first prefetch_bucket() for every key, then prefetch_entry() for every key, then
  // the commands. Two cache misses a key, each overlapped with those of the other keys.
  void prefetch_bucket(uint64_t hash) const { core_.prefetch_bucket(hash); }
  void prefetch_entry(uint64_t hash) const { core_.prefetch_entry(hash); }

  // One step of a scan. Starts with cursor 0; returns the next cursor, 0 at the end. Every entry
  // that is in the table from the first step to the last is visited exactly once, whatever grows,
  // splits, shrinks or merges between the steps. A cursor has at most 48 significant bits; any
  // 48-bit value is safe. visit(Entry&) must not change the table.
  template <typename Visit>
  uint64_t scan_step(uint64_t cursor, Visit&& visit) const {
    return core_.scan_step(cursor, [&visit](Slot& slot) { visit(*entry_of(slot)); });
  }

  // The same with visit(const Slot&).
  template <typename Visit>
  uint64_t scan_slots(uint64_t cursor, Visit&& visit) const {
    return core_.scan_step(cursor, [&visit](const Slot& slot) { visit(slot); });
  }

  // One step of a hand that goes round: visits the occupied slots of one bucket line (all, or only
  // the marked ones; segments without any marked slot are stepped over whole) and returns the next
  // position, 0 after the last. Cheaper than scan_step() and without its guarantee: an entry that
  // is moved between steps may be visited twice or be missed once. visit(Slot&) may change the
  // stamp, not the table.
  template <typename Visit>
  uint64_t sweep_step(uint64_t cursor, Sweep which, Visit&& visit) const {
    return core_.sweep_step(cursor, which, std::forward<Visit>(visit));
  }
  // A slot that sweep_step() showed at this cursor, if it is still there with this entry; else null
  // (also, rarely, where it was moved). The entry is not looked at, so that it may have been freed
  // since.
  Slot* find_near(uint64_t cursor, const Entry* entry) const {
    return core_.find_near(cursor, entry);
  }

  // An entry picked fairly, or null from an empty table. `next_random()` returns 64 random bits.
  template <typename Random>
  Entry* random_entry(Random&& next_random) const {
    for (;;) {
      if (empty()) return nullptr;
      if (Slot* slot = core_.try_random(next_random())) return entry_of(*slot);
    }
  }

  // Hands over up to about `budget` entries for freeing and gives their memory back; false when
  // nothing is left and the table is empty and usable again. Until then only drain(), size() and
  // memory_bytes() may be called: move the table away first, and drain the old one.
  template <typename Dispose>
  [[nodiscard]] bool drain(size_t budget, Dispose&& dispose) {
    return core_.drain(budget, [&dispose](void* entry) { dispose(static_cast<Entry*>(entry)); });
  }

  // Verifies every invariant, at the cost of visiting every entry.
  void check() const { core_.check(); }

  TableCore& core() { return core_; }

 private:
  static uint64_t hash_entry(const void* entry) {
    return Traits::hash(*static_cast<const Entry*>(entry));
  }

  TableCore core_;
};

}  // namespace tidemark::storage
