#include "server/crash/core_probe.hpp"

#include <signal.h>
#include <unistd.h>

namespace tidemark::server::crash {

namespace {

constexpr size_t kHandlerStackBytes = size_t{64} << 10;

Probes& all() {
  static constinit Probes probes{};
  return probes;
}

}  // namespace

struct CoreThread::HandlerStack {
  std::array<char, kHandlerStackBytes> bytes;
  stack_t before{};
};

CoreThread::CoreThread(CoreProbe& probe, uint32_t core)
    : probe_(probe), stack_(std::make_unique<HandlerStack>()) {
  stack_t stack{};
  stack.ss_sp = stack_->bytes.data();
  stack.ss_size = stack_->bytes.size();
  sigaltstack(&stack, &stack_->before);
  probe_.core_ = core;
  probe_.thread_ = gettid();
  for (std::atomic<CoreProbe*>& place : all()) {
    CoreProbe* none = nullptr;
    if (place.compare_exchange_strong(none, &probe_)) break;
  }
}

CoreThread::~CoreThread() {
  for (std::atomic<CoreProbe*>& place : all()) {
    CoreProbe* own = &probe_;
    if (place.compare_exchange_strong(own, nullptr)) break;
  }
  probe_.thread_ = 0;
  sigaltstack(&stack_->before, nullptr);
}

const Probes& probes() { return all(); }

CoreProbe* probe_here() {
  const pid_t here = gettid();
  for (const std::atomic<CoreProbe*>& place : all()) {
    CoreProbe* const probe = place.load(std::memory_order_relaxed);
    if (probe != nullptr && probe->thread() == here) return probe;
  }
  return nullptr;
}

}  // namespace tidemark::server::crash
