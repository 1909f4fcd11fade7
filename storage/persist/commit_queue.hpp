#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "storage/base/bytes.hpp"
#include "storage/persist/commit_watch.hpp"
#include "storage/persist/store.hpp"
#include "storage/persist/store_health.hpp"
#include "storage/persist/store_link.hpp"

namespace tidemark::storage {

class ReadStates;

// What a reply to a change of a read state promises (`durability`).
enum class Durability : uint8_t {
  write_behind,  // in memory and queued
  everysec,      // in the operating system's hands; synced once a second
  always,        // on disk
};

// Takes the changes of one partition to the store. Part of WriteBehind, which says more.
//
// A user is in exactly one of these places: clean; dirty, which is for ReadStates to remember; in
// flight, that is in a batch on its way; or refused. A refused user stays in flight as far as
// ReadStates knows, so that nobody collects them with others until their own retry.
class CommitQueue {
 public:
  struct Options {
    Durability durability = Durability::write_behind;
    int64_t commit_delay_ms = 1000;
    size_t batch_users_max = 256;
    size_t batch_rows_max = 8192;
    size_t batches_max = 4;  // in flight at once
    int64_t refused_retry_us = 60'000'000;
    StoreHealth::Options health;
  };

  CommitQueue(const StoreLink& link, ReadStates& states, const Options& options);
  ~CommitQueue();
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  void hurry(Bytes user);
  // Sends off whom hurry() and commit_now() named since.
  void flush(int64_t now_us);
  void tick(int64_t now_us);
  void commit_now(std::span<const std::string> users, int64_t now_us, CommitWaiter done);
  void commit_all_now(int64_t now_us, CommitWaiter done);

  void set_commit_delay_ms(int64_t commit_delay_ms) { options_.commit_delay_ms = commit_delay_ms; }
  Durability durability() const { return options_.durability; }

  const StoreHealth& health() const { return health_; }
  // Since when the oldest change waits that is not in the store.
  std::optional<int64_t> oldest_dirty_ms() const;
  size_t batches_in_flight() const { return in_flight_.size(); }
  size_t users_refused() const { return refused_.size(); }
  uint64_t users_committed() const { return users_committed_; }
  uint64_t rows_committed() const { return rows_committed_; }
  uint64_t batches_committed() const { return batches_committed_; }
  uint64_t errors() const { return errors_; }
  int64_t lag_ms() const { return lag_ms_; }

 private:
  struct Batch;
  struct Sync;
  struct EverybodyWatch;
  enum class SyncPurpose : uint8_t { durability, probe };
  struct Refusal {
    int64_t retry_at_us = 0;
    StoreStatus status;
  };

  std::unique_ptr<Batch> new_batch(int64_t oldest_dirty_ms);
  bool may_send(int64_t now_us) const;
  void send_due(int64_t now_us, CommitWatches::Told& told);
  std::unique_ptr<Batch> collect(int64_t now_us, CommitWatches::Told& told);
  void collect_hurried(Batch& batch, CommitWatches::Told& told);
  void send_and_tell(int64_t now_us);
  void send(std::unique_ptr<Batch> batch);
  void give_back(const Batch& batch);
  void retry_refused(int64_t now_us);
  void sync_if_due(int64_t now_us);
  void probe_if_idle(int64_t now_us);
  bool send_sync(SyncPurpose purpose);

  void on_committed(Batch& batch, int64_t now_us);
  void committed(const Batch& batch, int64_t now_us, CommitWatches::Told& told);
  void failed(const Batch& batch, int64_t now_us, CommitWatches::Told& told);
  void refused(Batch& batch, int64_t now_us, CommitWatches::Told& told);
  void halve(Batch& batch);
  void on_synced(const Sync& sync, int64_t now_us);
  void settle_everybody(CommitWatches::Told& told);

  const StoreLink& link_;
  ReadStates& states_;
  Options options_;
  StoreHealth health_;

  std::vector<std::string> hurried_;  // to be collected, due or not
  CommitWatches watches_;
  std::vector<EverybodyWatch> everybody_;
  bool forced_ = false;  // somebody waits for an attempt, whatever the back-off

  uint64_t next_batch_ = 1;
  std::map<uint64_t, int64_t> in_flight_;  // batch → since when its oldest change waits, ms
  std::map<std::string, Refusal> refused_;
  bool unsynced_ = false;
  bool syncing_ = false;
  int64_t synced_us_ = 0;

  uint64_t users_committed_ = 0;
  uint64_t rows_committed_ = 0;
  uint64_t batches_committed_ = 0;
  uint64_t errors_ = 0;
  int64_t lag_ms_ = 0;
};

}  // namespace tidemark::storage
