#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/storage/persist/write_behind_bench.hpp"

namespace tidemark::storage {
namespace {

using fault::Fault;

// What a CommitWaiter was told.
struct Outcome {
  std::optional<size_t> users;
  std::string reason;

  CommitWaiter waiter() {
    return [this](size_t count, const StoreStatus& status) {
      CHECK_FALSE(users.has_value());  // told once
      users = count;
      reason = status.reason;
    };
  }
};

void load_and_ack(Partition& partition, const std::string& user, int64_t id) {
  REQUIRE(partition.load(user) == "");
  partition.ack(user, 1, id);
}

}  // namespace

TEST_CASE("a change is committed after the delay, once, with those that followed it") {
  Partition partition({.commit_delay_ms = 1000});
  load_and_ack(partition, "ann", 1);
  for (int64_t id = 2; id <= 100; ++id) {
    partition.pass_ms(9);
    partition.settle();
    partition.ack("ann", 1, id);
  }
  CHECK(partition.store.commits() == 0);
  CHECK(partition.figures().dirty_users == 1);
  CHECK(partition.figures().oldest_dirty_ms == 99 * 9);
  partition.pass_ms(1000 - 99 * 9);
  partition.settle();
  CHECK(partition.store.commits() == 1);
  CHECK(partition.stored_mark("ann", 1) == 100);
  CHECK(partition.figures().rows_committed == 1);
  CHECK(partition.figures().dirty_users == 0);
  CHECK(partition.figures().oldest_dirty_ms == 0);
  CHECK(partition.figures().commit_lag_ms == 1000);
}

TEST_CASE("the delay can be changed while it runs") {
  Partition partition({.commit_delay_ms = 60'000});
  load_and_ack(partition, "ann", 1);
  partition.pass_ms(2000);
  partition.settle();
  CHECK(partition.store.commits() == 0);
  partition.write_behind.set_commit_delay_ms(1000);
  partition.pass_ms(1);
  partition.settle();
  CHECK(partition.store.commits() == 1);
}

TEST_CASE("batches are limited in users and in flight, and go on until nobody is due") {
  Partition partition({.commit_delay_ms = 0, .commit_users_max = 10, .commits_in_flight_max = 2});
  for (int i = 0; i < 55; ++i) load_and_ack(partition, "user" + std::to_string(i), 1);
  partition.pass_ms(1);
  CHECK(partition.executor.held() == 2);
  CHECK(partition.figures().commits_in_flight == 2);
  partition.settle();
  CHECK(partition.store.commits() == 6);
  CHECK(partition.figures().users_committed == 55);
}

TEST_CASE("while the store is down attempts grow rare, nothing is lost, and it recovers") {
  Partition partition({.commit_delay_ms = 10, .retry_min_ms = 100, .retry_max_ms = 5000});
  for (int i = 0; i < 20; ++i) load_and_ack(partition, "user" + std::to_string(i), 1);
  Fault fault = Fault::fail;
  SUBCASE("it fails") { fault = Fault::fail; }
  SUBCASE("it lies") { fault = Fault::lie; }
  SUBCASE("it does half") { fault = Fault::half; }
  partition.store.set_commit_fault(fault);
  for (int i = 0; i < 600; ++i) {
    partition.pass_ms(100);
    partition.settle();
  }
  // 100, 200 ... 3200 ms and then every 5 s or a quarter less, in 60 s.
  CHECK(partition.store.commits() >= 10);
  CHECK(partition.store.commits() <= 25);
  CHECK_FALSE(partition.figures().up);
  CHECK(partition.figures().dirty_users == 20);
  CHECK(partition.figures().last_error == fault::FaultStore::kReason);
  CHECK(partition.load("reads still work") == "");

  partition.store.set_commit_fault(Fault::none);
  partition.pass_ms(5000);
  partition.settle();
  CHECK(partition.figures().up);
  CHECK(partition.figures().dirty_users == 0);
  for (int i = 0; i < 20; ++i) CHECK(partition.stored_mark("user" + std::to_string(i), 1) == 1);
}

TEST_CASE("counters of users who are not in memory count once though the store lies") {
  for (const Fault fault : {Fault::fail, Fault::lie, Fault::half}) {
    Partition partition({.commit_delay_ms = 10});
    for (const std::string user : {"ann", "bob", "cid"}) {
      partition.incr(user, 1, 5, 2);
      partition.incr(user, 1, 6, 1);
    }
    partition.store.set_commit_fault(fault);
    partition.pass_ms(10);
    partition.settle();
    CHECK(partition.load("ann") == "");  // between the failure and the next attempt
    CHECK(partition.get("ann", 1)->mentions == 3);
    partition.store.set_commit_fault(Fault::none);
    partition.pass_ms(1000);
    partition.settle();
    for (const std::string user : {"ann", "bob", "cid"}) {
      CHECK(partition.stored_mentions(user, 1) == 3);
    }
  }
}

TEST_CASE("a store that is back is found to be so though nothing is left to commit") {
  Partition partition({.commit_delay_ms = 10});
  partition.incr("ann", 1, 5, 2);
  partition.store.set_commit_fault(Fault::lie);
  partition.store.set_sync_fault(Fault::fail);
  partition.pass_ms(10);
  partition.settle();
  REQUIRE(partition.load("ann") == "");  // finds that the commit took effect
  CHECK(partition.figures().dirty_users == 0);
  CHECK_FALSE(partition.figures().up);
  partition.pass_ms(10'000);
  partition.settle();
  CHECK_FALSE(partition.figures().up);
  partition.store.set_sync_fault(Fault::none);
  partition.pass_ms(10'000);
  partition.settle();
  CHECK(partition.figures().up);
  CHECK(partition.get("ann", 1)->mentions == 2);
}

TEST_CASE("a user whom the store refuses is found, and holds nobody else up") {
  Partition partition({.commit_delay_ms = 10, .refused_retry_ms = 60'000});
  for (int i = 0; i < 30; ++i) load_and_ack(partition, "user" + std::to_string(i), 1);
  partition.store.refuse("user13");
  partition.pass_ms(10);
  partition.settle();
  CHECK(partition.figures().up);
  CHECK(partition.figures().users_refused == 1);
  CHECK(partition.figures().users_committed == 29);
  CHECK(partition.figures().dirty_users == 1);
  CHECK(partition.figures().last_error == "user user13 is refused");

  partition.ack("user13", 1, 2);
  partition.ack("user14", 1, 2);
  const size_t commits = partition.store.commits();
  for (int i = 0; i < 30; ++i) {
    partition.pass_ms(1000);
    partition.settle();
  }
  CHECK(partition.store.commits() == commits + 1);
  CHECK(partition.stored_mark("user14", 1) == 2);

  Outcome outcome;
  partition.write_behind.commit_now(std::vector<std::string>{"user13"}, partition.now_us,
                                    outcome.waiter());
  CHECK(outcome.reason == "user user13 is refused");

  partition.store.accept("user13");
  partition.pass_ms(60'000);
  partition.settle();
  CHECK(partition.figures().users_refused == 0);
  CHECK(partition.stored_mark("user13", 1) == 2);
}

TEST_CASE("what the executor does not take stays dirty and is tried at the next tick") {
  Partition partition({.commit_delay_ms = 10});
  load_and_ack(partition, "ann", 1);
  partition.executor.capacity = 0;
  partition.pass_ms(10);
  CHECK(partition.figures().dirty_users == 1);
  CHECK(partition.figures().commits_in_flight == 0);
  CHECK(partition.figures().up);
  partition.executor.capacity = 1;
  partition.pass_ms(1);
  partition.settle();
  CHECK(partition.stored_mark("ann", 1) == 1);
}

TEST_CASE("asking for a commit does not wait for the delay, and counts users who had changes") {
  Partition partition({.commit_delay_ms = 60'000});
  load_and_ack(partition, "ann", 1);
  load_and_ack(partition, "bob", 1);
  REQUIRE(partition.load("clean") == "");
  Outcome outcome;
  partition.write_behind.commit_now(std::vector<std::string>{"ann", "clean", "absent", "ann"},
                                    partition.now_us, outcome.waiter());
  CHECK_FALSE(outcome.users);
  partition.settle();
  CHECK(outcome.users == 1);
  CHECK(outcome.reason == "");
  CHECK(partition.stored_mark("ann", 1) == 1);
  CHECK(partition.stored_mark("bob", 1) == 0);
}

TEST_CASE("asking for a commit of users without changes answers at once") {
  Partition partition;
  Outcome outcome;
  partition.write_behind.commit_now(std::vector<std::string>{"ann"}, partition.now_us,
                                    outcome.waiter());
  CHECK(outcome.users == 0);
  Outcome all;
  partition.write_behind.commit_all_now(partition.now_us, all.waiter());
  CHECK(all.users == 0);
}

TEST_CASE("a commit that was asked for while an older one was under way waits for its own") {
  Partition partition({.commit_delay_ms = 10});
  load_and_ack(partition, "ann", 1);
  partition.pass_ms(10);
  REQUIRE(partition.executor.held() == 1);
  partition.ack("ann", 1, 2);
  Outcome outcome;
  partition.write_behind.commit_now(std::vector<std::string>{"ann"}, partition.now_us,
                                    outcome.waiter());
  REQUIRE(partition.step());
  CHECK_FALSE(outcome.users);
  CHECK(partition.stored_mark("ann", 1) == 1);
  REQUIRE(partition.step());
  CHECK(outcome.users == 1);
  CHECK(partition.stored_mark("ann", 1) == 2);
}

TEST_CASE("committing everybody takes all changes made before the question, and not those after") {
  Partition partition({.commit_delay_ms = 60'000, .commit_users_max = 4});
  for (int i = 0; i < 30; ++i) {
    load_and_ack(partition, "user" + std::to_string(i), 1);
    partition.now_us += 1000;
  }
  partition.incr("absent", 1, 5, 1);
  Outcome outcome;
  partition.write_behind.commit_all_now(partition.now_us, outcome.waiter());
  partition.now_us += 5000;
  partition.settle();
  CHECK(outcome.users == 31);
  CHECK(outcome.reason == "");
  for (int i = 0; i < 30; ++i) CHECK(partition.stored_mark("user" + std::to_string(i), 1) == 1);
  CHECK(partition.stored_mentions("absent", 1) == 1);
  CHECK(partition.figures().dirty_users == 0);
}

TEST_CASE("committing everybody reports a user who is refused, after the others are safe") {
  Partition partition({.commit_delay_ms = 60'000});
  for (int i = 0; i < 8; ++i) load_and_ack(partition, "user" + std::to_string(i), 1);
  partition.store.refuse("user3");
  Outcome outcome;
  partition.write_behind.commit_all_now(partition.now_us, outcome.waiter());
  while (!outcome.users && partition.step()) {
  }
  CHECK(outcome.users == 7);
  CHECK(outcome.reason == "user user3 is refused");
}

TEST_CASE("asking for a commit while the store is down tries at once, and tells why it failed") {
  Partition partition({.commit_delay_ms = 10, .retry_min_ms = 60'000, .retry_max_ms = 60'000});
  load_and_ack(partition, "ann", 1);
  partition.store.set_commit_fault(Fault::fail);
  partition.pass_ms(10);
  partition.settle();
  REQUIRE(partition.store.commits() == 1);
  Outcome one;
  Outcome all;
  partition.write_behind.commit_now(std::vector<std::string>{"ann"}, partition.now_us,
                                    one.waiter());
  partition.write_behind.commit_all_now(partition.now_us, all.waiter());
  partition.settle();
  CHECK(partition.store.commits() == 2);
  CHECK(one.reason == fault::FaultStore::kReason);
  CHECK(all.reason == fault::FaultStore::kReason);

  partition.store.set_commit_fault(Fault::none);
  Outcome later;
  partition.write_behind.commit_all_now(partition.now_us, later.waiter());
  partition.settle();
  CHECK(later.users == 1);
  CHECK(later.reason == "");
}

TEST_CASE("a hurried user is clean after the next flush") {
  Partition partition({.commit_delay_ms = 60'000});
  load_and_ack(partition, "ann", 1);
  CHECK_FALSE(partition.states.evict("ann"));
  partition.write_behind.hurry("ann");
  partition.write_behind.hurry("nobody");
  partition.settle();
  CHECK(partition.states.evict("ann"));
  CHECK(partition.load("ann") == "");
  CHECK(partition.get("ann", 1)->mark == 1);
}

TEST_CASE("writes are refused while their buffer is full, and the reason says what is wrong") {
  Partition partition({.commit_delay_ms = 10, .dirty_bytes_max = 1});
  CHECK(partition.write_behind.may_write());
  load_and_ack(partition, "ann", 1);
  StoreStatus status = partition.write_behind.may_write();
  CHECK_FALSE(status);
  CHECK(status.reason.find("dirty-limit") != std::string::npos);
  partition.store.set_commit_fault(Fault::fail);
  partition.pass_ms(10);
  partition.settle();
  CHECK(partition.write_behind.may_write().reason.find(fault::FaultStore::kReason) !=
        std::string::npos);
  partition.store.set_commit_fault(Fault::none);
  partition.pass_ms(10'000);
  partition.settle();
  CHECK(partition.write_behind.may_write());
}

TEST_CASE("durability always syncs with every batch, and refuses writes while the store is down") {
  Partition partition({.durability = Durability::always, .commit_delay_ms = 10});
  load_and_ack(partition, "ann", 1);
  partition.store.set_sync_fault(Fault::fail);
  Outcome outcome;
  partition.write_behind.commit_now(std::vector<std::string>{"ann"}, partition.now_us,
                                    outcome.waiter());
  partition.settle();
  CHECK(partition.store.syncs() == 1);
  CHECK(outcome.reason == fault::FaultStore::kReason);
  CHECK(partition.figures().dirty_users == 1);
  CHECK(partition.write_behind.may_write().reason == fault::FaultStore::kReason);
  partition.store.set_sync_fault(Fault::none);
  partition.pass_ms(10'000);
  partition.settle();
  CHECK(partition.figures().dirty_users == 0);
  CHECK(partition.write_behind.may_write());
}

TEST_CASE("durability everysec syncs once a second while there is something to sync") {
  Partition partition({.durability = Durability::everysec, .commit_delay_ms = 10});
  REQUIRE(partition.load("ann") == "");
  for (int64_t id = 1; id <= 30; ++id) {
    partition.ack("ann", 1, id);
    partition.pass_ms(100);
    partition.settle();
  }
  CHECK(partition.store.commits() >= 29);
  CHECK(partition.store.syncs() >= 3);
  CHECK(partition.store.syncs() <= 4);
  partition.pass_ms(1000);
  partition.settle();
  const size_t syncs = partition.store.syncs();
  for (int i = 0; i < 5; ++i) {
    partition.pass_ms(1000);
    partition.settle();
  }
  CHECK(partition.store.syncs() == syncs);
}

TEST_CASE("whoever waits for a commit is told when a load finds that a failed one took effect") {
  Partition partition({.commit_delay_ms = 0});
  partition.incr("ann", 1, 5, 2);
  partition.store.set_commit_fault(Fault::lie);
  partition.pass_ms(1);
  partition.settle();
  REQUIRE_FALSE(partition.figures().up);
  partition.store.set_commit_fault(Fault::none);

  // Two ways to ask, while nothing can be sent.
  partition.executor.capacity = 0;
  int told = 0;
  partition.write_behind.commit_now(std::vector<std::string>{"ann"}, partition.now_us,
                                    [&told](size_t, const StoreStatus& status) {
                                      CHECK(status);
                                      ++told;
                                    });
  partition.write_behind.commit_all_now(partition.now_us,
                                        [&told](size_t, const StoreStatus& status) {
                                          CHECK(status);
                                          ++told;
                                        });
  CHECK(told == 0);
  partition.executor.capacity = 1000;
  CHECK(partition.load("ann") == "");
  for (int i = 0; i < 3; ++i) {
    partition.pass_ms(60'000);
    partition.settle();
  }
  CHECK(told == 2);
  CHECK(partition.stored_mentions("ann", 1) == 2);
}

TEST_CASE("a clock that jumps back does not hold up the next attempt for longer than the limit") {
  Partition partition({.commit_delay_ms = 0, .retry_max_ms = 1000});
  load_and_ack(partition, "ann", 1);
  partition.store.set_commit_fault(Fault::fail);
  partition.pass_ms(10);
  partition.settle();
  CHECK_FALSE(partition.figures().up);
  partition.store.set_commit_fault(Fault::none);
  partition.now_us -= int64_t{3600} * 1'000'000;
  partition.pass_ms(1);
  partition.settle();
  CHECK(partition.figures().up);
  CHECK(partition.stored_mark("ann", 1) == 1);
}

}  // namespace tidemark::storage
