#pragma once

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "storage/base/ids.hpp"

namespace tidemark::storage {

// Work that blocks on the store.
class StoreJob {
 public:
  virtual ~StoreJob() = default;
  // Called once, on a store thread.
  virtual void run() noexcept = 0;
};

// Where blocking work goes. The jobs of one partition run one at a time in the order submitted.
class StoreExecutor {
 public:
  virtual ~StoreExecutor() = default;
  // Takes `job` and returns true; or returns false and leaves `job` with the caller, who keeps its
  // work where it lies (the dirty list, the loads that wait) and tries again at its next tick.
  virtual bool try_submit(CoreId partition, std::unique_ptr<StoreJob>&& job) = 0;
};

// A few threads that may block, so that no loop ever does. The jobs of partition p run on thread
// p mod n, first in, first out: that alone gives each partition's calls their order.
class StoreThreads final : public StoreExecutor {
 public:
  struct Options {
    size_t threads = 2;            // `store-threads`, at least 1
    size_t queue_jobs_max = 1024;  // `store-queue-limit`: jobs that wait for one thread
  };

  explicit StoreThreads(const Options& options);
  // Stops first.
  ~StoreThreads() override;
  StoreThreads(const StoreThreads&) = delete;
  StoreThreads& operator=(const StoreThreads&) = delete;

  // Any thread may call it. Refuses when the thread's queue is full and after stop().
  bool try_submit(CoreId partition, std::unique_ptr<StoreJob>&& job) override;
  // Runs all that was accepted, then ends the threads. May be called twice, by one thread.
  void stop();

 private:
  class Worker;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace tidemark::storage
