#include "bench/base/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "storage/base/ensure.hpp"

namespace tidemark::bench {

size_t Histogram::bucket_of(uint64_t value) {
  // The top kSubBits + 1 bits of the value choose the bucket; `shift` counts the bits below them.
  const int width = static_cast<int>(std::bit_width(value));
  const int shift = std::max(0, width - kSubBits - 1);
  return (static_cast<size_t>(shift) << kSubBits) + static_cast<size_t>(value >> shift);
}

uint64_t Histogram::bucket_end(size_t bucket) {
  constexpr size_t kPerPower = size_t{1} << kSubBits;
  if (bucket < 2 * kPerPower) return bucket;
  const size_t shift = bucket / kPerPower - 1;
  const uint64_t top = bucket - (shift << kSubBits);
  return ((top + 1) << shift) - 1;
}

Histogram::Histogram() : buckets_(bucket_of(kMax) + 1) {}

void Histogram::record_many(uint64_t value, uint64_t count) {
  value = std::min(value, kMax);
  buckets_[bucket_of(value)] += count;
  count_ += count;
  max_ = std::max(max_, value);
  min_ = std::min(min_, value);
  sum_ += static_cast<double>(value) * static_cast<double>(count);
}

void Histogram::merge(const Histogram& other) {
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  min_ = std::min(min_, other.min_);
  sum_ += other.sum_;
}

void Histogram::clear() {
  std::fill(buckets_.begin(), buckets_.end(), 0);
  count_ = 0;
  max_ = 0;
  min_ = kMax;
  sum_ = 0;
}

double Histogram::mean() const { return count_ == 0 ? 0.0 : sum_ / static_cast<double>(count_); }

uint64_t Histogram::percentile(double percent) const {
  ENSURE(percent >= 0.0 && percent <= 100.0);
  if (count_ == 0) return 0;
  const double exact = std::ceil(static_cast<double>(count_) * percent / 100.0);
  const uint64_t wanted = std::clamp(static_cast<uint64_t>(exact), uint64_t{1}, count_);
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return std::min(bucket_end(i), max_);
  }
  return max_;
}

}  // namespace tidemark::bench
