#include "server/notify/notifier.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/config/setting_types.hpp"
#include "server/core/core.hpp"
#include "server/pubsub/publish.hpp"

namespace tidemark::server {

namespace {

using storage::ChangeKind;
using storage::ValueType;

constexpr uint32_t kWays = keyspace_event::kKeyspace | keyspace_event::kKeyevent;

uint32_t class_of(ValueType type) {
  switch (type) {
    case ValueType::string:
      return keyspace_event::kString;
    case ValueType::list:
      return keyspace_event::kList;
    case ValueType::set:
      return keyspace_event::kSet;
    case ValueType::zset:
      return keyspace_event::kZset;
    case ValueType::hash:
      return keyspace_event::kHash;
    case ValueType::stream:
      return keyspace_event::kStream;
    default:
      return keyspace_event::kGeneric;
  }
}

// What happens to keys of any type.
bool is_generic(Bytes event) {
  static constexpr Bytes kGeneric[] = {"copy_to", "del",         "expire",    "move_from",
                                       "move_to", "rename_from", "rename_to", "restore"};
  return std::find(std::begin(kGeneric), std::end(kGeneric), event) != std::end(kGeneric);
}

}  // namespace

Notifier::~Notifier() { set_classes(0); }

void Notifier::set_classes(uint32_t classes) {
  const bool active = (classes & kWays) != 0 && (classes & ~kWays) != 0;
  classes_ = classes;
  if (active && !active_) changes_.add(*this);
  if (!active && active_) changes_.remove(*this);
  active_ = active;
}

void Notifier::note(uint32_t event_class, DbIndex db, Bytes key, Bytes event) {
  if ((classes_ & event_class) == 0 || event.empty()) return;
  notes_.push_back({.db = db, .key = std::string(key), .event = event});
  changes_.set_noted();
}

void Notifier::note_written(const storage::Change& change) {
  const uint32_t of_type = is_generic(event_) ? keyspace_event::kGeneric : class_of(change.type);
  note(of_type, change.db, change.key, event_);
}

void Notifier::on_change(const storage::Change& change) {
  switch (change.kind) {
    case ChangeKind::written:
      if (change.origin == storage::Origin::created) {
        note(keyspace_event::kNew, change.db, change.key, "new");
      }
      note_written(change);
      if (change.lifetime == storage::Lifetime::set) {
        note(keyspace_event::kGeneric, change.db, change.key, "expire");
      }
      break;
    case ChangeKind::expiry:
      note(keyspace_event::kGeneric, change.db, change.key,
           change.lifetime == storage::Lifetime::set ? "expire" : "persist");
      break;
    case ChangeKind::emptied:
      note_written(change);
      note(keyspace_event::kGeneric, change.db, change.key, "del");
      break;
    case ChangeKind::deleted:
      note(keyspace_event::kGeneric, change.db, change.key, said_.empty() ? "del" : said_);
      break;
    case ChangeKind::expired:
      note(keyspace_event::kExpired, change.db, change.key, "expired");
      break;
    case ChangeKind::evicted:
      note(keyspace_event::kEvicted, change.db, change.key, "evicted");
      break;
    case ChangeKind::shed:
      note(class_of(change.type), change.db, change.key, "hexpired");
      break;
    case ChangeKind::flushed:
      break;
  }
}

void Notifier::on_miss(DbIndex db, Bytes key) {
  note(keyspace_event::kKeyMiss, db, key, "keymiss");
}

void Notifier::on_event(DbIndex db, Bytes key, Bytes event, ValueType type) {
  note(class_of(type), db, key, event);
}

void Notifier::publish(const OnCore& here) {
  for (const Note& note : std::exchange(notes_, {})) {
    const std::string db = std::to_string(note.db.value());
    if ((classes_ & keyspace_event::kKeyspace) != 0) {
      announce(here, "__keyspace@" + db + "__:" + note.key, note.event);
    }
    if ((classes_ & keyspace_event::kKeyevent) != 0) {
      announce(here, "__keyevent@" + db + "__:" + std::string(note.event), note.key);
    }
  }
}

}  // namespace tidemark::server
