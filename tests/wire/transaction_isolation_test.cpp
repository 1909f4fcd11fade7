// Transactions over several cores, by looking: money is moved between accounts that lie on all of
// them, and whoever looks at all accounts at once must find all of the money. The checker is also
// run on transfers that are none, and has to notice.

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

namespace {

constexpr int kAccounts = 8;
constexpr int64_t kEach = 1000;
constexpr int kRounds = 1500;
constexpr int kRoundsToFind = 300000;

std::string account(uint64_t i) { return "account:" + std::to_string(i % kAccounts); }

// The sum of the numbers in a reply such as ["1", "-2"].
int64_t sum_of(const std::string& reply) {
  int64_t sum = 0;
  for (size_t at = reply.find('"'); at != std::string::npos;) {
    const size_t end = reply.find('"', at + 1);
    sum += std::stoll(reply.substr(at + 1, end - at - 1));
    at = reply.find('"', end + 1);
  }
  return sum;
}

// All accounts in one transaction, or in one command.
int64_t look(Connection& connection, bool in_transaction) {
  std::vector<std::string> all{"MGET"};
  for (int i = 0; i < kAccounts; ++i) all.push_back(account(static_cast<uint64_t>(i)));
  if (!in_transaction) return sum_of(connection.run(all));
  connection.send({"MULTI"});
  for (size_t i = 1; i < all.size(); ++i) connection.send({"GET", all[i]});
  connection.send({"EXEC"});
  for (size_t i = 0; i < all.size(); ++i) connection.receive();
  return sum_of(connection.receive());
}

using Random = std::mt19937_64;

void transfer(Connection& connection, Random& random) {
  const uint64_t from = random() % kAccounts;
  const uint64_t to = random() % kAccounts;
  const std::string amount = std::to_string(random() % 100);
  connection.send({"MULTI"});
  connection.send({"DECRBY", account(from), amount});
  connection.send({"INCRBY", account(to), amount});
  connection.send({"EXEC"});
  for (int i = 0; i < 4; ++i) connection.receive();
}

// Only what is there, and by what was read before: nobody else may come between.
void transfer_watched(Connection& connection, Random& random) {
  const std::string from = account(random());
  const std::string to = account(random());
  if (from == to) return;
  connection.run({"WATCH", from, to});
  const int64_t has = sum_of(connection.run({"MGET", from}));
  const int64_t gets = sum_of(connection.run({"MGET", to}));
  const auto amount = static_cast<int64_t>(random() % 100);
  connection.run({"MULTI"});
  connection.run({"SET", from, std::to_string(has - amount)});
  connection.run({"SET", to, std::to_string(gets + amount)});
  connection.run({"EXEC"});
}

// The keys are not declared.
void transfer_in_script(Connection& connection, Random& random) {
  connection.run({"EVAL",
                  "redis.call('DECRBY', ARGV[1], ARGV[3]) redis.call('INCRBY', ARGV[2], ARGV[3])",
                  "0", account(random()), account(random()), std::to_string(random() % 100)});
}

// What a transfer is not.
void move_in_two_steps(Connection& connection, Random& random) {
  const std::string amount = std::to_string(random() % 100);
  connection.run({"DECRBY", account(random()), amount});
  connection.run({"INCRBY", account(random()), amount});
}

using Transfer = void (*)(Connection&, Random&);

// Returns how often the money was not all there.
int count_violations(int rounds, bool stop_at_first, const std::vector<Transfer>& transfers) {
  TestServer server({.cores = 4});
  Connection boss(server.port());
  for (uint64_t i = 0; i < kAccounts; ++i) boss.run({"SET", account(i), std::to_string(kEach)});
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < transfers.size(); ++i) {
    threads.emplace_back([&, i] {
      Connection connection(server.port());
      Random random(i);
      while (!stop) transfers[i](connection, random);
    });
  }
  int violations = 0;
  for (int i = 0; i < rounds && !(stop_at_first && violations > 0); ++i) {
    violations += look(boss, i % 2 == 0) == kAccounts * kEach ? 0 : 1;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  if (!stop_at_first) CHECK(look(boss, true) == kAccounts * kEach);
  return violations;
}

}  // namespace

TEST_CASE("whoever looks at all accounts finds all of the money") {
  CHECK(count_violations(kRounds, false,
                         {transfer, transfer_watched, transfer_in_script, transfer_in_script}) ==
        0);
}

TEST_CASE("the checker notices transfers that are none") {
  CHECK(count_violations(kRoundsToFind, true, {move_in_two_steps, move_in_two_steps}) > 0);
}

TEST_CASE("what is counted in loops of WATCH is counted once") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    constexpr int kWriters = 4;
    constexpr int kTimes = 150;
    std::vector<std::thread> threads;
    for (int i = 0; i < kWriters; ++i) {
      threads.emplace_back([&server] {
        Connection connection(server.port());
        for (int done = 0; done < kTimes;) {
          connection.run({"WATCH", "a", "b", "c"});
          const std::string text = connection.run({"GET", "a"});
          const int64_t a = text == "(nil)" ? 0 : sum_of(text);
          connection.run({"MULTI"});
          for (const char* const key : {"a", "b", "c"}) {
            connection.run({"SET", key, std::to_string(a + 1)});
          }
          if (connection.run({"EXEC"}) != "(nil)") ++done;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    Connection boss(server.port());
    const std::string all = '"' + std::to_string(kWriters * kTimes) + '"';
    CHECK(boss.run({"MGET", "a", "b", "c"}) == "[" + all + ", " + all + ", " + all + "]");
  }
}
