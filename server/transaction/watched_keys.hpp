#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/core/change_listeners.hpp"
#include "storage/base/bytes.hpp"
#include "storage/base/ids.hpp"
#include "storage/keyspace/change_hook.hpp"
#include "storage/keyspace/hashed_key.hpp"

namespace tidemark::server {

// What one client watches, from its first WATCH to the end of the transaction: shared by the
// client's home and the owners of the keys. All that is said of it is whether it is broken. Any
// thread; certain where the owners of the keys are stopped, or it is asked on the only one.
class Watch {
 public:
  void set_broken() { broken_.store(true, std::memory_order_release); }
  bool broken() const { return broken_.load(std::memory_order_acquire); }

 private:
  std::atomic<bool> broken_ = false;
};

// Who watches the keys of one core. While nobody does, the keyspace does not even tell of changes.
// What it holds is bounded by what the clients hold, who answer for it with their memory.
//
// Its core's thread, or exclusive work.
class WatchedKeys final : public storage::ChangeHook {
 public:
  WatchedKeys(ChangeListeners& changes, storage::Keyspace& keyspace)
      : changes_(changes), keyspace_(keyspace) {}
  ~WatchedKeys() override;
  WatchedKeys(const WatchedKeys&) = delete;
  WatchedKeys& operator=(const WatchedKeys&) = delete;

  // REQUIRES: it does not watch the key yet.
  void add(DbIndex db, Bytes key, const std::shared_ptr<Watch>& watch);
  // Forgets all that it watches here.
  void remove(const Watch& watch);
  // Breaks it where the time of a key is up that nobody has removed yet.
  void look(const Watch& watch);

  void on_change(const storage::Change& change) override;
  // SWAPDB, after it.
  void on_swap(DbIndex one, DbIndex other);

  size_t size() const { return keys_.size(); }

 private:
  struct Key {
    DbIndex db;
    Bytes bytes;
    friend bool operator==(const Key& one, const Key& other) {
      return one.db == other.db && one.bytes == other.bytes;
    }
  };
  struct Hash {
    size_t operator()(const Key& key) const {
      return storage::hash_bytes(key.bytes) + key.db.value();
    }
  };
  // One who watches the key, which was there then, or not. Where it was not, and the watch is not
  // broken, it is still not there.
  struct Watcher {
    std::shared_ptr<Watch> watch;
    bool was_there;
  };
  struct Watched {
    DbIndex db;
    std::string key;
    std::vector<Watcher> watchers;
  };

  bool is_there(const Watched& watched) const;
  void remove_from(Watched& watched, const Watch& watch);

  ChangeListeners& changes_;
  storage::Keyspace& keyspace_;
  std::unordered_map<Key, std::unique_ptr<Watched>, Hash> keys_;  // the key's bytes are Watched's
  std::unordered_map<const Watch*, std::vector<Watched*>> by_watch_;
};

}  // namespace tidemark::server
