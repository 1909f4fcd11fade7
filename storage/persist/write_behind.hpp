#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "storage/base/bytes.hpp"
#include "storage/base/ids.hpp"
#include "storage/persist/store.hpp"
#include "storage/persist/store_threads.hpp"

namespace tidemark::storage {

class ReadStates;

// What a reply to a change of a read state promises (`durability`).
enum class Durability : uint8_t {
  write_behind,  // committed within the commit delay
  everysec,      // as write_behind here, and what was committed is synced once a second
  always,        // synced with every batch
};

// The outcome of a job of the store, on its way home to the thread that asked for it.
class StoreCompletion {
 public:
  virtual ~StoreCompletion() = default;
};

struct WriteBehindOptions {
  Durability durability = Durability::write_behind;
  int64_t commit_delay_ms = 1000;             // `commit-delay`
  size_t dirty_bytes_max = size_t{64} << 20;  // `dirty-limit`, of this partition
  size_t batch_users_max = 512;               // users in one batch, of a commit or a load
  size_t batch_rows_max = 8192;               // rows in one commit, unless one user has more
  size_t commits_in_flight_max = 4;           // batches
  size_t load_waiters_max = 65536;            // `load-queue-limit`: commands that wait for loads
  int64_t retry_min_ms = 100;                 // the first back-off after a failure
  int64_t retry_max_ms = 10000;               // and the longest
  uint64_t jitter_seed = 0;                   // differs between partitions
};

// What INFO shows of one partition's dealings with the store. Counters count since the start.
struct WriteBehindFigures {
  bool up = true;
  std::string last_error;      // empty while there was none
  int64_t state_since_ms = 0;  // when `up` last changed, in the clock of tick()
  size_t dirty_users = 0;
  size_t dirty_bytes = 0;
  int64_t oldest_dirty_ms = 0;  // age of the oldest change that is not in the store, 0 for none
  int64_t commit_lag_ms = 0;    // how far the last batch committed lay behind its first change
  size_t commits_in_flight = 0;
  size_t loads_waiting = 0;  // commands
  size_t users_refused = 0;  // users whose rows the store refuses now
  uint64_t users_committed = 0;
  uint64_t rows_committed = 0;  // rows, erasures and deltas
  uint64_t batches_committed = 0;
  uint64_t commit_errors = 0;
  uint64_t loads = 0;            // users read from the store
  uint64_t loads_coalesced = 0;  // requests that found their user's load under way
  uint64_t load_errors = 0;
};

// Moves the read states of one partition to and from the store. It lives on the thread of the
// partition's core, as the ReadStates it drives; only the jobs it submits run elsewhere, and they
// share nothing with it: they own what they need and their outcome is posted home.
//
// Nothing is ever dropped: what could not be committed stays dirty in ReadStates, which keeps dirty
// users in memory. After a failure all batches wait for a back-off that doubles up to a limit; one
// batch then tries whether the store is back. A batch that the store refuses for what it holds is
// halved until the users at fault are alone; those are retried slowly while the others go on.
//
// Time is passed in, in milliseconds of any monotonic clock.
class WriteBehind {
 public:
  // Brings a completion to deliver() on the home thread; called on store threads.
  using Poster = std::function<void(std::unique_ptr<StoreCompletion>)>;
  // Called once, on the home thread, within deliver(). On success the user is in memory.
  using LoadWaiter = std::function<void(const StoreStatus&)>;
  // Called once: how many of the users asked for had changes, which are in the store now; or why
  // not.
  using CommitWaiter = std::function<void(size_t users, const StoreStatus&)>;

  // All that is passed by reference outlives this object, and the executor has been stopped and its
  // completions delivered or destroyed before this object goes.
  WriteBehind(CoreId partition, ReadStates& states, Store& store, StoreExecutor& executor,
              Poster poster, const WriteBehindOptions& options);
  ~WriteBehind();
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;

  // Asks for a user who is not in memory. Success: `waiter` will be called. Failure: it will not,
  // because the store is down or too many commands wait. Requests of one loop iteration leave
  // together at flush_loads().
  StoreStatus request_load(Bytes user, LoadWaiter waiter);
  // Called once at the end of each loop iteration; costs nothing when no load was asked for.
  void flush_loads(int64_t now_ms);

  // Commits what is due and retries what failed. Called some times per commit delay.
  void tick(int64_t now_ms);
  // Commits the pending changes of `users`, or of everybody, now, without regard to the delay.
  void commit_now(std::span<const std::string> users, int64_t now_ms, CommitWaiter done);
  void commit_all_now(int64_t now_ms, CommitWaiter done);

  // Takes in the outcome of a job; runs waiters.
  void deliver(std::unique_ptr<StoreCompletion> completion, int64_t now_ms);

  // Whether a change may be accepted now: not while the buffer of uncommitted changes is full, nor
  // under Durability::always while the store is down.
  StoreStatus may_write() const;

  void set_commit_delay_ms(int64_t commit_delay_ms);
  WriteBehindFigures figures(int64_t now_ms) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::storage
