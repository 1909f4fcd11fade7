#include "storage/persist/write_behind.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "storage/readstate/read_states.hpp"

namespace tidemark::storage {
namespace {

constexpr int64_t kUsPerMs = 1000;

StoreHealth::Options health_options(const WriteBehindOptions& options) {
  return {.retry_min_us = options.retry_min_ms * kUsPerMs,
          .retry_max_us = options.retry_max_ms * kUsPerMs,
          .jitter_seed = options.jitter_seed};
}

LoadQueue::Options load_options(const WriteBehindOptions& options) {
  return {.batch_users_max = options.load_users_max,
          .waiters_max = options.load_waiters_max,
          .health = health_options(options)};
}

CommitQueue::Options commit_options(const WriteBehindOptions& options) {
  return {.durability = options.durability,
          .commit_delay_ms = options.commit_delay_ms,
          .batch_users_max = options.commit_users_max,
          .batch_rows_max = options.commit_rows_max,
          .batches_max = options.commits_in_flight_max,
          .refused_retry_us = options.refused_retry_ms * kUsPerMs,
          .health = health_options(options)};
}

}  // namespace

WriteBehind::WriteBehind(CoreId partition, ReadStates& states, Store& store,
                         StoreExecutor& executor, CompletionPoster poster,
                         const WriteBehindOptions& options)
    : link_{.partition = partition,
            .store = store,
            .executor = executor,
            .post = std::move(poster)},
      states_(states),
      dirty_bytes_max_(options.dirty_bytes_max),
      loads_(link_, states, load_options(options)),
      commits_(link_, states, commit_options(options)) {}

void WriteBehind::flush(int64_t now_us) {
  // Commits first: a load then sees whatever was sent before it.
  commits_.flush(now_us);
  loads_.flush();
}

void WriteBehind::tick(int64_t now_us) {
  commits_.tick(now_us);
  loads_.tick(now_us);
}

void WriteBehind::deliver(std::unique_ptr<StoreCompletion> completion, int64_t now_us) {
  completion->arrive(now_us);
}

StoreStatus WriteBehind::may_write() const {
  const StoreHealth& health = commits_.health();
  if (!health.up() && commits_.durability() == Durability::always) {
    return {.reason = health.last_error()};
  }
  if (!buffer_full()) return {};
  return {.reason = "changes that are not in the store have reached dirty-limit" +
                    (health.up() ? std::string() : ": " + health.last_error())};
}

bool WriteBehind::buffer_full() const { return states_.dirty_bytes() >= dirty_bytes_max_; }

WriteBehindFigures WriteBehind::figures(int64_t now_us) const {
  const StoreHealth& reads = loads_.health();
  const StoreHealth& writes = commits_.health();
  const StoreHealth& latest = reads.last_error_us() > writes.last_error_us() ? reads : writes;
  const std::optional<int64_t> oldest = commits_.oldest_dirty_ms();
  return {
      .up = reads.up() && writes.up(),
      .last_error = latest.last_error(),
      .since_ms = std::max(reads.since_us(), writes.since_us()) / kUsPerMs,
      .dirty_users = states_.dirty_users(),
      .dirty_bytes = states_.dirty_bytes(),
      .oldest_dirty_ms = oldest ? std::max<int64_t>(now_us / kUsPerMs - *oldest, 0) : 0,
      .commit_lag_ms = commits_.lag_ms(),
      .commits_in_flight = commits_.batches_in_flight(),
      .loads_waiting = loads_.waiters(),
      .users_refused = commits_.users_refused(),
      .users_committed = commits_.users_committed(),
      .rows_committed = commits_.rows_committed(),
      .batches_committed = commits_.batches_committed(),
      .commit_errors = commits_.errors(),
      .loads = loads_.users_loaded(),
      .loads_coalesced = loads_.coalesced(),
      .load_errors = loads_.errors(),
  };
}

}  // namespace tidemark::storage
