#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/storage/readstate/fixture.hpp"
#include "tests/storage/readstate/random_rows.hpp"

// What a read state costs, counted by the allocator's sizes: the index, the users, slack, all of
// it.
namespace tidemark::storage {
namespace {

struct Shape {
  size_t users = 0;
  size_t channels = 0;  // of each user
  int64_t step_us = 0;  // the clock between two acknowledgements of anybody
};

// Channel by channel as in life: each round gives every user one more channel. The ids are
// snowflakes of 60 bits in no order, the marks above them, and one row in twenty has mentions.
double bytes_per_read_state(const Shape& shape) {
  ReadStates states({.backing = ReadStatesOptions::Backing::none});
  testing::RandomRows random(1);
  int64_t now_us = 1'700'000'000'000'000;
  for (size_t i = 0; i < shape.users; ++i) {
    states.install("user:" + std::to_string(i), {}, now_us);
  }
  for (size_t round = 0; round < shape.channels; ++round) {
    for (size_t i = 0; i < shape.users; ++i) {
      const std::string key = "user:" + std::to_string(i);
      UserRef user = states.find(key);
      const int64_t channel = random.snowflake();
      const int64_t room = (int64_t{1} << 60) - channel;
      const std::vector<ChannelId> pairs = {
          {channel, channel + static_cast<int64_t>(random.below(static_cast<uint64_t>(room)))}};
      const int32_t mentions = random.chance(5) ? 1 + static_cast<int32_t>(random.below(20)) : 0;
      REQUIRE(states.ack(user, pairs, {.mentions = mentions}, now_us += shape.step_us));
    }
  }
  REQUIRE(states.entries() == shape.users * shape.channels);
  states.check();
  const double cost = static_cast<double>(states.bytes()) / static_cast<double>(states.entries());
  MESSAGE(shape.channels << " channels a user, " << shape.step_us << " us apart: " << cost
                         << " bytes per read state");
  return cost;
}

TEST_CASE("a read state costs at most 30 bytes at 50 channels a user, filled channel by channel") {
  CHECK(bytes_per_read_state({.users = 2000, .channels = 50, .step_us = 10}) <= 30);
  // A step of 26 s: filled over a month.
  CHECK(bytes_per_read_state({.users = 2000, .channels = 50, .step_us = 26'000'000}) <= 30);
}

TEST_CASE("a read state costs at most 27 bytes at 500 channels a user, filled channel by channel") {
  CHECK(bytes_per_read_state({.users = 200, .channels = 500, .step_us = 10}) <= 27);
  CHECK(bytes_per_read_state({.users = 200, .channels = 500, .step_us = 26'000'000}) <= 27);
}

TEST_CASE("a mention of a user who is not in memory costs at most 256 bytes until its commit") {
  ReadStates states;
  constexpr size_t kUsers = 20000;
  for (size_t i = 0; i < kUsers; ++i) {
    const std::string key = "user:" + std::to_string(i);
    UserRef user = states.find(key);
    REQUIRE(states.incr(user, {1, 2}, {.mentions = 1}, 1'700'000'000'000'000));
  }
  const size_t cost = states.bytes() / kUsers;
  MESSAGE(cost << " bytes per pending user");
  CHECK(cost <= 256);
}

TEST_CASE("evicting everybody gives every byte of theirs back") {
  testing::Partition p;
  const size_t empty = p.states.bytes();
  for (int i = 0; i < 100; ++i) {
    const std::string key = "user:" + std::to_string(i);
    for (int64_t channel = 0; channel < i; ++channel) p.ack(key, {{channel * 1000, 5}});
    p.load("empty:" + std::to_string(i));
    p.incr("absent:" + std::to_string(i), {1, 1});
  }
  CHECK(p.states.dirty_bytes() > 0);
  p.commit_all();
  CHECK(p.states.dirty_bytes() == 0);
  while (const std::optional<EvictionCandidate> candidate = p.states.eviction_candidate()) {
    CHECK_FALSE(candidate->dirty);
    const size_t before = p.states.bytes();
    REQUIRE(p.states.evict(candidate->user));
    CHECK(p.states.bytes() < before);
  }
  CHECK(p.states.resident_users() == 0);
  CHECK(p.states.entries() == 0);
  CHECK(p.states.bytes() <= empty + 4096);  // what the table keeps for the next
}

}  // namespace
}  // namespace tidemark::storage
