#pragma once

#include <atomic>

namespace tidemark::server {

// The right to end something that may end in several ways, on several cores at once, and must end
// in one: whoever takes it does so, all others let go. Any thread.
class Claim {
 public:
  // True for one caller.
  [[nodiscard]] bool take() { return !taken_.exchange(true, std::memory_order_acq_rel); }
  bool taken() const { return taken_.load(std::memory_order_acquire); }

 private:
  std::atomic<bool> taken_ = false;
};

}  // namespace tidemark::server
