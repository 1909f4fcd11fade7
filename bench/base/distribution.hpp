#pragma once

#include <cstdint>
#include <string_view>

#include "bench/base/random.hpp"
#include "storage/base/result.hpp"

namespace tidemark::bench {

// Ranks 0 to count-1 where rank r has a weight of (r+1)^-theta. Sampled by rejection under the
// integral of the weight (Hörmann and Derflinger's idea), so that set-up and memory are constant
// and no trace repeats, however many ranks there are.
class Zipf {
 public:
  // REQUIRES: count > 0, theta > 0.
  Zipf(uint64_t count, double theta);
  uint64_t sample(Random& random) const;

 private:
  double area(double x) const;          // the integral of the weight up to x, from an own origin
  double area_inverse(double a) const;  // area_inverse(area(x)) == x
  double weight(double x) const;

  double count_;
  double theta_;
  double area_first_;
  double area_last_;
  double accept_below_;  // so close above its integer that the sample needs no second look
};

// Maps 0..count-1 onto itself, so that the hottest ranks are not neighbours in the key space.
class Shuffle {
 public:
  // REQUIRES: count > 0.
  explicit Shuffle(uint64_t count);
  uint64_t operator()(uint64_t index) const;

 private:
  uint64_t count_;
  uint64_t stride_;  // coprime to count_
};

// A standard normal deviate.
double normal(Random& random);

enum class KeyOrder : uint8_t { uniform, zipf, sequential };

struct KeyDistribution {
  KeyOrder order = KeyOrder::uniform;
  double theta = 0.99;
};

// "uniform", "sequential", "zipf" or "zipf:THETA"; Errc::out_of_range for anything else.
Result<KeyDistribution> parse_key_distribution(std::string_view text);

// Draws key numbers below `count`.
class KeyPicker {
 public:
  struct Options {
    KeyDistribution distribution;
    uint64_t count = 1;
    uint64_t first = 0;  // sequential: the first key, so that threads do not march in step
  };
  explicit KeyPicker(const Options& options);
  uint64_t pick(Random& random);

 private:
  KeyOrder order_;
  uint64_t count_;
  uint64_t next_;
  Zipf zipf_;
  Shuffle shuffle_;
};

}  // namespace tidemark::bench
