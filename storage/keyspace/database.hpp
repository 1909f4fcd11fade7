#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "storage/base/bytes.hpp"
#include "storage/base/ids.hpp"
#include "storage/base/result.hpp"
#include "storage/keyspace/agenda.hpp"
#include "storage/keyspace/books.hpp"
#include "storage/keyspace/entry.hpp"
#include "storage/keyspace/hashed_key.hpp"
#include "storage/value/ttl.hpp"

namespace tidemark::storage {

template <typename T>
class Edit;
class String;

// Whether a lookup counts as a use of the key.
enum class Touch : uint8_t { no, yes };
// What edit() does with a key that is not there.
enum class IfAbsent : uint8_t { leave, create };
// How much of a removed value is freed within the call.
enum class Free : uint8_t { now, in_slices };

// One numbered database of one partition.
//
// A key whose time is up does not exist: every call removes and announces it when it meets it,
// except peek() and the visits, which pass over it. Time is Books::now_ms.
//
// A pointer to an entry is valid until the next call that may change this database (find() may: it
// removes what has expired; of the entry itself it gives the current address).
class Database {
 public:
  Database(DbIndex index, Books& books);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  DbIndex index() const { return index_; }
  size_t size() const { return table_.size(); }
  bool empty() const { return table_.empty(); }
  // Keys with a time to live.
  size_t expiring() const { return table_.marked(); }
  // An estimate from the keys that expiry has visited lately; 0 without any.
  int64_t average_ttl_ms() const { return average_ttl_ms_; }
  // Values of which a part has a time to live: hashes.
  size_t shedding() const { return agenda_.size(); }
  // What is not an entry's.
  size_t table_bytes() const { return table_.memory_bytes() + agenda_.memory_bytes(); }

  // Lookups. Null where the key is absent.
  Entry* find(const HashedKey& key, Touch touch = Touch::yes) {
    return locate_and_touch(key, touch).entry;
  }
  // For strings: wrong_type where it holds something else.
  Result<Entry*> find_string(const HashedKey& key, Touch touch = Touch::yes);
  // For objects of one class (T::kType).
  template <typename T>
  Result<T*> find_as(const HashedKey& key, Touch touch = Touch::yes);
  // Neither touches nor removes.
  const Entry* peek(const HashedKey& key) const;
  // The same, and passes not over what has expired and is still there.
  const Entry* peek_at_all(const HashedKey& key) const;
  // OBJECT FREQ and the like; REQUIRES: present.
  uint16_t stamp(const HashedKey& key) const;
  void set_stamp(const HashedKey& key, uint16_t stamp);
  void prefetch_bucket(const HashedKey& key) const { table_.prefetch_bucket(key.hash); }
  void prefetch_entry(const HashedKey& key) const { table_.prefetch_entry(key.hash); }

  // Values. An existing value of whatever type is replaced, and freed at once unless it is a big
  // collection.
  void set_string(const HashedKey& key, Bytes text, Ttl ttl = Ttl::clear());
  void set_integer(const HashedKey& key, int64_t value, Ttl ttl = Ttl::clear());
  // Takes over an object from make_object(). The key's older value goes.
  template <typename T>
  void set_object(const HashedKey& key, T* object, Ttl ttl = Ttl::clear());
  // The value, to be changed in place. The edit's destructor closes the books; see edit.hpp, which
  // must be included. Null edit (operator bool) where absent and `leave`.
  template <typename T>
  Result<Edit<T>> edit(const HashedKey& key, IfAbsent if_absent);

  // Removal. False where the key is absent.
  bool erase(const HashedKey& key) { return remove(key, Free::now); }
  bool unlink(const HashedKey& key) { return remove(key, Free::in_slices); }
  // The same for whoever takes all of the value out: told of as an edit that left nothing.
  bool unlink_emptied(const HashedKey& key) {
    return remove(key, Free::in_slices, ChangeKind::emptied);
  }

  // Time to live. False where the key is absent (or, for persist(), has none).
  bool expire_at(const HashedKey& key, int64_t expire_at_ms);
  bool persist(const HashedKey& key);

  // Moving. take() removes the key and gives its entry, value and expiry with it, or null; put()
  // adds such an entry under this key, in place of what is there, in whatever database or
  // partition; what came from another partition is better copied, so that its memory is of the
  // owner's arena. Announced as deleted and as written.
  EntryOwner take(const HashedKey& key);
  void put(const HashedKey& key, EntryOwner entry);

  // Not touched; null from an empty database.
  const Entry* random_key();

  // One step of SCAN: visits the keys of some buckets, at least `at_least` keys if there are as
  // many ahead. Returns the next cursor (48 bits), 0 at the end. Starts with 0. Guarantee: see
  // Table::scan_step(). visit(const Entry&) must not change anything.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, size_t at_least, Visit&& visit) const;

  // Visits all there is, also what has no time left: visit(const Entry&, uint16_t stamp), which
  // must not change anything.
  template <typename Visit>
  void visit_all(Visit&& visit) const;

  // Removes everything; one `flushed` is announced. Frees at once what takes up to about a
  // millisecond, the rest in slices; or all of it in slices, for a caller who is not the owner.
  void flush(Free how = Free::now);

  // Verifies the table, the marks and the byte count, at the cost of visiting every entry.
  void check() const;

 private:
  friend class Keyspace;
  friend class EvictionPool;
  friend class PastKeys;
  friend class String;
  template <typename T>
  friend class Edit;

  // A slot and the entry in it; null where absent.
  struct Found {
    Slot* slot = nullptr;
    Entry* entry = nullptr;
  };

  // What a slice of expiry met.
  struct ExpiryTally {
    size_t met = 0;
    size_t stale = 0;
    int64_t ttl_sum_ms = 0;  // of those that are not stale
  };

  size_t bucket_count() { return table_.core().bucket_count(); }
  bool expire_line(ExpiryTally& tally);
  void note_expiry(const ExpiryTally& tally);
  // Keep the agenda, when an entry comes, goes, or has been changed.
  void list(uint64_t hash, const Entry& entry);
  void unlist(const Entry& entry);
  // Removes parts of values whose time is up, about `budget` of them; returns what that cost.
  size_t shed(size_t budget);
  size_t shed_first(size_t budget);
  // Before what is in the slot is changed or goes: whoever wants it as it was is told.
  void keep(const Slot& slot) const {
    if (books_.past != nullptr && EntryTable::entry_of(slot)->told() != books_.told) [[unlikely]] {
      tell_past(slot);
    }
  }
  void tell_past(const Slot& slot) const;
  Found locate(const HashedKey& key);
  Found locate_and_touch(const HashedKey& key, Touch touch);
  Slot* add(const HashedKey& key, EntryOwner entry);
  EntryOwner pull(uint64_t hash, Slot* slot);
  void replace(const HashedKey& key, Found old, EntryOwner entry);
  void drop(uint64_t hash, Slot* slot, ChangeKind why, Free how);
  bool remove(const HashedKey& key, Free how, ChangeKind why = ChangeKind::deleted);
  // Takes back an entry that was added for an edit that came to nothing: as if it had never been.
  void discard(uint64_t hash, Slot* slot);
  void dispose(EntryOwner entry, Free how);
  Entry* take_slow_text(Entry* entry);
  template <typename Make, typename Assign>
  void set_value(const HashedKey& key, Ttl ttl, Make&& make, Assign&& assign);
  void set_new(const HashedKey& key, Found found, EntryOwner entry, Ttl ttl);
  void set_new_object(const HashedKey& key, ValueType type, void* object, Ttl ttl);
  void place(const HashedKey& key, Found found, EntryOwner entry, Origin origin, Lifetime lifetime);
  void change_expiry(const HashedKey& key, Found found, std::optional<int64_t> expire_at_ms);
  void settle(Found found, Entry* entry, size_t bytes_before);
  size_t count_entry_bytes() const;
  void announce(Bytes key, ChangeKind kind, ValueType type, Origin origin = Origin::existed,
                Lifetime lifetime = Lifetime::as_it_was) {
    books_.announce({.db = index_,
                     .key = key,
                     .kind = kind,
                     .type = type,
                     .origin = origin,
                     .lifetime = lifetime});
  }

  DbIndex index_;
  Books& books_;
  EntryTable table_;
  Agenda agenda_;
  size_t entry_bytes_ = 0;
  int64_t average_ttl_ms_ = 0;
  uint64_t expiry_cursor_ = 0;
};

template <typename T>
Result<T*> Database::find_as(const HashedKey& key, Touch touch) {
  Entry* entry = find(key, touch);
  if (entry == nullptr) return static_cast<T*>(nullptr);
  if (entry->type() != T::kType) return Errc::wrong_type;
  return static_cast<T*>(entry->object());
}

template <typename T>
void Database::set_object(const HashedKey& key, T* object, Ttl ttl) {
  set_new_object(key, T::kType, object, ttl);
}

template <typename Visit>
void Database::visit_all(Visit&& visit) const {
  uint64_t cursor = 0;
  do {
    cursor = table_.scan_slots(
        cursor, [&visit](const Slot& slot) { visit(*EntryTable::entry_of(slot), slot.stamp()); });
  } while (cursor != 0);
}

template <typename Visit>
uint64_t Database::scan(uint64_t cursor, size_t at_least, Visit&& visit) const {
  size_t visited = 0;
  for (;;) {
    cursor = table_.scan_step(cursor, [&](const Entry& entry) {
      ++visited;
      if (!entry.expired(books_.now_ms)) visit(entry);
    });
    if (cursor == 0 || visited >= at_least) return cursor;
  }
}

}  // namespace tidemark::storage
