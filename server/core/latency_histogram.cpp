#include "server/core/latency_histogram.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tidemark::server {

void LatencyHistogram::add(const LatencyHistogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
}

uint64_t LatencyHistogram::count() const {
  return std::accumulate(counts_.begin(), counts_.end(), uint64_t{0});
}

uint64_t LatencyHistogram::percentile_ns(double percent) const {
  const uint64_t total = count();
  if (total == 0) return 0;
  const double share = std::clamp(percent, 0.0, 100.0) / 100.0;
  const auto wanted =
      std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(share * static_cast<double>(total))));
  uint64_t passed = 0;
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    passed += counts_[bucket];
    if (passed >= wanted) return last_of(bucket);
  }
  return last_of(kBuckets - 1);
}

uint64_t LatencyHistogram::count_below(uint64_t nanoseconds) const {
  const size_t end = bucket_of(nanoseconds);
  return std::accumulate(counts_.begin(), counts_.begin() + static_cast<std::ptrdiff_t>(end),
                         uint64_t{0});
}

}  // namespace tidemark::server
