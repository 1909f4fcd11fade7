#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/core/change_listeners.hpp"
#include "storage/base/bytes.hpp"
#include "storage/base/ids.hpp"
#include "storage/keyspace/change_hook.hpp"

namespace tidemark::server {

class OnCore;

// Notifications of the keyspace (notify-keyspace-events) for the keys of one core. What has
// happened is what the change hook says; what it is called depends on the command: "lpush" and
// "linsert" are both a list that was written. So commands declare a name for their changes
// (Command::event), or say one as they go, and the rest follows from the kind of change.
//
// Notes are published when the command is over, by the owner of the key: those about one key come
// in their order to everybody. While nothing is to be told, the keyspace does not even tell of
// changes.
//
// Its core's thread, or exclusive work.
class Notifier final : public storage::ChangeHook {
 public:
  explicit Notifier(ChangeListeners& changes) : changes_(changes) {}
  ~Notifier() override;
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  // The bits of notify-keyspace-events.
  void set_classes(uint32_t classes);
  bool active() const { return active_; }

  // What runs from here on calls its changes so; empty for what tells of none. Names are constants.
  void begin(Bytes event) {
    event_ = event;
    said_ = {};
  }
  // As it goes: also what is removed, which is called "del" otherwise.
  void name_changes(Bytes event) { event_ = said_ = event; }
  void on_change(const storage::Change& change) override;
  // A command looked for a key that is not there.
  void on_miss(DbIndex db, Bytes key);
  // Something that is no change of a value: a stream's consumer that came to be.
  void on_event(DbIndex db, Bytes key, Bytes event, storage::ValueType type);

  // Sends what was noted.
  void publish(const OnCore& here);

 private:
  struct Note {
    DbIndex db;
    std::string key;
    Bytes event;
  };
  void note(uint32_t event_class, DbIndex db, Bytes key, Bytes event);
  void note_written(const storage::Change& change);

  ChangeListeners& changes_;
  uint32_t classes_ = 0;
  bool active_ = false;
  Bytes event_;
  Bytes said_;
  std::vector<Note> notes_;
};

}  // namespace tidemark::server
