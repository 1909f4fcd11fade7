#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "protocol/output.hpp"
#include "server/command/session.hpp"
#include "server/core/change_listeners.hpp"
#include "storage/base/bytes.hpp"
#include "storage/base/ids.hpp"
#include "storage/keyspace/change_hook.hpp"
#include "storage/keyspace/hashed_key.hpp"
#include "storage/table/table.hpp"

namespace tidemark::server {

class OnCore;

// A client to be told, and where it is.
struct Tracker {
  uint64_t client_id;
  CoreId home;
};

// What the owner of keys knows of the clients that cache them: who has read which key since it was
// last changed, in whatever database; and who wants to know of all keys with some prefix. While
// there is nobody, the keyspace does not even tell of changes.
//
// Readers are told of a key once, when the command that changed it is over, and are then forgotten.
// Listeners to prefixes are told at the end of the round, of all keys at once. How many keys are
// remembered is limited over all cores (tracking-table-max-keys): above that some are given up, as
// if they had been changed. A client that goes leaves its name with the keys it has read; what is
// sent to it finds nobody. What may be much is done in slices.
//
// Its core's thread, or exclusive work.
class TrackingTable final : public storage::ChangeHook {
 public:
  explicit TrackingTable(ChangeListeners& changes) : changes_(changes) {}
  ~TrackingTable() override;
  TrackingTable(const TrackingTable&) = delete;
  TrackingTable& operator=(const TrackingTable&) = delete;

  // How many keys all cores remember. Before the core runs.
  void start(std::atomic<int64_t>& keys_of_all) { keys_of_all_ = &keys_of_all; }

  // The client has read the key. So many keys may be remembered by all cores; 0 for any number.
  void remember(Bytes key, const Session& session, int64_t keys_max);
  void add_prefix(const std::string& prefix, const Tracker& tracker, bool no_loop);
  void remove_prefix(const std::string& prefix, uint64_t client_id);
  // Clients at home here that track, in whatever way.
  void add_client(uint64_t client_id) { clients_.insert(client_id); }
  void remove_client(uint64_t client_id) { clients_.erase(client_id); }

  void on_change(const storage::Change& change) override;
  // All keys of a database are gone, or of all: every client at home here is to know.
  enum class Flushed : uint8_t { one_database, everything };
  void note_flush(Flushed what, const Session& writer);
  // There may be more keys than may be remembered: gives up a slice of them.
  void apply_limit(const OnCore& here);

  // Tells the readers of what has changed, before the reply of the client who did it; that client
  // itself is told behind its reply, unless it does not want to know.
  void tell_readers(const OnCore& here, const Session* writer);
  // What that client is to be told, behind its reply: where it `hears_behind`; otherwise that is
  // told at the end of the round.
  void take_behind_reply(const Session& writer, protocol::Output& out);
  // At the end of the round: the others.
  void tell_the_rest(const OnCore& here);
  bool has_rest() const { return !behind_reply_.empty() || prefixes_noted_ || flushed_; }

  // A slice of what is not to be done at once: gives up what is too much to be remembered, and
  // frees what was forgotten. True where there is more.
  bool work_off(const OnCore& here);
  bool anything_to_work_off() const { return over_ || !forgotten_.empty(); }

  size_t keys() const { return read_keys_.size(); }
  size_t items() const { return items_; }
  size_t prefixes() const { return prefixes_.size(); }
  size_t clients() const { return clients_.size(); }

 private:
  struct Changed {
    std::string key;
    bool by_command;  // and not because its time was up, or memory short
  };
  struct Listener {
    Tracker tracker;
    bool no_loop;
  };
  struct Prefix {
    std::vector<Listener> listeners;
    std::map<std::string, uint64_t> changed;  // keys, and which client did it last; 0 for nobody
  };
  struct Message {
    Tracker to;
    std::optional<std::string> key;  // nullopt: all of them
  };
  struct alignas(16) ReadKey {
    std::string name;
    uint64_t hash;
    std::vector<Tracker> readers;  // in the order of their ids
  };
  struct Traits {
    using Entry = ReadKey;
    using Key = Bytes;
    static bool equal(const ReadKey& key, const Bytes& name) { return key.name == name; }
    static uint64_t hash(const ReadKey& key) { return key.hash; }
  };
  using ReadKeys = storage::Table<Traits>;

  void listen();
  void stop_listening();
  ReadKey& remembered(const storage::HashedKey& key, int64_t keys_max);
  std::unique_ptr<ReadKey> take(const storage::HashedKey& key, storage::Slot* slot);
  void note_for_prefixes(const Changed& changed, uint64_t writer_id);
  void tell_listeners(const OnCore& here);
  void tell_of_flush(const OnCore& here);
  bool give_up_some(const OnCore& here);
  bool free_some();

  ChangeListeners& changes_;
  std::atomic<int64_t>* keys_of_all_ = nullptr;
  ReadKeys read_keys_;
  std::vector<ReadKeys> forgotten_;  // to be freed
  uint64_t hand_ = 0;                // where keys to give up are looked for
  size_t items_ = 0;
  std::map<std::string, Prefix, std::less<>> prefixes_;
  std::map<size_t, size_t> prefix_lengths_;  // how many prefixes have this length
  std::set<uint64_t> clients_;
  std::vector<Changed> changed_;
  std::vector<Message> behind_reply_;
  bool prefixes_noted_ = false;
  bool flushed_ = false;
  uint64_t flushed_by_ = 0;  // a client that is told behind its reply
  bool over_ = false;
  bool listening_ = false;
};

}  // namespace tidemark::server
