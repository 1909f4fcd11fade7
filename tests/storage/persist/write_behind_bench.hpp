#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "storage/persist/write_behind.hpp"
#include "storage/readstate/read_states.hpp"
#include "tests/fault/fault_store.hpp"

namespace tidemark::storage {

// Keeps jobs until the test runs them, on the test's own thread.
class HeldExecutor final : public StoreExecutor {
 public:
  bool try_submit(CoreId, std::unique_ptr<StoreJob>&& job) override {
    if (jobs_.size() >= capacity) return false;
    jobs_.push_back(std::move(job));
    return true;
  }
  bool run_one() {
    if (jobs_.empty()) return false;
    const std::unique_ptr<StoreJob> job = std::move(jobs_.front());
    jobs_.pop_front();
    job->run();
    return true;
  }
  size_t held() const { return jobs_.size(); }

  size_t capacity = 1000;

 private:
  std::deque<std::unique_ptr<StoreJob>> jobs_;
};

// One partition with its store, where nothing happens but when the test says so.
class Partition {
 public:
  static constexpr int64_t kUsPerMs = 1000;

  explicit Partition(const WriteBehindOptions& options = {})
      : write_behind(
            CoreId{0}, states, store, executor,
            [this](std::unique_ptr<StoreCompletion> completion) {
              posted_.push_back(std::move(completion));
            },
            options) {}

  // Runs the oldest job and brings its outcome home; false where there was none.
  bool step() {
    if (!executor.run_one()) return false;
    std::unique_ptr<StoreCompletion> completion = std::move(posted_.front());
    posted_.pop_front();
    write_behind.deliver(std::move(completion), now_us);
    return true;
  }
  void settle() {
    do write_behind.flush(now_us);
    while (step());
  }
  void pass_ms(int64_t ms) {
    now_us += ms * kUsPerMs;
    write_behind.tick(now_us);
  }

  // Loads `user` unless present; the error, if any.
  std::string load(const std::string& user) {
    if (states.residency(user) == Residency::resident) return "";
    std::optional<std::string> outcome;
    const StoreStatus asked = write_behind.request_load(
        user, [&outcome](const StoreStatus& status) { outcome = status.reason; });
    if (!asked) return asked.reason;
    settle();
    return outcome.value_or("nobody told the waiter");
  }
  // REQUIRES: resident.
  void ack(const std::string& user, int64_t channel, int64_t id) {
    UserRef ref = states.find(user);
    const ChannelId pair{.channel = channel, .id = id};
    ENSURE(states.ack(ref, {&pair, 1}, {}, now_us));
  }
  void incr(const std::string& user, int64_t channel, int64_t id, int32_t mentions) {
    UserRef ref = states.find(user);
    ENSURE(states.incr(ref, {.channel = channel, .id = id}, {.mentions = mentions}, now_us));
  }
  std::optional<Row> get(const std::string& user, int64_t channel) {
    UserRef ref = states.find(user);
    return states.get(ref, {.type = 0, .channel = channel});
  }
  // The mark that the store has; 0 for none.
  int64_t stored_mark(const std::string& user, int64_t channel) {
    for (const Row& row : store.user(user).rows) {
      if (row.id.channel == channel) return row.mark;
    }
    return 0;
  }
  int32_t stored_mentions(const std::string& user, int64_t channel) {
    for (const Row& row : store.user(user).rows) {
      if (row.id.channel == channel) return row.mentions;
    }
    return 0;
  }
  WriteBehindFigures figures() const { return write_behind.figures(now_us); }

  int64_t now_us = 1'700'000'000'000'000;
  fault::FaultStore store;
  ReadStates states;
  HeldExecutor executor;
  WriteBehind write_behind;

 private:
  std::deque<std::unique_ptr<StoreCompletion>> posted_;
};

}  // namespace tidemark::storage
