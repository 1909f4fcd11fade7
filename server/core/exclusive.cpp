#include "server/core/exclusive.hpp"

#include <utility>

#include "server/core/core.hpp"
#include "server/core/work_message.hpp"
#include "server/server.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tidemark::server {

namespace {

// How often a waiting core looks before it lets the kernel put it to sleep: about the time that the
// other cores need to finish the callback they are in when nothing special goes on.
constexpr int kSpins = 200;

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

}  // namespace

// Lives until the last of its markers has left.
class Exclusives::Piece {
 public:
  Piece(uint32_t cores, Work work, std::optional<CoreId> runner)
      : missing_(cores), runner_(runner), work_(std::move(work)) {}

  void arrive(OnCore& here) {
    const bool last = missing_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    if (runner_ ? here.id() == *runner_ : last) {
      if (!last) wait_until(here, Stage::gathered);
      return run(here);
    }
    if (last) reach(Stage::gathered);
    wait_until(here, Stage::done);
  }

 private:
  enum class Stage : uint32_t { gathering, gathered, done };

  void run(OnCore& here) {
    Message& work = *work_;
    work.arrive(here, std::move(work_));
    reach(Stage::done);
  }
  void reach(Stage stage) {
    stage_.store(stage, std::memory_order_release);
    stage_.notify_all();
  }
  void wait_until(const OnCore& here, Stage wanted) {
    Stage stage = stage_.load(std::memory_order_acquire);
    for (int i = 0; i < kSpins && stage < wanted; ++i) {
      relax();
      stage = stage_.load(std::memory_order_acquire);
    }
    if (stage >= wanted) return;
    crash::CoreProbe& probe = here.data().probe;
    probe.rest();
    while (stage < wanted) {
      stage_.wait(stage, std::memory_order_acquire);
      stage = stage_.load(std::memory_order_acquire);
    }
    probe.go_on();
  }

  std::atomic<uint32_t> missing_;
  std::atomic<Stage> stage_ = Stage::gathering;
  const std::optional<CoreId> runner_;
  Work work_;
};

class Exclusives::Marker : public Message {
 public:
  explicit Marker(std::shared_ptr<Piece> piece) : piece_(std::move(piece)) {}
  void arrive(OnCore& here, std::unique_ptr<Message>) override { piece_->arrive(here); }

 private:
  std::shared_ptr<Piece> piece_;
};

void Exclusives::run(std::span<const CoreId> cores, std::function<void(OnCore& here)> work) {
  run(cores, std::make_unique<WorkMessage>(std::move(work)));
}

void Exclusives::run(std::span<const CoreId> cores, Work work, std::optional<CoreId> runner) {
  const auto piece =
      std::make_shared<Piece>(static_cast<uint32_t>(cores.size()), std::move(work), runner);
  const MutexLock lock(order_);
  for (const CoreId id : cores) server_.core(id).post(std::make_unique<Marker>(piece));
}

}  // namespace tidemark::server
