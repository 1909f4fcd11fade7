#include "bench/base/distribution.hpp"

#include <cmath>
#include <cstdlib>
#include <numbers>
#include <numeric>
#include <string>

#include "storage/base/ensure.hpp"

namespace tidemark::bench {

namespace {

// theta = 1 makes the integral a logarithm; near it the power formula loses all its digits.
constexpr double kNearOne = 1e-9;

}  // namespace

Zipf::Zipf(uint64_t count, double theta) : count_(static_cast<double>(count)), theta_(theta) {
  ENSURE(count > 0 && theta > 0);
  // Ranks count from 1 here. The column of rank k spans [k-1/2, k+1/2); the first one is cut so
  // that its area is its weight.
  area_first_ = area(1.5) - 1.0;
  area_last_ = area(count_ + 0.5);
  accept_below_ = 2.0 - area_inverse(area(2.5) - weight(2.0));
}

double Zipf::area(double x) const {
  if (std::abs(theta_ - 1.0) < kNearOne) return std::log(x);
  return (std::pow(x, 1.0 - theta_) - 1.0) / (1.0 - theta_);
}

double Zipf::area_inverse(double a) const {
  if (std::abs(theta_ - 1.0) < kNearOne) return std::exp(a);
  return std::pow(1.0 + a * (1.0 - theta_), 1.0 / (1.0 - theta_));
}

double Zipf::weight(double x) const { return std::pow(x, -theta_); }

uint64_t Zipf::sample(Random& random) const {
  while (true) {
    const double a = area_last_ + random.unit() * (area_first_ - area_last_);
    const double x = area_inverse(a);
    double rank = std::floor(x + 0.5);
    if (rank < 1.0) rank = 1.0;
    if (rank > count_) rank = count_;
    if (rank - x <= accept_below_ || a >= area(rank + 0.5) - weight(rank)) {
      return static_cast<uint64_t>(rank) - 1;
    }
  }
}

Shuffle::Shuffle(uint64_t count) : count_(count), stride_(1) {
  ENSURE(count > 0);
  if (count < 3) return;
  stride_ = static_cast<uint64_t>(static_cast<double>(count) / std::numbers::phi);
  while (stride_ < 2 || std::gcd(stride_, count) != 1) ++stride_;
}

uint64_t Shuffle::operator()(uint64_t index) const {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>(static_cast<Wide>(index) * stride_ % count_);
}

double normal(Random& random) {
  // Box-Muller; 1 - unit() is never zero.
  const double radius = std::sqrt(-2.0 * std::log(1.0 - random.unit()));
  return radius * std::cos(2.0 * std::numbers::pi * random.unit());
}

Result<KeyDistribution> parse_key_distribution(std::string_view text) {
  if (text == "uniform") return KeyDistribution{.order = KeyOrder::uniform};
  if (text == "sequential") return KeyDistribution{.order = KeyOrder::sequential};
  if (text == "zipf") return KeyDistribution{.order = KeyOrder::zipf};
  constexpr std::string_view kZipf = "zipf:";
  if (!text.starts_with(kZipf)) return Errc::out_of_range;
  const std::string number(text.substr(kZipf.size()));
  char* end = nullptr;
  const double theta = std::strtod(number.c_str(), &end);
  if (number.empty() || *end != '\0' || !(theta > 0.0 && theta <= 10.0)) return Errc::out_of_range;
  return KeyDistribution{.order = KeyOrder::zipf, .theta = theta};
}

KeyPicker::KeyPicker(const Options& options)
    : order_(options.distribution.order),
      count_(options.count),
      next_(options.first % options.count),
      zipf_(options.count, options.distribution.theta),
      shuffle_(options.count) {}

uint64_t KeyPicker::pick(Random& random) {
  switch (order_) {
    case KeyOrder::uniform:
      return random.below(count_);
    case KeyOrder::zipf:
      return shuffle_(zipf_.sample(random));
    case KeyOrder::sequential:
      break;
  }
  const uint64_t key = next_;
  if (++next_ == count_) next_ = 0;
  return key;
}

}  // namespace tidemark::bench
