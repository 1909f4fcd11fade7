#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/core/change_listeners.hpp"
#include "storage/base/bytes.hpp"
#include "storage/base/ids.hpp"
#include "storage/keyspace/change_hook.hpp"
#include "storage/keyspace/hashed_key.hpp"

namespace tidemark::storage {
class Entry;
}

namespace tidemark::server {

class KeyWait;

// Who waits for the keys of one core, in the order of arrival at each, and which of these keys were
// written and have yet to be looked at. While nobody waits, the keyspace does not even tell of
// changes; while somebody does, a change costs a lookup, and nothing more unless it is for a key
// that is waited for.
//
// Its size is bounded by the commands that wait, one a client, and their keys.
//
// Its core's thread, or exclusive work.
class WaitingKeys final : public storage::ChangeHook {
 public:
  // Those who wait for one key.
  class Line {
   public:
    DbIndex db() const { return db_; }
    Bytes key() const { return key_; }
    // Whether anybody may have a use for what is at the key now.
    bool has_use_for(const storage::Entry* entry) const;
    // In the order of arrival. May be removed from while it is gone through.
    const std::list<std::shared_ptr<KeyWait>>& waits() const { return waits_; }

   private:
    friend class WaitingKeys;
    DbIndex db_;
    std::string key_;
    std::list<std::shared_ptr<KeyWait>> waits_;
    std::array<uint32_t, storage::kValueTypeCount>
        of_type_{};  // those that wait for the type alone
    uint32_t watching_all_ = 0;
    uint32_t needing_key_ = 0;
    bool ready_ = false;   // among those that take_ready() will return
    bool in_use_ = false;  // between take_ready() and done_with()
  };

  explicit WaitingKeys(ChangeListeners& changes) : changes_(changes) {}
  ~WaitingKeys() override;
  WaitingKeys(const WaitingKeys&) = delete;
  WaitingKeys& operator=(const WaitingKeys&) = delete;

  // Where the key that serve() also writes lies.
  enum class Other : uint8_t { none, near, far };
  // Puts it at the end of the line for `key`. REQUIRES: it is not in it.
  void add(DbIndex db, Bytes key, const std::shared_ptr<KeyWait>& wait, Other other);
  // Takes it out of all lines.
  void remove(const KeyWait& wait);
  // Takes the claim of whatever the client has here, so that nothing serves it any more.
  void claim_all(uint64_t client_id);

  bool empty() const { return lines_.empty(); }
  size_t size() const { return lines_.size(); }
  // Those where somebody's wait ends when the key goes.
  size_t needed() const { return needed_; }

  // ---- Keys that were written.
  void on_change(const storage::Change& change) override;
  // Whatever is in the database may be new: it has changed places with another.
  void note_database(DbIndex db);
  void note(DbIndex db, Bytes key);
  bool any_ready() const { return !ready_.empty(); }
  // The line of the one that was written first; null where there is none. It stays until
  // done_with().
  Line* take_ready();
  void done_with(Line& line);

  // ---- What serving them writes.
  // How many wait whose other key is on another core.
  size_t far() const { return far_; }
  // Calls visit(destination) for the other keys of those who wait for `key`, in any database.
  template <typename Visit>
  void destinations(Bytes key, Visit&& visit) const {
    const auto found = moves_.find(key);
    if (found == moves_.end()) return;
    for (const auto& [destination, count] : found->second) visit(Bytes(destination));
  }

 private:
  struct Key {
    DbIndex db;
    Bytes bytes;
    friend bool operator==(const Key& one, const Key& other) {
      return one.db == other.db && one.bytes == other.bytes;
    }
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(const Key& key) const {
      return storage::hash_bytes(key.bytes) + key.db.value();
    }
    size_t operator()(Bytes bytes) const { return storage::hash_bytes(bytes); }
  };
  // Where something that waits stands.
  struct Place {
    Line* line;
    std::list<std::shared_ptr<KeyWait>>::iterator at;
    Other other;
  };

  void note(Line& line);
  void leave(const Place& place);
  void drop_if_unused(Line& line);

  ChangeListeners& changes_;
  std::unordered_map<Key, std::unique_ptr<Line>, Hash> lines_;  // the key's bytes are the line's
  std::unordered_map<uint64_t, std::vector<Place>> places_;     // by client
  std::deque<Line*> ready_;
  // By the key that is waited for, how many would write which other key.
  std::unordered_map<std::string, std::map<std::string, size_t, std::less<>>, Hash, std::equal_to<>>
      moves_;
  size_t far_ = 0;
  size_t needed_ = 0;
};

}  // namespace tidemark::server
