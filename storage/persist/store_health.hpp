#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace tidemark::storage {

// Whether one way of using the store (reading or writing) works, and when to try again if not.
// The pause after a failure doubles up to a limit; jitter keeps the partitions from knocking
// together. Times are microseconds of a clock that may jump: no jump makes a pause longer than the
// limit.
class StoreHealth {
 public:
  struct Options {
    int64_t retry_min_us = 100'000;
    int64_t retry_max_us = 10'000'000;
    uint64_t jitter_seed = 0;
  };

  explicit StoreHealth(const Options& options);

  bool up() const { return up_; }
  // Why the last failure happened, empty while there was none. Outlives the recovery.
  const std::string& last_error() const { return last_error_; }
  int64_t last_error_us() const { return last_error_us_; }
  // When up() last changed, 0 for never.
  int64_t since_us() const { return since_us_; }
  // Up, or the pause after the last failure is over.
  bool may_try(int64_t now_us) const;

  void succeeded(int64_t now_us);
  // Several calls that were under way together may fail together: that is one failure.
  void failed(const std::string& reason, int64_t now_us);
  // Keeps the reason of a failure that says nothing about the store as a whole.
  void note(const std::string& reason, int64_t now_us);

 private:
  Options options_;
  std::minstd_rand jitter_;
  bool up_ = true;
  int64_t pause_us_ = 0;
  int64_t retry_at_us_ = 0;
  int64_t since_us_ = 0;
  std::string last_error_;
  int64_t last_error_us_ = 0;
};

}  // namespace tidemark::storage
