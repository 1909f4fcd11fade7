#include "bench/base/distribution.hpp"

#include <cmath>
#include <set>
#include <vector>

#include <doctest/doctest.h>

using namespace tidemark::bench;

namespace {

// The largest distance between the sampled and the exact cumulative distribution.
double distance_from_zipf(uint64_t count, double theta, int samples) {
  Zipf zipf(count, theta);
  Random random(42);
  std::vector<double> seen(count);
  for (int i = 0; i < samples; ++i) {
    const uint64_t rank = zipf.sample(random);
    if (rank >= count) FAIL("a rank outside");
    seen[rank] += 1.0 / samples;
  }
  double total = 0;
  for (uint64_t r = 0; r < count; ++r) total += std::pow(static_cast<double>(r + 1), -theta);
  double worst = 0;
  double exact = 0;
  double sampled = 0;
  for (uint64_t r = 0; r < count; ++r) {
    exact += std::pow(static_cast<double>(r + 1), -theta) / total;
    sampled += seen[r];
    worst = std::max(worst, std::abs(exact - sampled));
  }
  return worst;
}

}  // namespace

TEST_CASE("zipf samples follow the distribution, for exponents below, at and above one") {
  // Kolmogorov-Smirnov: 200,000 samples stay below 0.0044 with a probability of 99.9 %.
  for (const double theta : {0.5, 0.99, 1.0, 1.3}) {
    for (const uint64_t count : {uint64_t{1}, uint64_t{2}, uint64_t{1000}, uint64_t{100'000}}) {
      CAPTURE(theta);
      CAPTURE(count);
      CHECK(distance_from_zipf(count, theta, 200'000) < 0.0044);
    }
  }
}

TEST_CASE("the shuffle visits every key exactly once") {
  for (uint64_t count : {1, 2, 3, 10, 64, 999, 10'000}) {
    const Shuffle shuffle(count);
    std::set<uint64_t> seen;
    for (uint64_t i = 0; i < count; ++i) seen.insert(shuffle(i));
    CHECK(seen.size() == count);
    CHECK(*seen.rbegin() == count - 1);
  }
}

TEST_CASE("normal deviates have mean 0 and deviation 1") {
  Random random(5);
  double sum = 0;
  double squares = 0;
  constexpr int kCount = 200'000;
  for (int i = 0; i < kCount; ++i) {
    const double x = normal(random);
    sum += x;
    squares += x * x;
  }
  CHECK(std::abs(sum / kCount) < 0.01);
  CHECK(std::abs(squares / kCount - 1) < 0.02);
}

TEST_CASE("sequential keys wrap around and start where they are told") {
  Random random(1);
  KeyPicker picker({.distribution = {.order = KeyOrder::sequential}, .count = 3, .first = 2});
  CHECK(picker.pick(random) == 2);
  CHECK(picker.pick(random) == 0);
  CHECK(picker.pick(random) == 1);
  CHECK(picker.pick(random) == 2);
}

TEST_CASE("a distribution is named in words") {
  CHECK(parse_key_distribution("uniform"));
  CHECK((*parse_key_distribution("zipf:1.2")).theta == doctest::Approx(1.2));
  CHECK((*parse_key_distribution("sequential")).order == KeyOrder::sequential);
  for (const char* wrong : {"", "zipf:", "zipf:0", "zipf:x", "zipf:-1", "zipf:nan", "normal"}) {
    CHECK_FALSE(parse_key_distribution(wrong));
  }
}
