#include "storage/persist/store_threads.hpp"

#include <deque>
#include <utility>

#include "storage/base/ensure.hpp"
#include "storage/base/mutex.hpp"

namespace tidemark::storage {

class StoreThreads::Worker {
 public:
  explicit Worker(size_t queue_jobs_max)
      : queue_jobs_max_(queue_jobs_max), thread_([this] { work(); }) {}
  ~Worker() {
    begin_stop();
    join();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  bool try_submit(std::unique_ptr<StoreJob>&& job) EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      if (stopping_ || queue_.size() >= queue_jobs_max_) return false;
      queue_.push_back(std::move(job));
    }
    changed_.notify_one();
    return true;
  }

  // Two steps, so that all workers drain side by side.
  void begin_stop() EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  void work() EXCLUDES(mutex_) {
    while (std::unique_ptr<StoreJob> job = take()) job->run();
  }

  // The next job, or null when stopping and none is left.
  std::unique_ptr<StoreJob> take() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    while (queue_.empty() && !stopping_) changed_.wait(mutex_);
    if (queue_.empty()) return nullptr;
    std::unique_ptr<StoreJob> job = std::move(queue_.front());
    queue_.pop_front();
    return job;
  }

  // Constant after construction.
  const size_t queue_jobs_max_;

  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<std::unique_ptr<StoreJob>> queue_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;

  std::thread thread_;  // last: it starts in the constructor and uses all of the above
};

StoreThreads::StoreThreads(const Options& options) {
  ENSURE(options.threads > 0 && options.queue_jobs_max > 0);
  workers_.reserve(options.threads);
  for (size_t i = 0; i < options.threads; ++i) {
    workers_.push_back(std::make_unique<Worker>(options.queue_jobs_max));
  }
}

StoreThreads::~StoreThreads() { stop(); }

bool StoreThreads::try_submit(CoreId partition, std::unique_ptr<StoreJob>&& job) {
  ENSURE(job != nullptr);
  return workers_[partition.value() % workers_.size()]->try_submit(std::move(job));
}

void StoreThreads::stop() {
  for (const auto& worker : workers_) worker->begin_stop();
  for (const auto& worker : workers_) worker->join();
}

}  // namespace tidemark::storage
