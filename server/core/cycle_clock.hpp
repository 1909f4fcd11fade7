#pragma once

#include <chrono>
#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace tidemark::server {

// Durations of commands at the price of one instruction: the processor's time stamp counter, which
// runs at a constant rate on every processor of the last decade. Elsewhere the monotonic clock.
class CycleClock {
 public:
  static uint64_t now() {
#if defined(__x86_64__)
    return __rdtsc();
#else
    return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
  }
  // Measures the rate for a few milliseconds; before any core starts.
  static void calibrate();
  static uint64_t nanoseconds(uint64_t cycles) {
    return static_cast<uint64_t>(static_cast<double>(cycles) * us_per_cycle * 1000.0);
  }
  static uint64_t cycles(int64_t microseconds) {
    return static_cast<uint64_t>(static_cast<double>(microseconds) / us_per_cycle);
  }
  static double microseconds(uint64_t cycles) { return static_cast<double>(cycles) * us_per_cycle; }

 private:
  static inline double us_per_cycle = 1e-3;
};

// Time of day.
inline int64_t wall_clock_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Time that never jumps, from an arbitrary start.
inline int64_t monotonic_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace tidemark::server
