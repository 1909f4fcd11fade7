#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "storage/keyspace/change_hook.hpp"
#include "storage/keyspace/keyspace.hpp"

namespace tidemark::server {

// Passes the changes of a core's keys on to whoever listens at the time. The keyspace is asked to
// tell of changes only while somebody does: a write that interests nobody pays for one comparison.
//
// Its core's thread, or exclusive work.
class ChangeListeners final : public storage::ChangeHook {
 public:
  explicit ChangeListeners(storage::Keyspace& keyspace) : keyspace_(keyspace) {}
  ChangeListeners(const ChangeListeners&) = delete;
  ChangeListeners& operator=(const ChangeListeners&) = delete;

  void add(storage::ChangeHook& listener) {
    listeners_.push_back(&listener);
    keyspace_.set_hook(this);
  }
  void remove(storage::ChangeHook& listener) {
    std::erase(listeners_, &listener);
    if (listeners_.empty()) keyspace_.set_hook(nullptr);
  }

  // A listener has something to say when the command is over (command/aftermath.hpp).
  void set_noted() { noted_ = true; }
  bool noted() const { return noted_; }
  bool take_noted() { return std::exchange(noted_, false); }

  void on_change(const storage::Change& change) override {
    for (storage::ChangeHook* const listener : listeners_) listener->on_change(change);
  }

 private:
  storage::Keyspace& keyspace_;
  std::vector<storage::ChangeHook*> listeners_;
  bool noted_ = false;
};

}  // namespace tidemark::server
