#include "storage/persist/store_threads.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <latch>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "storage/base/mutex.hpp"

namespace tidemark::storage {
namespace {

class FunctionJob final : public StoreJob {
 public:
  explicit FunctionJob(std::function<void()> function) : function_(std::move(function)) {}
  void run() noexcept override { function_(); }

 private:
  std::function<void()> function_;
};

std::unique_ptr<StoreJob> job(std::function<void()> function) {
  return std::make_unique<FunctionJob>(std::move(function));
}

// What ran, written by several threads.
class Log {
 public:
  void add(int value) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    values_.push_back(value);
  }
  std::vector<int> values() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return values_;
  }

 private:
  Mutex mutex_;
  std::vector<int> values_ GUARDED_BY(mutex_);
};

}  // namespace

TEST_CASE("the jobs of each partition run in the order submitted") {
  constexpr int kPartitions = 5;
  constexpr int kJobs = 400;
  std::vector<Log> logs(kPartitions);
  {
    StoreThreads threads({.threads = 3, .queue_jobs_max = kJobs * kPartitions});
    for (int i = 0; i < kJobs; ++i) {
      for (uint16_t p = 0; p < kPartitions; ++p) {
        REQUIRE(threads.try_submit(CoreId{p}, job([&logs, p, i] { logs[p].add(i); })));
      }
    }
  }
  for (Log& log : logs) {
    const std::vector<int> ran = log.values();
    REQUIRE(ran.size() == kJobs);
    for (int i = 0; i < kJobs; ++i) CHECK(ran[static_cast<size_t>(i)] == i);
  }
}

TEST_CASE("partitions that share a thread wait for each other and others do not") {
  StoreThreads threads({.threads = 2});
  std::latch release(1);
  std::latch other_ran(1);
  Log log;
  REQUIRE(threads.try_submit(CoreId{0}, job([&] { release.wait(); })));
  REQUIRE(threads.try_submit(CoreId{2}, job([&] { log.add(2); })));
  REQUIRE(threads.try_submit(CoreId{1}, job([&] { other_ran.count_down(); })));
  other_ran.wait();
  CHECK(log.values().empty());
  release.count_down();
  threads.stop();
  CHECK(log.values() == std::vector<int>{2});
}

TEST_CASE("a full queue refuses a job and leaves it with the caller") {
  StoreThreads threads({.threads = 1, .queue_jobs_max = 2});
  std::latch started(1);
  std::latch release(1);
  Log log;
  REQUIRE(threads.try_submit(CoreId{0}, job([&] {
                               started.count_down();
                               release.wait();
                             })));
  started.wait();  // from here the first job runs and no longer waits in the queue
  REQUIRE(threads.try_submit(CoreId{0}, job([&] { log.add(1); })));
  REQUIRE(threads.try_submit(CoreId{0}, job([&] { log.add(2); })));
  std::unique_ptr<StoreJob> third = job([&] { log.add(3); });
  CHECK_FALSE(threads.try_submit(CoreId{0}, std::move(third)));
  REQUIRE(third != nullptr);  // NOLINT(bugprone-use-after-move): a refusal does not move
  release.count_down();
  threads.stop();
  CHECK(log.values() == std::vector<int>{1, 2});
}

TEST_CASE("stopping runs what was accepted and refuses what comes after") {
  StoreThreads threads({.threads = 2});
  std::latch release(1);
  Log log;
  REQUIRE(threads.try_submit(CoreId{0}, job([&] { release.wait(); })));
  for (int i = 0; i < 100; ++i) REQUIRE(threads.try_submit(CoreId{0}, job([&, i] { log.add(i); })));
  release.count_down();
  threads.stop();
  CHECK(log.values().size() == 100);
  CHECK_FALSE(threads.try_submit(CoreId{0}, job([&] { log.add(100); })));
  CHECK_FALSE(threads.try_submit(CoreId{1}, job([&] { log.add(100); })));
  threads.stop();
  CHECK(log.values().size() == 100);
}

TEST_CASE("several threads submit at once and nothing is lost") {
  constexpr int kSubmitters = 4;
  constexpr int kJobs = 500;
  Log log;
  StoreThreads threads({.threads = 2, .queue_jobs_max = kSubmitters * kJobs});
  {
    std::vector<std::jthread> submitters;
    for (int s = 0; s < kSubmitters; ++s) {
      submitters.emplace_back([&, s] {
        for (int i = 0; i < kJobs; ++i) {
          threads.try_submit(CoreId{static_cast<uint16_t>(s)}, job([&, i] { log.add(i); }));
        }
      });
    }
  }
  threads.stop();
  CHECK(log.values().size() == kSubmitters * kJobs);
}

}  // namespace tidemark::storage
