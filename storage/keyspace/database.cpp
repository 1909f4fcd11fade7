#include "storage/keyspace/database.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "storage/base/ensure.hpp"
#include "storage/base/prefetch.hpp"
#include "storage/keyspace/past_keys.hpp"

namespace tidemark::storage {
namespace {

// What a flush frees before it returns: about a millisecond's worth.
constexpr size_t kFlushedAtOnce = 4096;
// How many expired keys random_key() removes before it gives up.
constexpr unsigned kRandomTries = 1000;
// The average time to live moves by one in this many towards what a slice of expiry met.
constexpr int64_t kTtlInertia = 50;

// Null where its value has none.
Schedule* schedule_of(const Entry& entry) {
  if (!entry.is_object()) return nullptr;
  const ObjectFunctions& functions = object_functions(entry.type());
  return functions.schedule == nullptr ? nullptr : functions.schedule(entry.object());
}

Lifetime lifetime_of(const Ttl& ttl) {
  return ttl.rule == Ttl::Rule::set ? Lifetime::set : Lifetime::as_it_was;
}

Mark mark_of(const Entry& entry) { return entry.has_expiry() ? Mark::on : Mark::off; }

}  // namespace

Database::Database(DbIndex index, Books& books) : index_(index), books_(books) {
  books_.clock.attach(table_.core());
}

Database::~Database() {
  Agenda::Remains remains = agenda_.take_remains();
  while (remains.free_some(kFlushedAtOnce)) {
  }
  books_.clock.detach(table_.core());
  while (table_.drain(kFlushedAtOnce, &Entry::destroy)) {
  }
}

// Inline, or position-independent code could not fold it into its callers.
inline Database::Found Database::locate(const HashedKey& key) {
  Slot* slot = table_.find(key.hash, key.bytes);
  if (slot == nullptr) return {};
  Entry* entry = EntryTable::entry_of(*slot);
  if (slot->marked() && entry->expire_at_ms() <= books_.now_ms) [[unlikely]] {
    if (books_.expiry == Expiry::hides) return {};
    drop(key.hash, slot, ChangeKind::expired, Free::in_slices);
    return {};
  }
  return {.slot = slot, .entry = entry};
}

// Flattened: the frames of its layers would cost a tenth of a lookup.
[[gnu::flatten]] Database::Found Database::locate_and_touch(const HashedKey& key, Touch touch) {
  const Found found = locate(key);
  if (found.entry != nullptr && touch == Touch::yes) {
    found.slot->set_stamp(books_.clock.stamp_touched(found.slot->stamp()));
    found.entry->set_access_seconds(books_.now_seconds);
  }
  return found;
}

Result<Entry*> Database::find_string(const HashedKey& key, Touch touch) {
  Entry* entry = find(key, touch);
  if (entry != nullptr && entry->type() != ValueType::string) return Errc::wrong_type;
  return entry;
}

const Entry* Database::peek(const HashedKey& key) const {
  const Entry* entry = peek_at_all(key);
  return entry == nullptr || entry->expired(books_.now_ms) ? nullptr : entry;
}

const Entry* Database::peek_at_all(const HashedKey& key) const {
  const Slot* slot = table_.find(key.hash, key.bytes);
  return slot == nullptr ? nullptr : EntryTable::entry_of(*slot);
}

uint16_t Database::stamp(const HashedKey& key) const {
  const Slot* slot = table_.find(key.hash, key.bytes);
  ENSURE(slot != nullptr);
  return slot->stamp();
}

void Database::set_stamp(const HashedKey& key, uint16_t stamp) {
  Slot* slot = table_.find(key.hash, key.bytes);
  ENSURE(slot != nullptr);
  slot->set_stamp(stamp);
}

Slot* Database::add(const HashedKey& key, EntryOwner entry) {
  const size_t bytes = entry->memory_bytes();
  entry_bytes_ += bytes;
  books_.entry_bytes += bytes;
  entry->set_access_seconds(books_.now_seconds);
  list(key.hash, *entry);
  entry->set_told(books_.told);
  const SlotState state{.stamp = books_.clock.stamp_new(), .mark = mark_of(*entry)};
  return table_.insert(key.hash, entry.release(), state);
}

void Database::tell_past(const Slot& slot) const { books_.past->keep(*this, slot); }

EntryOwner Database::pull(uint64_t hash, Slot* slot) {
  keep(*slot);
  EntryOwner entry(table_.erase(hash, slot));
  unlist(*entry);
  const size_t bytes = entry->memory_bytes();
  entry_bytes_ -= bytes;
  books_.entry_bytes -= bytes;
  return entry;
}

void Database::dispose(EntryOwner entry, Free how) {
  if (how == Free::in_slices || entry->has_slow_text()) books_.disposal.add(std::move(entry));
}

// For a value that is about to be replaced in its entry.
Entry* Database::take_slow_text(Entry* entry) {
  if (!entry->has_slow_text()) return entry;
  TextBuffer* text = nullptr;
  entry = Entry::take_text(entry, text);
  books_.disposal.add(text);
  return entry;
}

[[gnu::noinline]] void Database::drop(uint64_t hash, Slot* slot, ChangeKind why, Free how) {
  EntryOwner entry = pull(hash, slot);
  if (why == ChangeKind::expired) ++books_.stats.expired_keys;
  if (why == ChangeKind::evicted) ++books_.stats.evicted_keys;
  announce(entry->key(), why, entry->type());
  dispose(std::move(entry), how);
}

void Database::discard(uint64_t hash, Slot* slot) { pull(hash, slot).reset(); }

bool Database::remove(const HashedKey& key, Free how, ChangeKind why) {
  const Found found = locate(key);
  if (found.entry == nullptr) return false;
  drop(key.hash, found.slot, why, how);
  return true;
}

// Puts another entry, for the same key, into the slot of the old one.
void Database::replace(const HashedKey& key, Found old, EntryOwner entry) {
  keep(*old.slot);
  const size_t bytes_before = old.entry->memory_bytes();
  unlist(*old.entry);
  list(key.hash, *entry);
  entry->set_access_seconds(books_.now_seconds);
  entry->set_told(books_.told);
  table_.set_mark(key.hash, old.slot, mark_of(*entry));
  settle(old, entry.release(), bytes_before);
  dispose(EntryOwner(old.entry), Free::in_slices);
}

// After an entry has changed its size or place: the slot and the books follow.
void Database::settle(Found found, Entry* entry, size_t bytes_before) {
  const size_t bytes = entry->memory_bytes();
  if (entry != found.entry) found.slot->set_entry(entry);
  entry_bytes_ += bytes - bytes_before;
  books_.entry_bytes += bytes - bytes_before;
}

template <typename Make, typename Assign>
void Database::set_value(const HashedKey& key, Ttl ttl, Make&& make, Assign&& assign) {
  const Found found = locate_and_touch(key, Touch::yes);
  if (found.entry == nullptr || found.entry->is_object()) {
    set_new(key, found, make(), ttl);
    return;
  }
  keep(*found.slot);
  const size_t bytes_before = found.entry->memory_bytes();
  Entry* entry = assign(take_slow_text(found.entry));
  if (ttl.rule == Ttl::Rule::set) {
    entry = Entry::set_expiry(entry, ttl.expire_at_ms);
  } else if (ttl.rule == Ttl::Rule::clear && found.slot->marked()) {
    entry = Entry::set_expiry(entry, std::nullopt);
  }
  table_.set_mark(key.hash, found.slot, mark_of(*entry));
  settle(found, entry, bytes_before);
  announce(key.bytes, ChangeKind::written, ValueType::string, Origin::existed, lifetime_of(ttl));
}

void Database::set_string(const HashedKey& key, Bytes text, Ttl ttl) {
  set_value(
      key, ttl, [&] { return Entry::make_string(key.bytes, text); },
      [&](Entry* entry) { return Entry::set_text(entry, text); });
}

void Database::set_integer(const HashedKey& key, int64_t value, Ttl ttl) {
  set_value(
      key, ttl, [&] { return Entry::make_integer(key.bytes, value); },
      [&](Entry* entry) { return Entry::set_integer(entry, value); });
}

// A new entry, instead of what was found.
void Database::set_new(const HashedKey& key, Found found, EntryOwner entry, Ttl ttl) {
  std::optional<int64_t> expire_at_ms;
  if (ttl.rule == Ttl::Rule::set) expire_at_ms = ttl.expire_at_ms;
  if (ttl.rule == Ttl::Rule::keep && found.entry != nullptr && found.entry->has_expiry()) {
    expire_at_ms = found.entry->expire_at_ms();
  }
  if (expire_at_ms) entry.reset(Entry::set_expiry(entry.release(), expire_at_ms));
  const Origin origin = found.entry == nullptr ? Origin::created : Origin::existed;
  place(key, found, std::move(entry), origin, lifetime_of(ttl));
}

void Database::place(const HashedKey& key, Found found, EntryOwner entry, Origin origin,
                     Lifetime lifetime) {
  const ValueType type = entry->type();
  if (found.entry == nullptr) {
    add(key, std::move(entry));
  } else {
    replace(key, found, std::move(entry));
  }
  announce(key.bytes, ChangeKind::written, type, origin, lifetime);
}

void Database::set_new_object(const HashedKey& key, ValueType type, void* object, Ttl ttl) {
  const Found found = locate_and_touch(key, Touch::yes);
  set_new(key, found, Entry::make_object(key.bytes, type, object), ttl);
}

void Database::change_expiry(const HashedKey& key, Found found,
                             std::optional<int64_t> expire_at_ms) {
  keep(*found.slot);
  const size_t bytes_before = found.entry->memory_bytes();
  Entry* entry = Entry::set_expiry(found.entry, expire_at_ms);
  table_.set_mark(key.hash, found.slot, mark_of(*entry));
  settle(found, entry, bytes_before);
  announce(key.bytes, ChangeKind::expiry, entry->type(), Origin::existed,
           expire_at_ms ? Lifetime::set : Lifetime::as_it_was);
}

bool Database::expire_at(const HashedKey& key, int64_t expire_at_ms) {
  const Found found = locate(key);
  if (found.entry == nullptr) return false;
  if (expire_at_ms <= books_.now_ms) {
    drop(key.hash, found.slot, ChangeKind::deleted, Free::in_slices);
  } else {
    change_expiry(key, found, expire_at_ms);
  }
  return true;
}

bool Database::persist(const HashedKey& key) {
  const Found found = locate(key);
  if (found.entry == nullptr || !found.entry->has_expiry()) return false;
  change_expiry(key, found, std::nullopt);
  return true;
}

EntryOwner Database::take(const HashedKey& key) {
  const Found found = locate(key);
  if (found.entry == nullptr) return nullptr;
  EntryOwner entry = pull(key.hash, found.slot);
  announce(key.bytes, ChangeKind::deleted, entry->type());
  return entry;
}

void Database::put(const HashedKey& key, EntryOwner entry) {
  if (entry->key() != key.bytes) entry = Entry::rename(std::move(entry), key.bytes);
  place(key, locate_and_touch(key, Touch::yes), std::move(entry), Origin::created,
        Lifetime::as_it_was);
}

const Entry* Database::random_key() {
  for (unsigned tries = 0; tries < kRandomTries; ++tries) {
    Entry* entry = table_.random_entry([this] { return books_.next_random(); });
    if (entry == nullptr || !entry->expired(books_.now_ms)) return entry;
    if (books_.expiry == Expiry::hides) continue;
    const uint64_t hash = EntryTraits::hash(*entry);
    drop(hash, table_.find_entry(hash, entry), ChangeKind::expired, Free::in_slices);
  }
  return nullptr;
}

void Database::flush(Free how) {
  if (table_.empty()) return;
  books_.entry_bytes -= entry_bytes_;
  books_.disposal.add(agenda_.take_remains());
  const size_t entry_bytes = std::exchange(entry_bytes_, 0);
  if (books_.past != nullptr && books_.past->wants(*this)) {
    books_.past->adopt(*this, std::move(table_), entry_bytes);
  } else {
    books_.disposal.add(std::move(table_), entry_bytes);
  }
  average_ttl_ms_ = 0;
  announce({}, ChangeKind::flushed, ValueType::string);
  if (how == Free::now) books_.disposal.slice(kFlushedAtOnce);
}

// Removes what has expired in the bucket line at the hand. The hand stays where something was
// removed, because erasing draws entries of the next line back into this one. Returns whether it
// moved on.
bool Database::expire_line(ExpiryTally& tally) {
  std::array<Entry*, TableCore::kSlots> entries;
  size_t count = 0;
  const uint64_t next = table_.sweep_step(expiry_cursor_, Sweep::marked, [&](const Slot& slot) {
    entries[count] = EntryTable::entry_of(slot);
    prefetch(entries[count++]);
  });
  const size_t stale_before = tally.stale;
  for (size_t i = 0; i < count; ++i) {
    const int64_t ttl_ms = entries[i]->expire_at_ms() - books_.now_ms;
    if (ttl_ms > 0) {
      tally.ttl_sum_ms += ttl_ms;
      continue;
    }
    ++tally.stale;
    const uint64_t hash = EntryTraits::hash(*entries[i]);
    drop(hash, table_.find_entry(hash, entries[i]), ChangeKind::expired, Free::in_slices);
  }
  tally.met += count;
  if (tally.stale != stale_before) return false;
  expiry_cursor_ = next;
  return true;
}

void Database::note_expiry(const ExpiryTally& tally) {
  if (tally.met > tally.stale) {
    const int64_t mean_ms = tally.ttl_sum_ms / static_cast<int64_t>(tally.met - tally.stale);
    average_ttl_ms_ = average_ttl_ms_ == 0
                          ? mean_ms
                          : average_ttl_ms_ + (mean_ms - average_ttl_ms_) / kTtlInertia;
  }
  if (expiring() == 0) average_ttl_ms_ = 0;
}

void Database::list(uint64_t hash, const Entry& entry) {
  Schedule* schedule = schedule_of(entry);
  if (schedule == nullptr) return;
  schedule->key_hash = hash;
  agenda_.update(*schedule);
  books_.next_shed_ms = std::min(books_.next_shed_ms, schedule->listed_ms);
}

void Database::unlist(const Entry& entry) {
  if (Schedule* schedule = schedule_of(entry)) agenda_.remove(*schedule);
}

size_t Database::shed(size_t budget) {
  size_t shed = 0;
  while (shed < budget) {
    const Schedule* first = agenda_.first();
    if (first == nullptr || first->listed_ms > books_.now_ms) break;
    shed += shed_first(budget - shed);
  }
  return shed;
}

// Of the value that the agenda begins with.
size_t Database::shed_first(size_t budget) {
  const Schedule& schedule = *agenda_.first();
  const void* object = schedule.object;
  const uint64_t hash = schedule.key_hash;
  Slot* slot = table_.core().find(hash, [object](const void* candidate) {
    const auto* entry = static_cast<const Entry*>(candidate);
    return entry->is_object() && entry->object() == object;
  });
  ENSURE(slot != nullptr);
  keep(*slot);
  const Entry& entry = *EntryTable::entry_of(*slot);
  const ObjectFunctions& functions = object_functions(entry.type());
  const size_t before = functions.memory_bytes(object);
  const auto [removed, cost] = functions.shed(entry.object(), books_.now_ms, budget);
  const size_t after = functions.memory_bytes(object);
  entry_bytes_ += after - before;
  books_.entry_bytes += after - before;
  books_.stats.expired_parts += removed;
  if (removed > 0) announce(entry.key(), ChangeKind::shed, entry.type());
  if (functions.size(object) == 0) {
    drop(hash, slot, ChangeKind::deleted, Free::in_slices);
    return cost;
  }
  list(hash, entry);
  return cost;
}

// The sum of what the entries own, recounted.
size_t Database::count_entry_bytes() const {
  size_t bytes = 0;
  uint64_t cursor = 0;
  do {
    cursor = table_.scan_step(cursor, [&](const Entry& entry) { bytes += entry.memory_bytes(); });
  } while (cursor != 0);
  return bytes;
}

void Database::check() const {
  table_.check();
  ENSURE(count_entry_bytes() == entry_bytes_);
  size_t expiring = 0;
  size_t listed = 0;
  uint64_t cursor = 0;
  do {
    cursor = table_.sweep_step(cursor, Sweep::all, [&](const Slot& slot) {
      const Entry& entry = *EntryTable::entry_of(slot);
      if (const Schedule* schedule = schedule_of(entry)) {
        ENSURE(schedule->listed_ms == schedule->next_ms && schedule->object == entry.object());
        ENSURE(schedule->listed_ms >= books_.next_shed_ms);
        listed += static_cast<size_t>(schedule->listed_ms != kForever);
      }
      ENSURE(slot.marked() == EntryTable::entry_of(slot)->has_expiry());
      expiring += static_cast<size_t>(slot.marked());
    });
  } while (cursor != 0);
  ENSURE(expiring == table_.marked() && listed == agenda_.size());
}

}  // namespace tidemark::storage
