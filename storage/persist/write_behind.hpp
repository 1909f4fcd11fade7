#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "storage/base/bytes.hpp"
#include "storage/base/ids.hpp"
#include "storage/persist/commit_queue.hpp"
#include "storage/persist/load_queue.hpp"
#include "storage/persist/store.hpp"
#include "storage/persist/store_link.hpp"
#include "storage/persist/store_threads.hpp"

namespace tidemark::storage {

class ReadStates;

struct WriteBehindOptions {
  Durability durability = Durability::write_behind;
  int64_t commit_delay_ms = 1000;             // `commit-delay`
  size_t dirty_bytes_max = size_t{64} << 20;  // `dirty-limit`, this partition's share
  size_t commit_users_max = 256;              // users in one batch
  size_t commit_rows_max = 8192;              // rows in one batch, unless one user has more
  size_t commits_in_flight_max = 4;           // batches
  size_t load_users_max = 64;                 // users in one load
  size_t load_waiters_max = 65536;            // `load-queue-limit`: commands that wait for loads
  int64_t retry_min_ms = 100;                 // the first pause after a failure
  int64_t retry_max_ms = 10'000;              // and the longest
  int64_t refused_retry_ms = 60'000;          // the pause after a user's rows were refused
  uint64_t jitter_seed = 0;                   // differs between partitions
};

// What INFO shows of one partition's dealings with the store. Counters count since the start.
struct WriteBehindFigures {
  bool up = true;          // both reads and writes
  std::string last_error;  // empty while there was none
  int64_t since_ms = 0;    // when `up` last changed, epoch; 0 for never
  size_t dirty_users = 0;
  size_t dirty_bytes = 0;
  int64_t oldest_dirty_ms = 0;  // age of the oldest change that is not in the store, 0 for none
  int64_t commit_lag_ms = 0;    // age of the oldest change in the last batch when it was committed
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
// partition's core, as the ReadStates it drives; only the jobs it submits run elsewhere. They share
// nothing with it: they own what they need, and their outcome is posted home.
//
// Nothing is ever dropped: what could not be committed stays dirty in ReadStates, which keeps dirty
// users in memory. After a failure all batches wait for a pause that doubles up to a limit; then
// one batch tries whether the store is back. A batch that the store refuses for what it holds is
// halved until the users at fault are alone; those are kept, reported and retried slowly while the
// others go on. Reading and writing fail and recover apart: a full disk can still be read.
//
// Time is passed in: `now_us` is microseconds since the epoch, as ReadStates takes it, and may
// jump.
class WriteBehind {
 public:
  // What is passed by reference outlives this object, and so does the last job: stop the executor
  // and destroy the completions that were not delivered first. The poster is called on store
  // threads, possibly before try_submit() returns.
  WriteBehind(CoreId partition, ReadStates& states, Store& store, StoreExecutor& executor,
              CompletionPoster poster, const WriteBehindOptions& options);
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;

  // Asks for a user. Success: `waiter` will be called, from deliver(). Failure: it will not,
  // because the store is down or too many commands wait already. REQUIRES: the user is absent, or
  // loading by an earlier request.
  StoreStatus request_load(Bytes user, LoadWaiter waiter) {
    return loads_.request(user, std::move(waiter));
  }
  // Commits the user's changes at the next flush(), so that eviction finds them clean soon.
  void hurry(Bytes user) { commits_.hurry(user); }
  // Sends off what this iteration of the loop asked for. Called at its end; free where that is
  // nothing.
  void flush(int64_t now_us);
  // Commits what is due, tries again what failed. Called several times per commit delay, and at
  // least ten times a second.
  void tick(int64_t now_us);

  // Commits the changes that `users`, or all users, have by now, and calls `done`: from deliver(),
  // or at once where nobody has any. While the store is down it is tried once; if that fails, all
  // who wait are told.
  void commit_now(std::span<const std::string> users, int64_t now_us, CommitWaiter done) {
    commits_.commit_now(users, now_us, std::move(done));
  }
  void commit_all_now(int64_t now_us, CommitWaiter done) {
    commits_.commit_all_now(now_us, std::move(done));
  }

  // Takes in the outcome of a job, and runs who waited for it. They may call anything here.
  void deliver(std::unique_ptr<StoreCompletion> completion, int64_t now_us);

  // Whether a change may be accepted now: not while the changes that are not in the store fill
  // their buffer, nor under Durability::always while the store is down.
  StoreStatus may_write() const;

  // How the store does as this partition sees it.
  const StoreHealth& reads() const { return loads_.health(); }
  const StoreHealth& writes() const { return commits_.health(); }
  bool buffer_full() const;
  size_t users_refused() const { return commits_.users_refused(); }

  void set_commit_delay_ms(int64_t commit_delay_ms) {
    commits_.set_commit_delay_ms(commit_delay_ms);
  }
  void set_dirty_bytes_max(size_t dirty_bytes_max) { dirty_bytes_max_ = dirty_bytes_max; }
  void set_load_waiters_max(size_t waiters_max) { loads_.set_waiters_max(waiters_max); }
  WriteBehindFigures figures(int64_t now_us) const;

 private:
  const StoreLink link_;
  ReadStates& states_;
  size_t dirty_bytes_max_;
  LoadQueue loads_;
  CommitQueue commits_;
};

}  // namespace tidemark::storage
