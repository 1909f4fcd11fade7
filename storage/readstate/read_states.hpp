#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/base/bytes.hpp"
#include "storage/base/result.hpp"
#include "storage/readstate/held_users.hpp"
#include "storage/readstate/row.hpp"

namespace tidemark::storage {

class PackedRows;
class RecencyClock;
class Slot;
class UserIndex;

// The read states of one partition: who has read what, how far.
//
// A user is absent (the store may know something of them), loading (somebody asked the store) or
// resident (everything is here, be it nothing: a user without rows is remembered as such). Commands
// work on resident users; INCR alone takes any, since a fan-out must not fill memory with users who
// sleep: for the absent and the loading it leaves a *pending delta*, merged by the load or by the
// commit, whichever comes first.
//
// Thread: one, the partition's. Blocks on nothing, reads no clock: `now_us` is microseconds since
// the epoch and may jump either way; versions go up all the same.
//
// Versions. A change gives the user max(now_us, version + 1) and every row it touched the same, so
// "changed since the commit" is a comparison. A pending delta gets a version above every one that
// this partition gave or saw, and later changes get higher ones than it. From that follows how a
// delta is merged exactly once although the store may say "failed" of a commit that took effect: *a
// delta is in the store if and only if the user's version there has reached the delta's* (or the
// delta changed nothing, and would change nothing again).
//
// The store's part: a commit takes effect as a whole or not at all; it applies only deltas above
// the user's version there; rows of an older version never replace newer ones; and the outcomes of
// loads and commits are reported in the order in which they were done. Then:
//   1. A delta that was never sent to the store is merged when the load is installed.
//   2. A delta that was sent, be its commit in flight, failed or sent again, is merged then only if
//      the loaded version is below the delta's: the load did not see it.
//   3. After install() the deltas are gone. What a commit of theirs reports later changes nothing:
//   if
//      it takes effect only now, it writes what is in memory too, and the rows in memory are newer.
//   4. Deltas of a user who is not resident stay until a commit of theirs is done. If that is
//   reported
//      while the user loads, then the load, whose outcome is yet to come, was done later and saw
//      it.
// So loads and commits may be sent in any order, and a commit may be sent again at any time.
class ReadStates;

enum class Residency : uint8_t { absent, loading, resident };

struct ReadStatesOptions {
  // Where there is no store nothing ever becomes dirty; absent users are installed empty by the
  // caller, and INCR on them must not happen.
  enum class Backing : uint8_t { store, none };

  uint32_t max_channels = 131072;
  Backing backing = Backing::store;
  // What orders the users by use: the clock of the partition, whose keys they compete with for its
  // memory. It outlives the read states. Null: one of their own.
  RecencyClock* clock = nullptr;
};

// A channel with a message id: what ACK marks, what UNREAD compares.
struct ChannelId {
  int64_t channel = 0;
  int64_t id = 0;
};

struct AckOptions {
  uint8_t type = 0;
  int32_t mentions = 0;
  int32_t unread = 0;
  std::optional<uint8_t> flags;  // kept unless given
};

struct SetOptions {
  uint8_t type = 0;
  std::optional<int32_t> mentions;  // kept unless given, as are the next two
  std::optional<int32_t> unread;
  std::optional<uint8_t> flags;
  bool manual = false;                // absence clears it
  std::optional<int64_t> if_version;  // 0: the row must not exist
};

struct IncrOptions {
  uint8_t type = 0;
  int32_t mentions = 0;  // -(2^31-1) to 2^31-1
  int32_t unread = 0;
};

struct GetAllOptions {
  std::optional<uint8_t> type;
  int64_t since = 0;  // 0: everything
  bool nonzero = false;
  std::optional<RowId> after;  // only rows above this one
  size_t count = std::numeric_limits<size_t>::max();
};

struct UnreadOptions {
  uint8_t type = 0;
  int64_t default_mark = 0;  // for channels without a row
};

struct TotalOptions {
  std::optional<uint8_t> type;
  uint8_t exclude = 0;  // rows whose flags share a bit are left out of everything but the version
};

// What a list of rows begins with.
struct RowsHead {
  int64_t version = 0;   // the user's
  bool partial = false;  // only what changed since
  size_t count = 0;      // rows that follow
};

// Takes a list row by row, so that a long one need not exist twice. begin() comes first, once.
class RowReceiver {
 public:
  virtual ~RowReceiver() = default;
  virtual void begin(const RowsHead& head) = 0;
  virtual void row(const Row& row) = 0;
};

struct Total {
  int64_t mentions = 0;
  int64_t unread = 0;
  int64_t channels = 0;  // rows with mentions
  int64_t entries = 0;
  int64_t version = 0;  // the user's
};

struct UserInfo {
  Residency residency = Residency::absent;
  size_t entries = 0;
  size_t bytes = 0;  // allocator's, with the share of the index
  int64_t version = 0;
  int64_t last_deletion = 0;
  int64_t dirty_ms = 0;  // how long the oldest uncommitted change has waited; 0: clean
  int64_t idle_ms = 0;   // since the last use, by the clock's time; of resident users
  size_t pending = 0;    // deltas
};

enum class ChangeOp : uint8_t { ack, set, del, incr };

// Told of every changed row, right after the change (del: the row as it was, with the version of
// the deletion). Must not call back into ReadStates.
class ChangeListener {
 public:
  virtual ~ChangeListener() = default;
  virtual void on_change(ChangeOp op, Bytes user, const Row& row) = 0;
};

// A user found by key: spares commands the second lookup. Valid as long as no user is loaded,
// evicted, committed, or counted for by an INCR while not resident. The key's bytes are the
// caller's and have to live as long.
class UserRef {
 public:
  Bytes key() const { return key_; }
  Residency residency() const { return residency_; }

 private:
  friend class ReadStates;
  Bytes key_;
  Slot* slot_ = nullptr;  // null: nothing is known of the user
  Residency residency_ = Residency::absent;
};

struct EvictionCandidate {
  std::string user;
  uint32_t age = 0;    // RecencyClock::age(): comparable with the keys of the partition
  bool dirty = false;  // has to be committed first: hurry it with collect_user()
};

enum class CollectOutcome : uint8_t {
  clean,      // nothing of the user waits for a commit
  collected,  // appended
  in_flight,  // an earlier commit is not back yet; ask again after it
};

class ReadStates {
 public:
  // What committed_version() returns where nothing waits.
  static constexpr int64_t kAllCommitted = std::numeric_limits<int64_t>::max();

  explicit ReadStates(ReadStatesOptions options = {});
  ~ReadStates();
  ReadStates(const ReadStates&) = delete;
  ReadStates& operator=(const ReadStates&) = delete;

  void set_max_channels(uint32_t limit);
  // No version at or below `version` will be given to a pending delta. Called at start with the
  // highest version in the store.
  void observe_version(int64_t version);
  // Null: nobody listens. The listener outlives this.
  void set_listener(ChangeListener* listener);

  // ---- Residency. Keys are 1 to 512 bytes (verified by the caller).

  // For batches: hash() every key, prefetch_slot() every hash, prefetch_user() every hash, then
  // find() and the commands, so that the cache misses of different users overlap.
  static uint64_t hash(Bytes user);
  void prefetch_slot(uint64_t hash) const;
  void prefetch_user(uint64_t hash) const;
  UserRef find(Bytes user) const { return find(user, hash(user)); }
  UserRef find(Bytes user, uint64_t hash) const;
  Residency residency(Bytes user) const { return find(user).residency(); }
  // REQUIRES: absent.
  void begin_load(Bytes user);
  // REQUIRES: loading; or absent, where there is no store. Merges what waits for the user.
  void install(Bytes user, const LoadedUser& loaded, int64_t now_us);
  // The same where the rows were packed before: `loaded` has none.
  void install(Bytes user, const LoadedUser& loaded, const PackedRows& rows, int64_t now_us);
  // REQUIRES: loading. The user is absent again, with the deltas that arrived meanwhile.
  void load_failed(Bytes user);

  // ---- Commands. REQUIRES: `user` is resident, unless stated. They count as a use for LRU, unless
  // stated. Arguments are in range (verified by the caller). A command that fails changes nothing;
  // one that changes nothing raises no version, dirties nothing and tells nobody.

  // The new version, or 0 where nothing changed. A channel without a row gets one, also with id 0.
  Result<int64_t> ack(UserRef& user, std::span<const ChannelId> pairs, const AckOptions& options,
                      int64_t now_us);
  // The row's version afterwards, which is what IFVERSION has to name next: the user's new one, or
  // where nothing changed the one that the row had. nullopt where IFVERSION did not match.
  Result<std::optional<int64_t>> set(UserRef& user, ChannelId target, const SetOptions& options,
                                     int64_t now_us);
  // Takes any user and is no use for LRU. False where the message was already read (a channel
  // without a row has read 0); true where it was counted, or accepted for a user who is not
  // resident. A counter that cannot move (saturated, or already 0) was counted, and is a no-op.
  Result<bool> incr(UserRef& user, ChannelId target, const IncrOptions& options, int64_t now_us);
  std::optional<Row> get(UserRef& user, RowId id);
  void getall(UserRef& user, const GetAllOptions& options, RowReceiver& receiver);
  // The unread rows, in the order asked, appended to `rows`.
  void unread(UserRef& user, std::span<const ChannelId> heads, const UnreadOptions& options,
              std::vector<Row>& rows);
  Total total(UserRef& user, const TotalOptions& options);
  // Rows removed. No channels: all of the type; no type either: all. Channels without a type are of
  // type 0; one that is named twice counts once.
  size_t del(UserRef& user, std::optional<uint8_t> type, std::span<const int64_t> channels,
             int64_t now_us);
  // Takes any user, is no use for LRU.
  UserInfo info(const UserRef& user, int64_t now_us) const;

  // ---- Commits. A user is dirty from the first uncommitted change until the commit that holds the
  // last one is done. While a commit is in flight the user may change again, and is dirty as of the
  // first such change; there is never more than one commit of a user in flight.

  struct CollectLimits {
    int64_t delay_ms = 0;  // only users who became dirty at least this long ago
    size_t max_users = std::numeric_limits<size_t>::max();
  };
  // Appends the changes of users who are due, the oldest first, and puts them in flight. `now_ms`
  // is of the clock of now_us; a change that seems to come from the future is due. Each commit
  // holds the rows changed and deleted since the last, or the deltas of a user who is not resident.
  // Returns how many.
  size_t collect(int64_t now_ms, const CollectLimits& limits, std::vector<UserCommit>& out);
  // The same for one user, due or not.
  CollectOutcome collect_user(Bytes user, std::vector<UserCommit>& out);
  // REQUIRES: a commit of the user is in flight.
  void commit_done(Bytes user);
  // REQUIRES: as above. All that it held is due again, at once and before all others.
  void commit_failed(Bytes user);

  bool is_dirty(Bytes user) const;
  // The version of the newest change that waits for its commit, 0 for none. A client that wants to
  // know its changes safe asks for this now and waits until committed_version() has reached it.
  int64_t uncommitted_version(Bytes user) const;
  // Every change of the user up to this version is in the store.
  int64_t committed_version(Bytes user) const;
  size_t dirty_users() const;  // in flight or not, resident or not
  size_t dirty_bytes() const;  // memory that cannot be evicted before a commit
  // When the oldest user who waits to be collected became dirty. nullopt: nobody waits.
  std::optional<int64_t> oldest_dirty_ms() const;
  size_t pending_users() const;  // not resident, with deltas

  // ---- Memory.

  size_t resident_users() const;
  size_t empty_users() const;  // resident, without rows
  size_t entries() const;
  // The allocator's count of everything here.
  size_t bytes() const;
  // The resident user who should go first of those seen lately; a clean one where any was seen.
  // `spared` is not proposed. nullopt: nobody was found, which is certain only where nobody else is
  // resident.
  std::optional<EvictionCandidate> eviction_candidate(Bytes spared = {});
  // Frees a resident, clean user at once; false where the user is neither, or is held.
  bool evict(Bytes user);
  // Who is held is neither proposed nor freed, until released as often.
  void hold(Bytes user) { held_.hold(user); }
  void release(Bytes user) { held_.release(user); }
  // Frees about `count` resident users who have no rows and of whom nothing is to be remembered but
  // that, which the store can tell as well: whoever asks for strangers must not fill memory for
  // good. Looks where the last call ended, and only while such users are not rare, so that the cost
  // of finding one is bounded. `spared` stays. Returns how many.
  size_t forget_empty(size_t count, Bytes spared = {});
  // Visits some resident users from `cursor` on (0: the start) and returns the next cursor (0: the
  // end). As SCAN: whoever stays from start to end is visited at least once.
  uint64_t scan(uint64_t cursor, size_t count, const std::function<void(Bytes user)>& visit) const;
  // Every invariant, at the cost of a walk over everything. For tests.
  void check() const;

 private:
  std::unique_ptr<UserIndex> index_;
  HeldUsers held_;
  uint64_t empty_hand_ = 0;  // where forget_empty() goes on
};

}  // namespace tidemark::storage
