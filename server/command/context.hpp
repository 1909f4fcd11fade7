#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "protocol/reply.hpp"
#include "server/command/caller.hpp"
#include "server/command/key_wait.hpp"
#include "server/command/reach.hpp"
#include "server/command/session.hpp"
#include "server/core/core.hpp"
#include "storage/keyspace/keyspace.hpp"

namespace tidemark::server {

class Client;
class CommandTable;
class Server;
struct Settings;

using protocol::Reply;

// A key with the hash it was prefetched by.
struct HashHint {
  const char* key = nullptr;
  uint64_t hash = 0;
};

// What a command's function gets to work with, for one execution.
class Context {
 public:
  struct Parts {
    const OnCore& here;
    Caller& caller;
    Client* client;  // null on other cores than the client's
    Reach reach;
    storage::UserRef* user;  // null where the command is about none
    HashHint hint;
  };
  explicit Context(const Parts& parts) : parts_(parts), session_(parts.caller.session()) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const OnCore& here() const { return parts_.here; }
  Server& server() const { return here().server(); }
  const Settings& settings() const;
  const CommandTable& commands() const;
  const Session& session() const { return session_; }
  int64_t now_us() const { return here().now_us(); }
  int64_t now_ms() const { return here().now_ms(); }

  // ---- Data. The key must be one that the command's declaration names: the command runs where its
  // keys are at hand, and nothing else is.
  CoreData& data(Bytes key) const;
  storage::Keyspace& keyspace(Bytes key) const { return data(key).keyspace; }
  // The database that the client has selected, in the partition that owns `key`.
  storage::Database& database(Bytes key) const { return keyspace(key).database(session_.db); }
  // Flag::loads_user: the user at the first key, who is in memory.
  storage::UserRef& user() const { return *parts_.user; }
  // Every command hashes a key once, through this.
  storage::HashedKey hashed(Bytes key) const {
    return key.data() == parts_.hint.key ? storage::HashedKey{key, parts_.hint.hash}
                                         : storage::hash_key(key);
  }
  // For notifications: what is done to the key from here on is called so, unless that is declared
  // (Command::event). A constant.
  void name_changes(Bytes key, Bytes event) const { data(key).notifier.name_changes(event); }
  // The same of something that is no change of a value.
  void note_event(Bytes key, Bytes event, storage::ValueType type) const {
    CoreData& owner = data(key);
    if (owner.notifier.active()) owner.notifier.on_event(session_.db, key, event, type);
  }
  // Looks a key up for reading: touches it unless the client said CLIENT NO-TOUCH, and counts a hit
  // or a miss. Null where there is none.
  storage::Entry* find_to_read(Bytes key) const;
  // The same for an object of one class (T::kType); wrong_type where the key holds something else.
  // The object stays where it is until its own key is changed.
  template <typename T>
  Result<T*> find_to_read_as(Bytes key) const {
    storage::Entry* entry = find_to_read(key);
    if (entry == nullptr) return static_cast<T*>(nullptr);
    if (entry->type() != T::kType) return Errc::wrong_type;
    return static_cast<T*>(entry->object());
  }
  // The same without a touch: for what asks about a key and does not use it.
  storage::Entry* find_to_inspect(Bytes key) const;
  // And without a word, where it is not there, to who wants to know of misses.
  storage::Entry* find_to_describe(Bytes key) const;
  // Whether what this client does with a key counts as a use of it.
  storage::Touch touch() const {
    return session_.no_touch ? storage::Touch::no : storage::Touch::yes;
  }

  // Scope::all_cores: every core's data, by core.
  std::span<const CoreId> all_cores() const { return parts_.reach.cores(); }
  CoreData& data(CoreId core) const;

  // What is at hand beside the core it runs on.
  Reach reach() const { return parts_.reach; }

  // The client, for commands that run at home or with all cores stopped. Of a client on a stopped
  // core the memory may be touched, not the connection.
  Client& client() const;
  // The same, or null where it is not at hand.
  Client* client_at_hand() const { return parts_.client; }

  // Whether a reply of so many bytes would close the connection (client-output-buffer-limit): the
  // command may as well stop and return what it has, which nobody will see.
  bool is_past_reply_limit(size_t bytes) const;

  // The command waits: it keeps the caller, ends the wait as Caller says, and returns what this
  // returns.
  Reply suspend() {
    suspended_ = true;
    return Reply::none();
  }
  // The same for a command whose time is not known yet: finish_suspended() counts it.
  Reply suspend_uncounted() {
    counts_later_ = true;
    return suspend();
  }
  // The command waits for its keys, as key_wait.hpp says, and returns what this returns.
  Reply wait_for_keys(WaitForKeys wanted);
  Caller& caller() const { return parts_.caller; }
  bool suspended() const { return suspended_; }
  bool counts_later() const { return counts_later_; }
  // The error that it replies is one that a command within it was counted for.
  void set_error_counted() { error_counted_ = true; }
  bool error_counted() const { return error_counted_; }
  // What it waits for, where it was suspended for keys.
  KeyWait* key_wait() const { return key_wait_.get(); }

 private:
  // Whether a miss is told of (notify-keyspace-events m).
  enum class Miss : uint8_t { told, untold };
  storage::Entry* find_and_count(Bytes key, storage::Touch touch, Miss miss) const;

  Parts parts_;
  const Session& session_;
  bool suspended_ = false;
  bool counts_later_ = false;
  bool error_counted_ = false;
  std::shared_ptr<KeyWait> key_wait_;
};

}  // namespace tidemark::server
