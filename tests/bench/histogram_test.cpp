#include "bench/base/histogram.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "bench/base/random.hpp"

using tidemark::bench::Histogram;
using tidemark::bench::Random;

TEST_CASE("small values are counted exactly") {
  Histogram h;
  for (uint64_t v = 0; v < 100; ++v) h.record(v);
  CHECK(h.count() == 100);
  CHECK(h.min() == 0);
  CHECK(h.max() == 99);
  CHECK(h.percentile(50) == 49);
  CHECK(h.percentile(99) == 98);
  CHECK(h.percentile(100) == 99);
  CHECK(h.percentile(0) == 0);
  CHECK(h.mean() == doctest::Approx(49.5));
}

TEST_CASE("a percentile is at or above the exact one, by at most a sixty-fourth") {
  Random random(7);
  Histogram h;
  std::vector<uint64_t> exact;
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t value = random.next() >> (22 + random.below(42));
    exact.push_back(value);
    h.record(value);
  }
  std::sort(exact.begin(), exact.end());
  for (const double percent : {1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const size_t index = static_cast<size_t>(static_cast<double>(exact.size()) * percent / 100) - 1;
    const uint64_t got = h.percentile(percent);
    CAPTURE(percent);
    CHECK(got >= exact[index]);
    CHECK(got <= exact[index] + exact[index] / 64);
  }
}

TEST_CASE("merged histograms equal one that saw everything") {
  Random random(3);
  Histogram parts[3];
  Histogram whole;
  for (int i = 0; i < 30'000; ++i) {
    const uint64_t value = random.below(50'000'000);
    parts[i % 3].record(value);
    whole.record(value);
  }
  parts[0].merge(parts[1]);
  parts[0].merge(parts[2]);
  CHECK(parts[0].count() == whole.count());
  CHECK(parts[0].max() == whole.max());
  CHECK(parts[0].min() == whole.min());
  for (int percent = 0; percent <= 100; ++percent) {
    CHECK(parts[0].percentile(percent) == whole.percentile(percent));
  }
}

TEST_CASE("values beyond the range count as the largest, and clear forgets all") {
  Histogram h;
  h.record(UINT64_MAX);
  CHECK(h.max() == Histogram::kMax);
  CHECK(h.percentile(50) == Histogram::kMax);
  h.clear();
  CHECK(h.count() == 0);
  CHECK(h.percentile(99) == 0);
  CHECK(h.min() == 0);
}
