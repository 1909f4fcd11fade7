#include "bench/workload/stream.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include <doctest/doctest.h>

using namespace tidemark::bench;

TEST_CASE("channels a user are log-normal with the median and the mean asked for") {
  const Population population({.seed = 3, .users = 100'000});
  std::vector<uint32_t> counts;
  double sum = 0;
  for (uint32_t user = 0; user < 100'000; ++user) {
    counts.push_back(population.channel_count(user));
    sum += counts.back();
  }
  std::sort(counts.begin(), counts.end());
  CHECK(counts.front() >= 1);
  CHECK(counts.back() <= 4096);
  CHECK(counts[50'000] == 12);
  // exp(mu + sigma): the 84.13th percentile of a log-normal.
  CHECK(std::abs(counts[84'134] - 12 * std::exp(1.4)) < 2);
  CHECK(std::abs(sum / 100'000 - 12 * std::exp(1.4 * 1.4 / 2)) < 1.5);
}

TEST_CASE("a user's channels are the same in every program, and clipping holds") {
  const PopulationConfig config{.seed = 9, .users = 1000, .channels_max = 20};
  const Population one(config);
  const Population other(config);
  for (uint32_t user = 0; user < 1000; ++user) {
    const std::vector<RowId> rows = one.channels(user);
    CHECK(rows == other.channels(user));
    CHECK(rows.size() <= 20);
    CHECK_FALSE(rows.empty());
  }
}

TEST_CASE("ids have at most 60 bits, and every message is newer than every channel and mark") {
  const Population population({.seed = 4, .users = 2000});
  int64_t newest = 0;
  for (uint32_t user = 0; user < 2000; ++user) {
    for (const RowId& row : population.channels(user)) {
      const int64_t mark = population.initial_mark(user, row);
      CHECK(row.channel < mark);
      CHECK(row.type <= 15);
      newest = std::max(newest, mark);
    }
  }
  CHECK(newest < message_snowflake(0));
  CHECK(message_snowflake(1) > message_snowflake(0));
  CHECK(message_snowflake(10'000'000'000) < int64_t{1} << 60);
}

TEST_CASE("the same seed gives the same operations and another seed does not") {
  const auto lines = [](uint64_t seed) {
    WorkloadConfig config;
    config.population = {.seed = seed, .users = 1000};
    WorkloadStream stream(config, {.index = 1, .of = 4});
    std::vector<std::string> out;
    for (int i = 0; i < 2000; ++i) out.push_back(operation_line(stream.next()));
    return out;
  };
  CHECK(lines(1) == lines(1));
  CHECK(lines(1) != lines(2));
}

TEST_CASE("operations come in the shares asked for") {
  WorkloadConfig config;
  config.population.users = 10'000;
  config.storm_every = 0;
  config.fanout = 0.001;
  WorkloadStream stream(config, {});
  std::vector<double> share(kOperationKinds);
  constexpr int kCount = 400'000;
  for (int i = 0; i < kCount; ++i) {
    share[static_cast<size_t>(stream.next().kind)] += 100.0 / kCount;
  }
  const auto of = [&](OperationKind kind) { return share[static_cast<size_t>(kind)]; };
  // Three and a half standard deviations of a share of 62 % are 0.27 %.
  CHECK(std::abs(of(OperationKind::ack) - 62) < 0.4);
  CHECK(std::abs(of(OperationKind::incr) - 30) < 0.4);
  CHECK(std::abs(of(OperationKind::getall) + of(OperationKind::getall_since) - 3) < 0.15);
  CHECK(std::abs(of(OperationKind::get) + of(OperationKind::unread) + of(OperationKind::total) -
                 4) < 0.15);
  CHECK(std::abs(of(OperationKind::set) + of(OperationKind::del) + of(OperationKind::erase) - 1) <
        0.1);
  CHECK(std::abs(of(OperationKind::fanout) - 0.1) < 0.03);
}

TEST_CASE("every user whom a lane names belongs to it, fan-outs included") {
  WorkloadConfig config;
  config.population.users = 1003;
  config.fanout = 0.01;
  for (uint32_t lane = 0; lane < 7; ++lane) {
    WorkloadStream stream(config, {.index = lane, .of = 7});
    for (int i = 0; i < 5000; ++i) {
      const Operation op = stream.next();
      if (op.kind != OperationKind::fanout) {
        REQUIRE(op.user % 7 == lane);
        REQUIRE(op.user < 1003);
      }
      for (const uint32_t user : op.fanout_users) {
        REQUIRE(user % 7 == lane);
        REQUIRE(user < 1003);
      }
    }
  }
}

TEST_CASE("fan-outs reach from one user to the maximum, nine in ten of them cold") {
  WorkloadConfig config;
  config.population.users = 100'000;
  config.fanout = 1;
  config.fanout_max = 1000;
  config.storm_every = 0;
  WorkloadStream stream(config, {});
  WorkloadConfig hot_only = config;
  hot_only.fanout_cold = 0;
  WorkloadStream hot_stream(hot_only, {});
  std::set<uint32_t> hot;
  for (int i = 0; i < 3000; ++i) {
    for (const uint32_t user : hot_stream.next().fanout_users) hot.insert(user);
  }
  CHECK(hot.size() <= 20'000);
  size_t smallest = SIZE_MAX;
  size_t largest = 0;
  double members = 0;
  double hot_members = 0;
  for (int i = 0; i < 3000; ++i) {
    const Operation op = stream.next();
    smallest = std::min(smallest, op.fanout_users.size());
    largest = std::max(largest, op.fanout_users.size());
    for (const uint32_t user : op.fanout_users) {
      members += 1;
      hot_members += hot.contains(user) ? 1 : 0;
    }
  }
  CHECK(smallest == 1);
  CHECK(largest > 900);
  CHECK(largest <= 1000);
  CHECK(std::abs(hot_members / members - 0.10) < 0.01);
}

TEST_CASE("a storm is a run of GETALL SINCE") {
  WorkloadConfig config;
  config.population.users = 100;
  config.storm_every = 1000;
  config.storm_size = 50;
  WorkloadStream stream(config, {});
  for (int i = 1; i < 1000; ++i) stream.next();
  for (int i = 0; i < 50; ++i) CHECK(stream.next().kind == OperationKind::getall_since);
}

TEST_CASE("operations are encoded as the contract writes them") {
  Operation ack{.kind = OperationKind::ack, .user = 7, .type = 2};
  ack.channels.push_back({10, 20});
  ack.mentions = 3;
  CHECK(operation_line(ack) == "READSTATE.ACK u7 TYPE 2 MENTIONS 3 10 20");
  Operation fanout{.kind = OperationKind::fanout};
  fanout.channels.push_back({10, 20});
  fanout.unread = 1;
  fanout.fanout_users = {1, 2};
  CHECK(operation_line(fanout) == "READSTATE.FANOUT 10 20 2 u1 u2 UNREAD 1");
  std::string bytes;
  append_operation(bytes, {.kind = OperationKind::getall_since, .user = 3}, 77);
  CHECK(bytes == "*4\r\n$16\r\nREADSTATE.GETALL\r\n$2\r\nu3\r\n$5\r\nSINCE\r\n$2\r\n77\r\n");
}
