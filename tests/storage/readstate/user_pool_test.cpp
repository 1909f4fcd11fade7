#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "storage/table/recency_clock.hpp"
#include "tests/storage/readstate/fixture.hpp"

namespace tidemark::storage {
namespace {

using testing::Partition;

std::string user(int i) { return "user:" + std::to_string(i); }

TEST_CASE("the users who were not used for longest go first") {
  Partition p;
  constexpr int kUsers = 4000;
  for (int i = 0; i < kUsers; ++i) p.load(user(i));
  // Used again in another order: the odd ones, then the even ones.
  for (int i = 1; i < kUsers; i += 2) p.get(user(i), 1);
  for (int i = 0; i < kUsers; i += 2) p.get(user(i), 1);
  int odd = 0;
  for (int evicted = 0; evicted < kUsers / 4; ++evicted) {
    const auto candidate = p.states.eviction_candidate();
    REQUIRE(candidate);
    odd += std::stoi(candidate->user.substr(5)) % 2;
    REQUIRE(p.states.evict(candidate->user));
  }
  CHECK(odd >= kUsers / 4 * 98 / 100);
}

TEST_CASE("users who wait, load, or are spared are no candidates") {
  Partition p;
  CHECK_FALSE(p.states.eviction_candidate());
  p.incr("pending", {1, 5});
  p.states.begin_load("loading");
  CHECK_FALSE(p.states.eviction_candidate());
  p.load("here");
  REQUIRE(p.states.eviction_candidate());
  CHECK(p.states.eviction_candidate()->user == "here");
  CHECK_FALSE(p.states.eviction_candidate("here"));
  CHECK(p.states.evict("here"));
  CHECK_FALSE(p.states.eviction_candidate());
}

TEST_CASE("a clean user goes before a dirty one, whoever is older") {
  Partition p;
  p.ack("dirty", {{1, 1}});
  p.load("clean");
  REQUIRE(p.states.eviction_candidate());
  CHECK(p.states.eviction_candidate()->user == "clean");
  CHECK(p.states.evict("clean"));
  const auto last = p.states.eviction_candidate();
  REQUIRE(last);
  CHECK(last->dirty);
}

TEST_CASE("users are as old as others by the clock that they share") {
  RecencyClock clock(1);
  clock.configure(Recency::lfu);
  Partition p({.clock = &clock});
  p.load("rare");
  p.load("often");
  for (int i = 0; i < 1000; ++i) p.get("often", 1);
  CHECK(p.states.eviction_candidate()->user == "rare");
  const uint32_t age = p.states.eviction_candidate()->age;
  // What INCR does is no use.
  for (int i = 0; i < 1000; ++i) p.incr("rare", {1, i});
  p.commit_all();
  CHECK(p.states.eviction_candidate()->user == "rare");
  CHECK(p.states.eviction_candidate()->age == age);
}

}  // namespace
}  // namespace tidemark::storage
