#pragma once

#include <cstdint>

namespace tidemark::server::script {

// What math.random() draws from: the 48-bit generator of POSIX's lrand48(), so that a script that
// seeds it gets the numbers that it gets from Redis, on every machine.
class Random {
 public:
  explicit Random(uint64_t state) : state_(state & kMask) {}

  // As srand48().
  void seed(int32_t seed) { state_ = (uint64_t{static_cast<uint32_t>(seed)} << 16) | 0x330e; }
  // As lrand48(): 0 to 2^31 - 1.
  int32_t next() {
    state_ = (state_ * 0x5deece66d + 0xb) & kMask;
    return static_cast<int32_t>(state_ >> 17);
  }

 private:
  static constexpr uint64_t kMask = (uint64_t{1} << 48) - 1;
  uint64_t state_;
};

}  // namespace tidemark::server::script
