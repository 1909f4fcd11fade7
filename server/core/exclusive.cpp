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
  Piece(uint32_t cores, Work work) : missing_(cores), work_(std::move(work)) {}

  void arrive(OnCore& here) {
    if (missing_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      Message& work = *work_;
      work.arrive(here, std::move(work_));
      done_.store(true, std::memory_order_release);
      done_.notify_all();
      return;
    }
    for (int i = 0; i < kSpins; ++i) {
      if (done_.load(std::memory_order_acquire)) return;
      relax();
    }
    crash::CoreProbe& probe = here.data().probe;
    probe.rest();
    done_.wait(false, std::memory_order_acquire);
    probe.go_on();
  }

 private:
  std::atomic<uint32_t> missing_;
  std::atomic<bool> done_ = false;
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

void Exclusives::run(std::span<const CoreId> cores, Work work) {
  const auto piece = std::make_shared<Piece>(static_cast<uint32_t>(cores.size()), std::move(work));
  const MutexLock lock(order_);
  for (const CoreId id : cores) server_.core(id).post(std::make_unique<Marker>(piece));
}

}  // namespace tidemark::server
