#include "bench/lru/exact_lru.hpp"

#include <algorithm>
#include <deque>

#include <doctest/doctest.h>

#include "bench/base/random.hpp"

using tidemark::bench::ExactLru;
using tidemark::bench::Random;

TEST_CASE("the key used longest ago goes first") {
  ExactLru lru(10, 2);
  CHECK_FALSE(lru.access(1));
  CHECK_FALSE(lru.access(2));
  CHECK(lru.access(1));
  CHECK_FALSE(lru.access(3));  // evicts 2
  CHECK(lru.access(1));
  CHECK_FALSE(lru.access(2));  // evicts 3
  CHECK_FALSE(lru.access(3));
  CHECK(lru.size() == 2);
}

TEST_CASE("it agrees with a list that is searched") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const auto keys = static_cast<uint32_t>(1 + random.below(50));
    const auto capacity = static_cast<uint32_t>(1 + random.below(40));
    ExactLru lru(keys, capacity);
    std::deque<uint32_t> newest_first;
    for (int i = 0; i < 3000; ++i) {
      const auto key = static_cast<uint32_t>(random.below(keys));
      const auto place = std::find(newest_first.begin(), newest_first.end(), key);
      const bool held = place != newest_first.end();
      if (held) newest_first.erase(place);
      newest_first.push_front(key);
      if (newest_first.size() > capacity) newest_first.pop_back();
      REQUIRE(lru.access(key) == held);
      REQUIRE(lru.size() == newest_first.size());
    }
  }
}
