#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "storage/base/ids.hpp"
#include "storage/keyspace/entry.hpp"
#include "storage/keyspace/key_use.hpp"

namespace tidemark::storage {

class Database;
class Keyspace;

// Who is told of the keys of a moment.
class PastListener {
 public:
  // Why it is told of a key now: the walk has come to it, or the key is about to be changed.
  enum class Why : uint8_t { turn, change };

  virtual ~PastListener() = default;
  // The key as it was, in the database that had this number. Must not touch the keyspace.
  virtual void on_key(DbIndex db, const Entry& entry, const KeyUse& use, Why why) = 0;
};

// All keys of a partition as they were at one moment, told one by one while the partition goes on
// changing: what a snapshot is made of, without a copy of anything.
//
// A walk goes through the tables in slices. Whatever is about to be changed, or to go, before the
// walk has come to it is told first. Who has been told of is a bit in the entry, whose meaning
// changes with every walk: an entry whose bit is not the walk's was there at the moment and has not
// been told; what is added since has the walk's from the beginning. So nothing is kept besides the
// keys, and a walk always goes to its end, be it in silence, so that all bits are the same when the
// next one begins.
//
// To tell of a value takes as long as to write it: whoever changes a huge one waits for that, once
// in a walk. A table that is flushed before the walk is through with it stays until then.
class PastKeys {
 public:
  // The moment is now. REQUIRES: all entries' bits are the other one's.
  PastKeys(Keyspace& keyspace, PastListener& listener);
  ~PastKeys();
  PastKeys(const PastKeys&) = delete;
  PastKeys& operator=(const PastKeys&) = delete;

  // Tells of about so many keys. False when all are told.
  bool step(size_t keys);
  // Nobody listens any more.
  void mute();

  // ---- For the databases.
  // Before the entry in this slot is changed or goes. REQUIRES: it has not been told.
  void keep(const Database& database, const Slot& slot);
  // Whether the table of this database, which is to be flushed, is still needed.
  bool wants(const Database& database) const;
  void adopt(const Database& database, EntryTable table, size_t entry_bytes);

  // What adopted tables own.
  size_t adopted_bytes() const;

 private:
  // A table on the way.
  struct Place {
    Database* database;  // null for an adopted table
    DbIndex db;          // as it was at the moment
    uint64_t cursor = 0;
    bool done = false;
    EntryTable adopted;
    size_t adopted_entry_bytes = 0;
  };

  void tell(DbIndex db, const Slot& slot, PastListener::Why why);
  KeyUse use_of(const Slot& slot) const;
  void end(Place& place);

  Keyspace& keyspace_;
  PastListener* listener_;
  std::vector<Place> places_;
  size_t current_ = 0;
};

}  // namespace tidemark::storage
