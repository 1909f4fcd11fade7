#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/storage/persist/write_behind_bench.hpp"

namespace tidemark::storage {
namespace {

using fault::Fault;

constexpr size_t kUsers = 12;
constexpr int64_t kChannels = 4;

// What a channel of a user should be, whoever holds it.
struct Expected {
  int64_t mark = 0;
  int32_t mentions = 0;

  void ack(int64_t id) {
    if (id < mark) return;
    mark = id;
    mentions = 0;
  }
  void incr(int64_t id, int32_t by) {
    if (id <= mark) return;
    mentions = static_cast<int32_t>(
        std::clamp<int64_t>(int64_t{mentions} + by, 0, std::numeric_limits<int32_t>::max()));
  }
};

// Clients that change and evict users at random, over a store that fails at random.
class Run {
 public:
  explicit Run(uint32_t seed)
      : random_(seed),
        partition_({.commit_delay_ms = 20, .commit_users_max = 3, .retry_max_ms = 200}) {}

  void operation() {
    const std::string user = "user" + std::to_string(below(kUsers));
    switch (below(10)) {
      case 0:
      case 1:
      case 2:
        return incr(user);
      case 3:
      case 4:
        return when_loaded(user, [this](const std::string& name) { ack(name); });
      case 5:
        return when_loaded(user, [this](const std::string& name) { del(name); });
      case 6:
        partition_.write_behind.hurry(user);
        partition_.states.evict(user);
        return;
      case 7:
        return change_faults();
      case 8:
        return ask_for_commit(user);
      default:
        return let_time_pass();
    }
  }

  // Everything is well again: all is committed, and the store holds what the model does.
  void finish() {
    partition_.store.set_commit_fault(Fault::none);
    partition_.store.set_load_fault(Fault::none);
    for (size_t u = 0; u < kUsers; ++u) partition_.store.accept("user" + std::to_string(u));
    for (int i = 0; i < 200; ++i) {
      partition_.pass_ms(1000);
      partition_.settle();
    }
    REQUIRE(waiting_ == 0);
    REQUIRE(partition_.figures().up);
    REQUIRE(partition_.figures().dirty_users == 0);
    REQUIRE(partition_.figures().users_refused == 0);
    REQUIRE(partition_.figures().loads_waiting == 0);
    partition_.states.check();
    for (size_t u = 0; u < kUsers; ++u) compare("user" + std::to_string(u));
  }

 private:
  size_t below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }
  int64_t some_channel() { return static_cast<int64_t>(below(kChannels)); }
  int64_t some_id() { return 1 + static_cast<int64_t>(below(50)); }

  void incr(const std::string& user) {
    const int64_t channel = some_channel();
    const int64_t id = some_id();
    const int32_t by = static_cast<int32_t>(below(6)) - 2;
    partition_.incr(user, channel, id, by);
    expected_[user][channel].incr(id, by);
  }

  template <typename Change>
  void when_loaded(const std::string& user, Change change) {
    if (partition_.states.residency(user) == Residency::resident) return change(user);
    // Refused where the store is down; a client would see STOREDOWN.
    (void)partition_.write_behind.request_load(user, [user, change](const StoreStatus& status) {
      if (status) change(user);
    });
  }

  void ack(const std::string& user) {
    const int64_t channel = some_channel();
    const int64_t id = some_id();
    partition_.ack(user, channel, id);
    expected_[user][channel].ack(id);
  }

  void del(const std::string& user) {
    UserRef ref = partition_.states.find(user);
    if (below(2) == 0) {
      partition_.states.del(ref, std::nullopt, {}, partition_.now_us);
      expected_[user].clear();
    } else {
      const int64_t channel = some_channel();
      partition_.states.del(ref, std::nullopt, {&channel, 1}, partition_.now_us);
      expected_[user].erase(channel);
    }
  }

  // Whoever asks is told once; success is never told of a change that is still in memory alone.
  void ask_for_commit(const std::string& user) {
    ++waiting_;
    if (below(2) == 0) {
      partition_.write_behind.commit_all_now(partition_.now_us,
                                             [this](size_t, const StoreStatus&) { --waiting_; });
      return;
    }
    const int64_t version = partition_.states.uncommitted_version(user);
    partition_.write_behind.commit_now(
        std::vector<std::string>{user}, partition_.now_us,
        [this, user, version](size_t, const StoreStatus& status) {
          --waiting_;
          if (status) REQUIRE(partition_.states.committed_version(user) >= version);
        });
  }

  void change_faults() {
    constexpr Fault kFaults[] = {Fault::none, Fault::none, Fault::none,
                                 Fault::fail, Fault::lie,  Fault::half};
    partition_.store.set_commit_fault(kFaults[below(std::size(kFaults))]);
    partition_.store.set_load_fault(below(5) == 0 ? Fault::fail : Fault::none);
    partition_.executor.capacity = below(4) == 0 ? 1 : 1000;
    const std::string user = "user" + std::to_string(below(kUsers));
    if (below(4) == 0) {
      partition_.store.refuse(user);
    } else {
      partition_.store.accept(user);
    }
  }

  void let_time_pass() {
    partition_.write_behind.flush(partition_.now_us);
    partition_.pass_ms(static_cast<int64_t>(below(40)));
    for (size_t n = below(4); n > 0; --n) partition_.step();
  }

  void compare(const std::string& user) {
    CAPTURE(user);
    for (int64_t channel = 0; channel < kChannels; ++channel) {
      CAPTURE(channel);
      const Expected& wanted = expected_[user][channel];
      REQUIRE(partition_.stored_mark(user, channel) == wanted.mark);
      REQUIRE(partition_.stored_mentions(user, channel) == wanted.mentions);
    }
  }

  std::mt19937 random_;
  Partition partition_;
  int waiting_ = 0;  // who asked for a commit and has not been told
  std::map<std::string, std::map<int64_t, Expected>> expected_;
};

}  // namespace

TEST_CASE("whatever the store does, in the end it holds every change exactly once") {
  const uint32_t first_seed = std::random_device()();
  for (uint32_t round = 0; round < 60; ++round) {
    const uint32_t seed = first_seed + round;
    CAPTURE(seed);
    Run run(seed);
    for (int i = 0; i < 1000; ++i) run.operation();
    run.finish();
  }
}

}  // namespace tidemark::storage
