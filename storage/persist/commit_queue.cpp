#include "storage/persist/commit_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "storage/readstate/read_states.hpp"

namespace tidemark::storage {
namespace {

constexpr int64_t kUsPerMs = 1000;
constexpr int64_t kSyncEveryUs = 1'000'000;
// How many users are collected between two looks at how many rows that made.
constexpr size_t kCollectStep = 16;

size_t rows_of(const UserCommit& commit) {
  return commit.rows.size() + commit.erased.size() + commit.deltas.size();
}

size_t rows_of(const std::vector<UserCommit>& commits) {
  size_t rows = 0;
  for (const UserCommit& commit : commits) rows += rows_of(commit);
  return rows;
}

}  // namespace

struct CommitQueue::Batch {
  CommitQueue& queue;
  uint64_t id = 0;
  int64_t oldest_dirty_ms = 0;
  bool sync = false;
  std::vector<UserCommit> commits;
  StoreStatus status;

  void run(Store& store) {
    status = store.commit(commits);
    if (status && sync) status = store.sync();
  }
  void home(int64_t now_us) { queue.on_committed(*this, now_us); }
};

struct CommitQueue::Sync {
  CommitQueue& queue;
  SyncPurpose purpose;
  StoreStatus status;

  void run(Store& store) { status = store.sync(); }
  void home(int64_t now_us) { queue.on_synced(*this, now_us); }
};

// Somebody waits for all changes made up to a time.
struct CommitQueue::EverybodyWatch {
  int64_t asked_ms = 0;
  uint64_t users_before = 0;  // users_committed_ when asked
  // Once all of those changes are at least in flight, the batches below this one hold them.
  uint64_t batches_end = 0;
  CommitWaiter done;
};

CommitQueue::CommitQueue(const StoreLink& link, ReadStates& states, const Options& options)
    : link_(link), states_(states), options_(options), health_(options.health) {}

CommitQueue::~CommitQueue() = default;

std::unique_ptr<CommitQueue::Batch> CommitQueue::new_batch(int64_t oldest_dirty_ms) {
  return std::make_unique<Batch>(Batch{.queue = *this,
                                       .oldest_dirty_ms = oldest_dirty_ms,
                                       .sync = options_.durability == Durability::always});
}

// Eviction asks again where it is not heard: while the store is down or far behind.
void CommitQueue::hurry(Bytes user) {
  if (!health_.up() || hurried_.size() >= options_.batch_users_max * options_.batches_max) return;
  hurried_.emplace_back(user);
}

void CommitQueue::flush(int64_t now_us) {
  if (!hurried_.empty()) send_and_tell(now_us);
}

void CommitQueue::tick(int64_t now_us) {
  retry_refused(now_us);
  send_and_tell(now_us);
  sync_if_due(now_us);
  probe_if_idle(now_us);
}

void CommitQueue::commit_now(std::span<const std::string> users, int64_t now_us,
                             CommitWaiter done) {
  std::vector<CommitWatches::Target> targets;
  StoreStatus status;
  for (const std::string& user : std::set<std::string>(users.begin(), users.end())) {
    const int64_t version = states_.uncommitted_version(user);
    if (version == 0) continue;
    const auto refusal = refused_.find(user);
    if (refusal != refused_.end()) status = refusal->second.status;
    targets.push_back({user, version});
  }
  if (targets.empty() || !status) return done(0, status);
  for (const CommitWatches::Target& target : targets) hurried_.push_back(target.user);
  watches_.add(targets, std::move(done));
  forced_ = true;
  send_and_tell(now_us);
}

void CommitQueue::commit_all_now(int64_t now_us, CommitWaiter done) {
  everybody_.push_back(
      {.asked_ms = now_us / kUsPerMs, .users_before = users_committed_, .done = std::move(done)});
  forced_ = true;
  send_and_tell(now_us);
}

// Also where nothing is sent: a load that finds a failed commit in effect leaves users clean whom
// somebody waits for.
void CommitQueue::send_and_tell(int64_t now_us) {
  CommitWatches::Told told;
  send_due(now_us, told);
  settle_everybody(told);
  told.tell();
}

// While the store is down, one batch at a time tries whether it is back.
bool CommitQueue::may_send(int64_t now_us) const {
  if (health_.up()) return in_flight_.size() < options_.batches_max;
  return in_flight_.empty() && (forced_ || health_.may_try(now_us));
}

void CommitQueue::send_due(int64_t now_us, CommitWatches::Told& told) {
  while (may_send(now_us)) {
    std::unique_ptr<Batch> batch = collect(now_us, told);
    forced_ = false;
    if (batch->commits.empty()) break;
    const size_t before = in_flight_.size();
    send(std::move(batch));
    if (in_flight_.size() == before) break;  // the executor is full
  }
}

std::unique_ptr<CommitQueue::Batch> CommitQueue::collect(int64_t now_us,
                                                         CommitWatches::Told& told) {
  const int64_t now_ms = now_us / kUsPerMs;
  std::unique_ptr<Batch> batch = new_batch(states_.oldest_dirty_ms().value_or(now_ms));
  collect_hurried(*batch, told);
  const int64_t delay_ms = everybody_.empty() ? options_.commit_delay_ms : 0;
  while (batch->commits.size() < options_.batch_users_max &&
         rows_of(batch->commits) < options_.batch_rows_max) {
    const size_t step = std::min(kCollectStep, options_.batch_users_max - batch->commits.size());
    if (states_.collect(now_ms, {.delay_ms = delay_ms, .max_users = step}, batch->commits) < step) {
      break;
    }
  }
  return batch;
}

// Users whose earlier commit is under way are hurried again when it is back, if somebody waits.
void CommitQueue::collect_hurried(Batch& batch, CommitWatches::Told& told) {
  size_t taken = 0;
  size_t rows = 0;
  for (; taken < hurried_.size(); ++taken) {
    if (batch.commits.size() >= options_.batch_users_max || rows >= options_.batch_rows_max) break;
    const std::string& user = hurried_[taken];
    switch (states_.collect_user(user, batch.commits)) {
      case CollectOutcome::collected:
        rows += rows_of(batch.commits.back());
        break;
      case CollectOutcome::clean:
        watches_.reached(user, states_.committed_version(user), told);
        break;
      case CollectOutcome::in_flight:
        break;
    }
  }
  hurried_.erase(hurried_.begin(), hurried_.begin() + static_cast<ptrdiff_t>(taken));
}

void CommitQueue::send(std::unique_ptr<Batch> batch) {
  batch->id = next_batch_++;
  const uint64_t id = batch->id;
  in_flight_.emplace(id, batch->oldest_dirty_ms);
  if (try_send(link_, batch)) return;
  in_flight_.erase(id);
  give_back(*batch);
}

// Nothing of the batch is under way: it is dirty again, and whoever waits goes on waiting.
void CommitQueue::give_back(const Batch& batch) {
  for (EverybodyWatch& watch : everybody_) watch.batches_end = 0;
  for (const UserCommit& commit : batch.commits) {
    states_.commit_failed(commit.user);
    if (watches_.watches(commit.user)) hurried_.push_back(commit.user);
  }
}

void CommitQueue::retry_refused(int64_t now_us) {
  if (!health_.up()) return;
  for (auto entry = refused_.begin(); entry != refused_.end();) {
    const int64_t retry_at_us = entry->second.retry_at_us;
    const bool due = now_us >= retry_at_us || retry_at_us - now_us > options_.refused_retry_us;
    if (!due || in_flight_.size() >= options_.batches_max) {
      ++entry;
      continue;
    }
    const std::string user = entry->first;
    entry = refused_.erase(entry);
    states_.commit_failed(user);
    std::unique_ptr<Batch> batch = new_batch(now_us / kUsPerMs);
    if (states_.collect_user(user, batch->commits) == CollectOutcome::collected) {
      send(std::move(batch));
    }
  }
}

void CommitQueue::sync_if_due(int64_t now_us) {
  if (options_.durability != Durability::everysec || !unsynced_ || syncing_) return;
  const int64_t since_us = now_us - synced_us_;
  if (since_us >= 0 && since_us < kSyncEveryUs) return;
  if (!send_sync(SyncPurpose::durability)) return;
  unsynced_ = false;
  synced_us_ = now_us;
}

// Where a load found that a failed commit had taken effect, nothing is left to find out with that
// the store is back.
void CommitQueue::probe_if_idle(int64_t now_us) {
  if (health_.up() || syncing_ || !in_flight_.empty() || !health_.may_try(now_us)) return;
  if (states_.dirty_users() == refused_.size()) send_sync(SyncPurpose::probe);
}

bool CommitQueue::send_sync(SyncPurpose purpose) {
  auto sync = std::make_unique<Sync>(Sync{.queue = *this, .purpose = purpose});
  syncing_ = try_send(link_, sync);
  return syncing_;
}

void CommitQueue::on_synced(const Sync& sync, int64_t now_us) {
  syncing_ = false;
  if (!sync.status) {
    ++errors_;
    unsynced_ = true;
    health_.failed(sync.status.reason, now_us);
  } else if (sync.purpose == SyncPurpose::probe) {
    health_.succeeded(now_us);
  }
}

void CommitQueue::on_committed(Batch& batch, int64_t now_us) {
  CommitWatches::Told told;
  in_flight_.erase(batch.id);
  if (batch.status) {
    committed(batch, now_us, told);
  } else if (batch.status.permanent) {
    refused(batch, now_us, told);
  } else {
    failed(batch, now_us, told);
  }
  // Before and after: a user who changed while in flight waits again just now, and is in flight
  // again in a moment.
  settle_everybody(told);
  send_due(now_us, told);
  settle_everybody(told);
  told.tell();
}

void CommitQueue::committed(const Batch& batch, int64_t now_us, CommitWatches::Told& told) {
  health_.succeeded(now_us);
  ++batches_committed_;
  users_committed_ += batch.commits.size();
  rows_committed_ += rows_of(batch.commits);
  lag_ms_ = std::max<int64_t>(now_us / kUsPerMs - batch.oldest_dirty_ms, 0);
  unsynced_ = true;
  for (const UserCommit& commit : batch.commits) {
    states_.commit_done(commit.user);
    watches_.reached(commit.user, states_.committed_version(commit.user), told);
    if (watches_.watches(commit.user)) hurried_.push_back(commit.user);
  }
}

void CommitQueue::failed(const Batch& batch, int64_t now_us, CommitWatches::Told& told) {
  ++errors_;
  health_.failed(batch.status.reason, now_us);
  for (const UserCommit& commit : batch.commits) states_.commit_failed(commit.user);
  hurried_.clear();  // they are dirty, and will be tried as such
  forced_ = false;
  watches_.all_failed(batch.status, told);
  for (EverybodyWatch& watch : std::exchange(everybody_, {})) {
    told.add(std::move(watch.done), 0, batch.status);
  }
}

void CommitQueue::refused(Batch& batch, int64_t now_us, CommitWatches::Told& told) {
  ++errors_;
  health_.note(batch.status.reason, now_us);
  if (batch.commits.size() > 1) return halve(batch);
  const std::string& user = batch.commits.front().user;
  refused_[user] = {.retry_at_us = now_us + options_.refused_retry_us, .status = batch.status};
  watches_.failed(user, batch.status, told);
}

// Sent at once, past the limit of batches: they are no more than what was under way before.
void CommitQueue::halve(Batch& batch) {
  std::unique_ptr<Batch> lower = new_batch(batch.oldest_dirty_ms);
  std::unique_ptr<Batch> upper = new_batch(batch.oldest_dirty_ms);
  const auto middle = batch.commits.begin() + static_cast<ptrdiff_t>(batch.commits.size() / 2);
  std::move(batch.commits.begin(), middle, std::back_inserter(lower->commits));
  std::move(middle, batch.commits.end(), std::back_inserter(upper->commits));
  for (EverybodyWatch& watch : everybody_) {
    if (watch.batches_end > batch.id) watch.batches_end = next_batch_ + 2;
  }
  send(std::move(lower));
  send(std::move(upper));
}

void CommitQueue::settle_everybody(CommitWatches::Told& told) {
  if (everybody_.empty()) return;
  const std::optional<int64_t> waiting = states_.oldest_dirty_ms();
  std::erase_if(everybody_, [&](EverybodyWatch& watch) {
    if (waiting && *waiting <= watch.asked_ms) {
      watch.batches_end = 0;
      return false;
    }
    if (watch.batches_end == 0) watch.batches_end = next_batch_;
    if (!in_flight_.empty() && in_flight_.begin()->first < watch.batches_end) return false;
    told.add(std::move(watch.done), static_cast<size_t>(users_committed_ - watch.users_before),
             refused_.empty() ? StoreStatus() : refused_.begin()->second.status);
    return true;
  });
}

std::optional<int64_t> CommitQueue::oldest_dirty_ms() const {
  std::optional<int64_t> oldest = states_.oldest_dirty_ms();
  for (const auto& [id, since_ms] : in_flight_)
    oldest = std::min(oldest.value_or(since_ms), since_ms);
  return oldest;
}

}  // namespace tidemark::storage
