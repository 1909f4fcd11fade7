#pragma once

#include <cstdint>
#include <ctime>

namespace tidemark::bench {

// Nanoseconds on the monotonic clock.
inline uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace tidemark::bench
