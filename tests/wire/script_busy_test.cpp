// A script that takes long: everybody is told, and may end it.

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"
#include "tests/wire/waiting.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;
using tidemark::test::wait_for_blocked;

namespace {

const std::string kBusyScript =
    "!BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
const std::string kBusyFunction =
    "!BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.";

// Ask each client until it hears that the server is busy.
void wait_until_busy(Connection& client, const std::string& busy = kBusyScript) {
  while (client.run({"PING"}) != busy) std::this_thread::yield();
}

// Lua that goes on until somebody was told such an error, which is all that a script can see of
// others while it runs.
std::string until_error(const std::string& code) {
  return "repeat local told = redis.call('info', 'errorstats'):find('errorstat_" + code +
         "') until told ";
}

// Connections to every core, made before and while a script runs.
std::vector<std::unique_ptr<Connection>> connect(const TestServer& server) {
  std::vector<std::unique_ptr<Connection>> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(std::make_unique<Connection>(server.port()));
  return clients;
}

template <typename Check>
void on_every_number_of_cores(const Check& check) {
  for (const int cores : {1, 4}) {
    for (const char* const undeclared : {"yes", "no"}) {
      CAPTURE(cores);
      CAPTURE(undeclared);
      TestServer server({.cores = cores,
                         .config = "store none\nlua-time-limit 20\nlua-undeclared-keys " +
                                   std::string(undeclared) + "\n"});
      check(server);
    }
  }
}

}  // namespace

TEST_CASE("every core answers BUSY while a script takes long, and takes SCRIPT KILL") {
  on_every_number_of_cores([](TestServer& server) {
    Connection runner(server.port());
    const auto before = connect(server);
    runner.begin({"EVAL", "while true do end", "1", "key"});
    wait_until_busy(*before.front());
    for (const auto& client : before) {
      CHECK(client->run({"GET", "k"}) == kBusyScript);
      CHECK(client->run({"EVAL", "return 1", "0"}) == kBusyScript);
      CHECK(client->run({"FUNCTION", "KILL"}) == kBusyScript);
      CHECK(client->run({"SHUTDOWN"}) == kBusyScript);
      CHECK(client->run({"nosuch"}).find("!ERR unknown command") == 0);
      CHECK(client->run({"GET"}) == "!ERR wrong number of arguments for 'get' command");
    }
    // Who connects now is let in.
    const auto after = connect(server);
    for (const auto& client : after) CHECK(client->run({"PING"}) == kBusyScript);
    CHECK(after.back()->run({"SCRIPT", "KILL"}) == "OK");
    CHECK(runner.receive().find("!ERR Script killed by user with SCRIPT KILL...") == 0);
    for (const auto& client : before) CHECK(client->run({"PING"}) == "PONG");
    for (const auto& client : after) CHECK(client->run({"PING"}) == "PONG");
    CHECK(runner.run({"SCRIPT", "KILL"}) == "!NOTBUSY No scripts in execution right now.");
  });
}

TEST_CASE("what a client sends behind its script is answered behind it") {
  on_every_number_of_cores([](TestServer& server) {
    Connection runner(server.port());
    Connection other(server.port());
    runner.send({"EVAL", "while true do end", "1", "key"});
    runner.begin({"ECHO", "behind"});
    wait_until_busy(other);
    CHECK(other.run({"SCRIPT", "KILL"}) == "OK");
    CHECK(runner.receive().find("!ERR Script killed by user") == 0);
    CHECK(runner.receive() == "\"behind\"");
  });
}

TEST_CASE("a script that has written is not stopped halfway") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = "store none\nlua-time-limit 20\n"});
    Connection runner(server.port());
    Connection other(server.port());
    runner.begin({"EVAL",
                  "redis.call('set', KEYS[1], '1') " + until_error("UNKILLABLE") +
                      "redis.call('incr', KEYS[1]) return 'done'",
                  "1", "key"});
    wait_until_busy(other);
    CHECK(other.run({"SCRIPT", "KILL"}).find("!UNKILLABLE Sorry the script already executed") == 0);
    CHECK(runner.receive() == "\"done\"");
    CHECK(other.run({"GET", "key"}) == "\"2\"");
  }
}

TEST_CASE("a function is ended by FUNCTION KILL, and by nothing else") {
  on_every_number_of_cores([](TestServer& server) {
    Connection runner(server.port());
    Connection other(server.port());
    runner.run({"FUNCTION", "LOAD",
                "#!lua name=lib\nredis.register_function('f', function() while true do end end)"});
    runner.begin({"FCALL", "f", "1", "key"});
    wait_until_busy(other, kBusyFunction);
    CHECK(other.run({"SCRIPT", "KILL"}) == kBusyFunction);
    const std::string stats = other.run({"FUNCTION", "STATS"});
    CHECK(stats.find("\"name\", \"f\", \"command\", [\"FCALL\", \"f\", \"1\", \"key\"]") !=
          std::string::npos);
    CHECK(other.run({"FUNCTION", "KILL"}) == "OK");
    CHECK(runner.receive().find("!ERR Script killed by user") == 0);
    CHECK(other.run({"PING"}) == "PONG");
  });
}

TEST_CASE("who waits for keys is not served while a script takes long") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = "store none\nlua-time-limit 20\n"});
    Connection runner(server.port());
    Connection waiter(server.port());
    Connection other(server.port());
    waiter.begin({"BLPOP", "list", "0"});
    wait_for_blocked(other, 1);
    runner.begin({"EVAL",
                  "redis.call('rpush', 'list', 'first') " + until_error("ERR") +
                      "redis.call('lpush', 'list', 'second')",
                  "0"});
    wait_until_busy(other);
    // A command that may run meanwhile serves nobody.
    CHECK(other.run({"AUTH", "x"}).find("!ERR AUTH") == 0);
    CHECK(waiter.receive() == "[\"list\", \"second\"]");
    CHECK(runner.receive() == "(nil)");
  }
}

TEST_CASE("a client that goes while a script takes long is forgotten") {
  on_every_number_of_cores([](TestServer& server) {
    auto runner = std::make_unique<Connection>(server.port());
    Connection other(server.port());
    auto going = connect(server);
    runner->begin({"EVAL", "while true do end", "1", "key"});
    wait_until_busy(other);
    for (const auto& client : going) client->run({"PING"});
    going.clear();
    runner = nullptr;
    CHECK(other.run({"PING"}) == kBusyScript);
    CHECK(other.run({"SCRIPT", "KILL"}) == "OK");
    while (other.run({"INFO", "clients"}).find("connected_clients:1\r\n") == std::string::npos) {
      std::this_thread::yield();
    }
  });
}

TEST_CASE("SHUTDOWN NOSAVE ends a script whatever it has done") {
  on_every_number_of_cores([](TestServer& server) {
    Connection runner(server.port());
    Connection other(server.port());
    runner.begin({"EVAL", "redis.call('set', KEYS[1], '1') while true do end", "1", "key"});
    wait_until_busy(other);
    other.begin({"SHUTDOWN", "NOSAVE"});
    CHECK(other.read_to_end() == "");
    CHECK(server.stop() == 0);
  });
}
