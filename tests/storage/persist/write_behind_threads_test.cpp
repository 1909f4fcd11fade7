// Partitions on threads of their own, as cores have them, over store threads and one store.
#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/base/mutex.hpp"
#include "storage/persist/write_behind.hpp"
#include "storage/readstate/read_states.hpp"
#include "tests/fault/fault_store.hpp"

namespace tidemark::storage {
namespace {

constexpr int kUsers = 40;
constexpr int64_t kMarks = 200;

// What a core's mailbox does for completions.
class Mailbox {
 public:
  void post(std::unique_ptr<StoreCompletion> completion) EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      queue_.push_back(std::move(completion));
    }
    posted_.notify_one();
  }
  std::unique_ptr<StoreCompletion> wait() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    while (queue_.empty()) posted_.wait(mutex_);
    return pop();
  }
  std::unique_ptr<StoreCompletion> poll() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return queue_.empty() ? nullptr : pop();
  }

 private:
  std::unique_ptr<StoreCompletion> pop() REQUIRES(mutex_) {
    std::unique_ptr<StoreCompletion> completion = std::move(queue_.front());
    queue_.pop_front();
    return completion;
  }

  Mutex mutex_;
  ConditionVariable posted_;
  std::deque<std::unique_ptr<StoreCompletion>> queue_ GUARDED_BY(mutex_);
};

// One core's share: everything but the mailbox is touched by one thread.
class CoreUnderTest {
 public:
  CoreUnderTest(CoreId id, Store& store, StoreExecutor& executor)
      : id_(id),
        write_behind_(id, states_, store, executor,
                      [this](std::unique_ptr<StoreCompletion> completion) {
                        mailbox_.post(std::move(completion));
                      },
                      {.commit_delay_ms = 1, .commit_users_max = 7}) {}

  std::string user(int n) const {
    return "core" + std::to_string(id_.value()) + "user" + std::to_string(n);
  }

  // Every user is loaded, acknowledges mark after mark, and is committed.
  void run() {
    int waiting = kUsers;
    for (int u = 0; u < kUsers; ++u) {
      const StoreStatus asked =
          write_behind_.request_load(user(u), [&waiting](const StoreStatus& status) {
            if (status) --waiting;
          });
      if (!asked) return;
    }
    write_behind_.flush(now_us_);
    while (waiting > 0) turn();
    for (int64_t mark = 1; mark <= kMarks; ++mark) iterate(mark);
    bool done = false;
    write_behind_.commit_all_now(now_us_, [&](size_t, const StoreStatus& status) {
      committed_ = static_cast<bool>(status);
      done = true;
    });
    while (!done) turn();
  }

  bool committed() const { return committed_; }

 private:
  void iterate(int64_t mark) {
    for (int u = 0; u < kUsers; ++u) {
      const std::string name = user(u);
      UserRef ref = states_.find(name);
      const ChannelId pair{.channel = 1, .id = mark};
      ENSURE(states_.ack(ref, {&pair, 1}, {}, now_us_));
    }
    turn();
  }

  // An iteration of the loop. Also where nothing arrived there may be work: what a full queue of a
  // store thread refused is tried again.
  void turn() {
    now_us_ += 1000;
    write_behind_.tick(now_us_);
    while (std::unique_ptr<StoreCompletion> completion = mailbox_.poll()) {
      write_behind_.deliver(std::move(completion), now_us_);
    }
    std::this_thread::yield();
  }

  const CoreId id_;
  int64_t now_us_ = 1'700'000'000'000'000;
  bool committed_ = false;
  Mailbox mailbox_;
  ReadStates states_;
  WriteBehind write_behind_;
};

}  // namespace

TEST_CASE("cores share store threads and a store, and each finds its own users there") {
  constexpr uint16_t kCores = 3;
  fault::FaultStore store;
  StoreThreads threads({.threads = 2, .queue_jobs_max = 4});  // now and then full
  std::vector<std::unique_ptr<CoreUnderTest>> cores;
  for (uint16_t c = 0; c < kCores; ++c) {
    cores.push_back(std::make_unique<CoreUnderTest>(CoreId{c}, store, threads));
  }
  {
    std::vector<std::jthread> loops;
    for (const auto& core : cores) loops.emplace_back([&core] { core->run(); });
  }
  threads.stop();
  for (const auto& core : cores) {
    CHECK(core->committed());
    for (int u = 0; u < kUsers; ++u) {
      const LoadedUser user = store.user(core->user(u));
      REQUIRE(user.rows.size() == 1);
      CHECK(user.rows[0].mark == kMarks);
    }
  }
}

TEST_CASE("a store that stalls holds no loop up, and what it was given arrives when it goes on") {
  fault::FaultStore store;
  StoreThreads threads({.threads = 1});
  Mailbox mailbox;
  ReadStates states;
  WriteBehind write_behind(CoreId{0}, states, store, threads,
                           [&mailbox](std::unique_ptr<StoreCompletion> completion) {
                             mailbox.post(std::move(completion));
                           },
                           {.commit_delay_ms = 0, .commits_in_flight_max = 2});
  const int64_t now_us = 1'700'000'000'000'000;
  store.stall();
  constexpr int64_t kIncrements = 1000;
  for (int64_t id = 1; id <= kIncrements; ++id) {
    UserRef ref = states.find("ann");
    REQUIRE(states.incr(ref, {.channel = 1, .id = id}, {.mentions = 1}, now_us + id));
    write_behind.tick(now_us + id);
  }
  CHECK(write_behind.figures(now_us).batches_committed == 0);
  store.release();
  bool done = false;
  write_behind.commit_all_now(now_us + kIncrements, [&](size_t, const StoreStatus& status) {
    CHECK(status);
    done = true;
  });
  while (!done) write_behind.deliver(mailbox.wait(), now_us + kIncrements);
  threads.stop();
  CHECK(store.user("ann").rows.at(0).mentions == kIncrements);
}

}  // namespace tidemark::storage
