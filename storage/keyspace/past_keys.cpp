#include "storage/keyspace/past_keys.hpp"

#include <utility>

#include "storage/base/ensure.hpp"
#include "storage/keyspace/keyspace.hpp"

namespace tidemark::storage {

PastKeys::PastKeys(Keyspace& keyspace, PastListener& listener)
    : keyspace_(keyspace), listener_(&listener) {
  keyspace.books_.told = !keyspace.books_.told;
  for (size_t i = 0; i < keyspace.database_count(); ++i) {
    const DbIndex index(static_cast<uint16_t>(i));
    Database& database = keyspace.database(index);
    // An empty one has nothing to tell of.
    places_.push_back({.database = &database, .db = index, .done = database.empty()});
  }
}

PastKeys::~PastKeys() {
  for (Place& place : places_) end(place);
}

KeyUse PastKeys::use_of(const Slot& slot) const {
  return keyspace_.use(*EntryTable::entry_of(slot), slot.stamp());
}

void PastKeys::mute() {
  listener_ = nullptr;
  for (Place& place : places_) {
    if (place.database == nullptr) end(place);
  }
}

void PastKeys::tell(DbIndex db, const Slot& slot, PastListener::Why why) {
  Entry* const entry = EntryTable::entry_of(slot);
  if (entry->told() == keyspace_.books_.told) return;
  entry->set_told(keyspace_.books_.told);
  if (listener_ != nullptr) listener_->on_key(db, *entry, use_of(slot), why);
}

void PastKeys::keep(const Database& database, const Slot& slot) {
  for (const Place& place : places_) {
    if (place.database == &database) return tell(place.db, slot, PastListener::Why::change);
  }
  ENSURE(false);
}

bool PastKeys::wants(const Database& database) const {
  if (listener_ == nullptr) return false;
  for (const Place& place : places_) {
    if (place.database == &database) return !place.done;
  }
  return false;
}

void PastKeys::adopt(const Database& database, EntryTable table, size_t entry_bytes) {
  for (size_t i = 0; i < places_.size(); ++i) {
    Place& place = places_[i];
    if (place.database != &database || place.done) continue;
    Place adopted{.database = nullptr,
                  .db = place.db,
                  .cursor = place.cursor,
                  .adopted = std::move(table),
                  .adopted_entry_bytes = entry_bytes};
    place.done = true;
    places_.push_back(std::move(adopted));
    return;
  }
  ENSURE(false);
}

size_t PastKeys::adopted_bytes() const {
  size_t bytes = 0;
  for (const Place& place : places_) {
    if (place.database != nullptr || place.done) continue;
    bytes += place.adopted_entry_bytes + place.adopted.memory_bytes();
  }
  return bytes;
}

// An adopted table goes where it was to go when it was flushed.
void PastKeys::end(Place& place) {
  if (place.database == nullptr && !place.done) {
    keyspace_.books_.disposal.add(std::move(place.adopted), place.adopted_entry_bytes);
  }
  place.done = true;
}

bool PastKeys::step(size_t keys) {
  size_t told = 0;
  while (current_ < places_.size()) {
    Place& place = places_[current_];
    EntryTable& table = place.database != nullptr ? place.database->table_ : place.adopted;
    while (!place.done && told < keys) {
      place.cursor = table.scan_slots(place.cursor, [&](const Slot& slot) {
        ++told;
        tell(place.db, slot, PastListener::Why::turn);
      });
      if (place.cursor == 0) end(place);
    }
    if (!place.done) return true;
    ++current_;
  }
  return false;
}

}  // namespace tidemark::storage
