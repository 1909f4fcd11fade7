#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "storage/base/ids.hpp"
#include "storage/persist/store.hpp"
#include "storage/persist/store_threads.hpp"

namespace tidemark::storage {

// The outcome of a job, on its way home to the thread that asked for it.
class StoreCompletion {
 public:
  virtual ~StoreCompletion() = default;
  // Called once, on the home thread. `now_us` as in WriteBehind.
  virtual void arrive(int64_t now_us) = 0;
};

// Brings a completion home; called on store threads.
using CompletionPoster = std::function<void(std::unique_ptr<StoreCompletion>)>;

// How one partition reaches its store and hears back.
struct StoreLink {
  CoreId partition;
  Store& store;
  StoreExecutor& executor;
  CompletionPoster post;
};

// Runs `work` on a store thread with a Work that it owns, and then home()es it:
//   struct Work { void run(Store&); void home(int64_t now_us); };
// Work is all that the two threads share, and they have it one after the other.
template <typename Work>
class RoundTrip final : public StoreJob {
 public:
  RoundTrip(const StoreLink& link, std::unique_ptr<Work> work)
      : link_(link), work_(std::move(work)) {}

  void run() noexcept override {
    work_->run(link_.store);
    link_.post(std::make_unique<Home>(std::move(work_)));
  }

  // What was to be done, of a job that the executor did not take.
  std::unique_ptr<Work> take() { return std::move(work_); }

 private:
  class Home final : public StoreCompletion {
   public:
    explicit Home(std::unique_ptr<Work> work) : work_(std::move(work)) {}
    void arrive(int64_t now_us) override { work_->home(now_us); }

   private:
    std::unique_ptr<Work> work_;
  };

  const StoreLink& link_;  // outlives every job
  std::unique_ptr<Work> work_;
};

// Sends `work` off. Where the executor refuses, `work` stays with the caller and false is returned.
template <typename Work>
bool try_send(const StoreLink& link, std::unique_ptr<Work>& work) {
  auto job = std::make_unique<RoundTrip<Work>>(link, std::move(work));
  RoundTrip<Work>* const trip = job.get();
  std::unique_ptr<StoreJob> submitted = std::move(job);
  if (link.executor.try_submit(link.partition, std::move(submitted))) return true;
  work = trip->take();
  return false;
}

}  // namespace tidemark::storage
