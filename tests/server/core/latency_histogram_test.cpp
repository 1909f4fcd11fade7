#include "server/core/latency_histogram.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using tidemark::server::LatencyHistogram;

TEST_CASE("a percentile is within an eighth above the exact one") {
  const auto seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  LatencyHistogram histogram;
  std::vector<uint64_t> exact;
  for (int i = 0; i < 10000; ++i) {
    const uint64_t value = random() >> (28 + random() % 36);
    histogram.record(value);
    exact.push_back(value);
  }
  std::sort(exact.begin(), exact.end());
  for (const double percent : {0.1, 1.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    CAPTURE(percent);
    const auto rank = static_cast<size_t>(std::ceil(percent / 100 * 10000));
    const uint64_t truth = exact[rank - 1];
    const uint64_t told = histogram.percentile_ns(percent);
    CHECK(told >= truth);
    CHECK(static_cast<double>(told) <= static_cast<double>(truth) * 1.125);
  }
}

TEST_CASE("the calls below a power of two are counted exactly") {
  LatencyHistogram histogram;
  for (uint64_t value = 0; value < 5000; ++value) histogram.record(value);
  for (uint64_t limit = 1; limit <= 4096; limit *= 2) CHECK(histogram.count_below(limit) == limit);
  LatencyHistogram twice;
  twice.add(histogram);
  twice.add(histogram);
  CHECK(twice.count() == 10000);
  CHECK(twice.count_below(1024) == 2048);
}
