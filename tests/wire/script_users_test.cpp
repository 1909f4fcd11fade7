// Read states within scripts: users who are not in memory are there when they are needed.

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/fault/fault_store.hpp"
#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

namespace tidemark::test {
namespace {

using fault::FaultStore;

std::string user(int i) { return "user:" + std::to_string(i); }

// Marks channel 1 of so many users and drops them from memory.
void fill(Connection& client, int users) {
  for (int i = 0; i < users; ++i) {
    client.run({"READSTATE.ACK", user(i), "1", std::to_string(10 + i)});
  }
  for (int i = 0; i < users; ++i) REQUIRE(client.run({"READSTATE.EVICT", user(i)}) == "1");
}

template <typename Check>
void on_every_number_of_cores(const Check& check) {
  for (const int cores : {1, 4}) {
    for (const char* const undeclared : {"yes", "no"}) {
      CAPTURE(cores);
      CAPTURE(undeclared);
      TestServer server({.cores = cores,
                         .config = "lua-undeclared-keys " + std::string(undeclared) + "\n",
                         .store = std::make_unique<FaultStore>()});
      Connection client(server.port());
      check(client, cores == 1 || std::string(undeclared) == "yes");
    }
  }
}

constexpr const char* kReadAll =
    "local all = {} redis.call('set', KEYS[1], '1') "
    "for i = 2, #KEYS do all[#all + 1] = redis.call('readstate.get', KEYS[i], '1')[1] ~= nil end "
    "return #all";

}  // namespace

TEST_CASE("users among the keys of a script are in memory when it begins") {
  on_every_number_of_cores([](Connection& client, bool) {
    constexpr int kUsers = 12;
    fill(client, kUsers);
    std::vector<std::string> command{"EVAL", kReadAll, std::to_string(kUsers + 1), "written"};
    for (int i = 0; i < kUsers; ++i) command.push_back(user(i));
    CHECK(client.run(command) == std::to_string(kUsers));
    CHECK(client.run({"GET", "written"}) == "\"1\"");
  });
}

TEST_CASE("a script that comes upon a user begins again, unless it has written") {
  on_every_number_of_cores([](Connection& client, bool any_key) {
    if (!any_key) return;
    fill(client, 3);
    const std::string ack = "redis.call('readstate.ack', ARGV[1], '1', '99') ";
    CHECK(client.run({"EVAL", ack + "return redis.call('incr', 'times')", "0", user(0)}) == "1");
    CHECK(client.run({"EVAL", "redis.call('incr', 'times') " + ack, "0", user(1)})
              .find("!NOTLOADED The user is not in memory") == 0);
    CHECK(client.run({"GET", "times"}) == "\"2\"");
    // Within a transaction nothing waits.
    client.run({"MULTI"});
    client.run({"EVAL", ack, "0", user(2)});
    CHECK(client.run({"EXEC"}).find("!NOTLOADED") != std::string::npos);
  });
}

TEST_CASE("a script that comes upon very many users ends some time") {
  on_every_number_of_cores([](Connection& client, bool any_key) {
    if (!any_key) return;
    constexpr int kUsers = 40;
    fill(client, kUsers);
    CHECK(client
              .run({"EVAL",
                    "for i = 0, tonumber(ARGV[1]) - 1 do "
                    "redis.call('readstate.get', 'user:' .. i, '1') end",
                    "0", std::to_string(kUsers)})
              .find("!NOTLOADED") == 0);
  });
}

TEST_CASE("a client that goes while its script waits for a user is forgotten") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    auto owned = std::make_unique<FaultStore>();
    FaultStore& store = *owned;
    TestServer server({.cores = cores, .config = "", .store = std::move(owned)});
    Connection client(server.port());
    fill(client, 2);
    store.stall();
    for (const int i : {0, 1}) {
      Connection going(server.port());
      going.begin({"EVAL", kReadAll, "2", "written", user(i)});
      while (store.stalled() == 0) std::this_thread::yield();
    }
    store.release();
    while (client.run({"INFO", "clients"}).find("connected_clients:1\r\n") == std::string::npos) {
      std::this_thread::yield();
    }
    CHECK(client.run({"EVAL", kReadAll, "3", "written", user(0), user(1)}) == "2");
  }
}

TEST_CASE("a store that fails fails the script that needs it") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    auto owned = std::make_unique<FaultStore>();
    FaultStore& store = *owned;
    TestServer server({.cores = cores, .config = "", .store = std::move(owned)});
    Connection client(server.port());
    fill(client, 2);
    store.set_load_fault(fault::Fault::fail);
    const std::vector<std::string> read{"EVAL", kReadAll, "2", "written", user(0)};
    std::string reply = client.run(read);
    CHECK(reply.starts_with("!STOREDOWN"));
    store.set_load_fault(fault::Fault::none);
    // It is asked again after a while.
    while (reply.starts_with("!STOREDOWN")) reply = client.run(read);
    CHECK(reply == "1");
  }
}

}  // namespace tidemark::test
