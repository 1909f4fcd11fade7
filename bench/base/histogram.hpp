#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidemark::bench {

// Counts values in log-linear buckets: below 128 each value has its own bucket, above that every
// power of two is cut into 64, so that a reported value is never more than 1/64 above the recorded
// one. Recording is an index computation and an increment; merging adds bucket by bucket.
//
// It does not correct for requests that were never sent because the server stalled: who wants that
// measures from the intended start, as the open loop does.
class Histogram {
 public:
  Histogram();

  // Values above kMax are counted as kMax.
  void record(uint64_t value) { record_many(value, 1); }
  void record_many(uint64_t value, uint64_t count);
  void merge(const Histogram& other);
  void clear();

  uint64_t count() const { return count_; }
  uint64_t max() const { return max_; }
  // 0 where nothing was recorded.
  uint64_t min() const { return count_ == 0 ? 0 : min_; }
  double mean() const;
  // The upper end of the bucket in which the given share of the values is reached, at most max().
  // REQUIRES: 0 <= percent <= 100.
  uint64_t percentile(double percent) const;

  static constexpr uint64_t kMax = (uint64_t{1} << 42) - 1;  // in nanoseconds: 73 minutes

 private:
  static constexpr int kSubBits = 6;
  static size_t bucket_of(uint64_t value);
  static uint64_t bucket_end(size_t bucket);

  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
  uint64_t max_ = 0;
  uint64_t min_ = kMax;
  double sum_ = 0;
};

}  // namespace tidemark::bench
