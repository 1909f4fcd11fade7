#include "server/core/cycle_clock.hpp"

namespace tidemark::server {

void CycleClock::calibrate() {
#if defined(__x86_64__)
  using Clock = std::chrono::steady_clock;
  constexpr auto kSpan = std::chrono::milliseconds(5);
  const auto start = Clock::now();
  const uint64_t first = now();
  Clock::time_point end;
  do {
    end = Clock::now();
  } while (end - start < kSpan);
  const uint64_t last = now();
  us_per_cycle = std::chrono::duration<double, std::micro>(end - start).count() /
                 static_cast<double>(last - first);
#endif
}

}  // namespace tidemark::server
