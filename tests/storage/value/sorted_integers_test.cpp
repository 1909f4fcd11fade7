#include "storage/value/sorted_integers.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <vector>

#include "storage/base/heap.hpp"
#include "tests/storage/value/seed.hpp"

using tidemark::storage::SortedIntegers;

namespace {

using Limits = std::numeric_limits<int64_t>;

std::vector<int64_t> all_of(const SortedIntegers& integers) {
  std::vector<int64_t> all;
  for (size_t i = 0; i < integers.size(); ++i) all.push_back(integers.at(i));
  return all;
}

}  // namespace

TEST_CASE("integers are kept in order, once each, and as wide as the widest needs") {
  SortedIntegers integers;
  CHECK(integers.memory_bytes() == 0);
  CHECK(integers.insert(5));
  CHECK_FALSE(integers.insert(5));
  CHECK(integers.insert(-32768));
  CHECK(integers.width() == 2);
  CHECK(integers.insert(32768));
  CHECK(integers.width() == 4);
  CHECK_FALSE(integers.contains(Limits::max()));
  CHECK_FALSE(integers.erase(Limits::max()));
  CHECK(integers.insert(Limits::min()));
  CHECK(integers.width() == 8);
  CHECK((all_of(integers) == std::vector<int64_t>{Limits::min(), -32768, 5, 32768}));
  integers.check();
  CHECK(integers.erase(Limits::min()));
  CHECK_FALSE(integers.erase(Limits::min()));
  CHECK((all_of(integers) == std::vector<int64_t>{-32768, 5, 32768}));
  const SortedIntegers copy(integers);
  CHECK(all_of(copy) == all_of(integers));
  integers.clear();
  CHECK(integers.memory_bytes() == 0);
  CHECK(copy.memory_bytes() == tidemark::heap::block_bytes(24));
}

TEST_CASE("what is erased by a condition is asked for once each, in order") {
  SortedIntegers integers;
  for (int64_t value = 0; value < 10; ++value) integers.insert(value * 100'000);
  std::vector<int64_t> asked;
  integers.erase_if([&](int64_t value) {
    asked.push_back(value);
    return value % 200'000 == 0;
  });
  CHECK(asked.size() == 10);
  CHECK((all_of(integers) == std::vector<int64_t>{100'000, 300'000, 500'000, 700'000, 900'000}));
  integers.erase_if([](int64_t) { return true; });
  CHECK(integers.empty());
  integers.check();
}

TEST_CASE("random integers agree with a set") {
  const uint64_t seed = tidemark::storage::seed_of_this_run();
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20; ++round) {
    SortedIntegers integers;
    std::set<int64_t> expected;
    for (int step = 0; step < 1000; ++step) {
      // Every width, most of them small enough to meet again.
      const unsigned bits = static_cast<unsigned>(random() % 5 == 0 ? random() % 64 : random() % 9);
      const auto value = static_cast<int64_t>(random()) >> (63 - bits);
      if (random() % 3 == 0) {
        REQUIRE(integers.erase(value) == (expected.erase(value) == 1));
      } else {
        REQUIRE(integers.insert(value) == expected.insert(value).second);
      }
      REQUIRE(integers.contains(value) == expected.contains(value));
      integers.check();
    }
    CHECK((all_of(integers) == std::vector<int64_t>(expected.begin(), expected.end())));
  }
}
