#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tidemark::server {

// How fast a counter has moved lately: the mean of the last sixteen samples, taken a tenth of a
// second apart or more. One thread; memory alone may be read by exclusive work.
class RateMeter {
 public:
  // Called often, with the counter's value. `now_us` may jump.
  void sample(int64_t now_us, uint64_t value) {
    if (last_us_ == 0 || now_us < last_us_ || value < last_value_) {
      last_us_ = now_us;
      last_value_ = value;
      return;
    }
    const int64_t passed_us = now_us - last_us_;
    if (passed_us < kSampleUs) return;
    samples_[next_] =
        static_cast<double>(value - last_value_) * 1e6 / static_cast<double>(passed_us);
    next_ = (next_ + 1) % kSamples;
    last_us_ = now_us;
    last_value_ = value;
  }
  double per_second() const {
    double sum = 0;
    for (const double sample : samples_) sum += sample;
    return sum / kSamples;
  }

 private:
  static constexpr size_t kSamples = 16;
  static constexpr int64_t kSampleUs = 95'000;  // cron at 10 Hz is sometimes early

  std::array<double, kSamples> samples_{};
  size_t next_ = 0;
  int64_t last_us_ = 0;
  uint64_t last_value_ = 0;
};

}  // namespace tidemark::server
