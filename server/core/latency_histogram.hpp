#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace tidemark::server {

// How long calls took, to within an eighth: each power of two of nanoseconds has eight buckets.
// Recording is one increment. Histograms of several cores add up.
class LatencyHistogram {
 public:
  void record(uint64_t nanoseconds) { ++counts_[bucket_of(nanoseconds)]; }
  void add(const LatencyHistogram& other);

  uint64_t count() const;
  // The time within which `percent` of the calls were over; 0 where nothing was recorded.
  uint64_t percentile_ns(double percent) const;
  // The calls that took less than `nanoseconds`. REQUIRES: a power of two.
  uint64_t count_below(uint64_t nanoseconds) const;

 private:
  static constexpr unsigned kFineBits = 3;
  static constexpr uint64_t kFine = 1U << kFineBits;
  // From here on, some two minutes, everything is in the last bucket.
  static constexpr unsigned kBitsMax = 37;
  static constexpr size_t kBuckets = (kBitsMax - kFineBits + 1) * kFine;

  // Below 8 ns a bucket each; then the three bits after the highest one choose among eight.
  static constexpr size_t bucket_of(uint64_t ns) {
    if (ns < kFine) return ns;
    const auto bits = static_cast<unsigned>(std::bit_width(ns));
    if (bits > kBitsMax) return kBuckets - 1;
    const unsigned shift = bits - kFineBits - 1;
    return (static_cast<size_t>(shift) + 1) * kFine + ((ns >> shift) & (kFine - 1));
  }
  // The largest time in a bucket.
  static constexpr uint64_t last_of(size_t bucket) {
    if (bucket < kFine) return bucket;
    const size_t shift = bucket / kFine - 1;
    return ((kFine + bucket % kFine + 1) << shift) - 1;
  }

  std::array<uint64_t, kBuckets> counts_{};
};

}  // namespace tidemark::server
