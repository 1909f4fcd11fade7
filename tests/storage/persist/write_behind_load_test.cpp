#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/storage/persist/write_behind_bench.hpp"

namespace tidemark::storage {
namespace {

using fault::Fault;

void store_user(Partition& partition, const std::string& user, int64_t mark) {
  const std::vector<UserCommit> commits = {
      {.user = user,
       .version = 5,
       .rows = {{.id = {.type = 0, .channel = 1}, .mark = mark, .version = 5}}}};
  REQUIRE(partition.store.commit(commits));
}

}  // namespace

TEST_CASE("everybody who asks for a user in one iteration waits for one load of one job") {
  Partition partition;
  store_user(partition, "ann", 7);
  std::vector<std::string> told;
  const auto ask = [&](const std::string& user, const std::string& name) {
    REQUIRE(partition.write_behind.request_load(user, [&told, name](const StoreStatus& status) {
      CHECK(status);
      told.push_back(name);
    }));
  };
  ask("ann", "ann 1");
  ask("bob", "bob 1");
  ask("ann", "ann 2");
  CHECK(partition.executor.held() == 0);
  partition.write_behind.flush(partition.now_us);
  CHECK(partition.executor.held() == 1);
  ask("ann", "ann 3");  // under way already
  CHECK(partition.figures().loads_waiting == 4);
  partition.settle();
  CHECK(partition.store.loads() == 1);
  CHECK(told == std::vector<std::string>{"ann 1", "ann 2", "ann 3", "bob 1"});
  CHECK(partition.get("ann", 1)->mark == 7);
  CHECK(partition.states.residency("bob") == Residency::resident);
  CHECK(partition.figures().loads == 2);
  CHECK(partition.figures().loads_coalesced == 2);
  CHECK(partition.figures().loads_waiting == 0);
}

TEST_CASE("many users leave in several jobs of limited size") {
  Partition partition({.load_users_max = 10});
  for (int i = 0; i < 25; ++i) {
    REQUIRE(
        partition.write_behind.request_load("user" + std::to_string(i), [](const StoreStatus&) {}));
  }
  partition.settle();
  CHECK(partition.store.loads() == 3);
  CHECK(partition.states.resident_users() == 25);
}

TEST_CASE("a waiter may ask for the next user at once") {
  Partition partition;
  bool second = false;
  REQUIRE(partition.write_behind.request_load("ann", [&](const StoreStatus&) {
    REQUIRE(partition.write_behind.request_load("bob", [&](const StoreStatus&) { second = true; }));
  }));
  partition.settle();
  CHECK(second);
}

TEST_CASE("more waiters than the limit are refused with its name") {
  Partition partition({.load_waiters_max = 2});
  for (int i = 0; i < 2; ++i) {
    REQUIRE(partition.write_behind.request_load("ann", [](const StoreStatus&) {}));
  }
  const StoreStatus third =
      partition.write_behind.request_load("ann", [](const StoreStatus&) { FAIL("was refused"); });
  CHECK_FALSE(third);
  CHECK(third.reason.find("load-queue-limit 2") != std::string::npos);
  partition.settle();
  CHECK(partition.write_behind.request_load("bob", [](const StoreStatus&) {}));
}

TEST_CASE("while the store cannot be read, loads fail at once and a probe finds the end of that") {
  Partition partition({.retry_min_ms = 100, .retry_max_ms = 400});
  partition.store.set_load_fault(Fault::fail);
  CHECK(partition.load("ann") == fault::FaultStore::kReason);
  CHECK(partition.states.residency("ann") == Residency::absent);
  CHECK_FALSE(partition.figures().up);
  const size_t loads = partition.store.loads();
  CHECK(partition.load("ann") == fault::FaultStore::kReason);
  CHECK(partition.store.loads() == loads);

  for (int i = 0; i < 100; ++i) {
    partition.pass_ms(20);
    partition.settle();
  }
  CHECK_FALSE(partition.figures().up);
  partition.store.set_load_fault(Fault::none);
  partition.pass_ms(400);
  partition.settle();
  CHECK(partition.figures().up);
  CHECK(partition.figures().last_error == fault::FaultStore::kReason);
  CHECK(partition.load("ann") == "");
}

TEST_CASE("those who were about to be asked for fail with those who were") {
  Partition partition;
  partition.store.set_load_fault(Fault::fail);
  std::vector<std::string> reasons;
  const auto keep = [&](const StoreStatus& status) { reasons.push_back(status.reason); };
  REQUIRE(partition.write_behind.request_load("ann", keep));
  partition.write_behind.flush(partition.now_us);
  REQUIRE(partition.write_behind.request_load("bob", keep));
  REQUIRE(partition.step());
  CHECK(reasons == std::vector<std::string>(2, fault::FaultStore::kReason));
  CHECK(partition.states.residency("bob") == Residency::absent);
}

TEST_CASE("a user whom the store cannot read fails alone") {
  Partition partition;
  store_user(partition, "ann", 7);
  partition.store.refuse("bad");
  std::vector<std::string> failed;
  for (const std::string user : {"a", "b", "ann", "bad", "c", "d", "e"}) {
    REQUIRE(partition.write_behind.request_load(user, [&failed, user](const StoreStatus& status) {
      if (!status) failed.push_back(user);
    }));
  }
  partition.settle();
  CHECK(failed == std::vector<std::string>{"bad"});
  CHECK(partition.states.resident_users() == 6);
  CHECK(partition.figures().up);
  CHECK(partition.figures().last_error == "user bad is refused");
}

TEST_CASE("loads that the executor does not take are tried again") {
  Partition partition;
  partition.executor.capacity = 0;
  bool told = false;
  REQUIRE(partition.write_behind.request_load("ann", [&](const StoreStatus&) { told = true; }));
  partition.settle();
  CHECK_FALSE(told);
  partition.executor.capacity = 1;
  partition.pass_ms(10);
  partition.settle();
  CHECK(told);
}

}  // namespace tidemark::storage
