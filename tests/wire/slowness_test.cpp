// SLOWLOG, LATENCY and MEMORY.

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/fault/fault_store.hpp"
#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

namespace {

constexpr const char* kConfig = "store none\nenable-debug-command yes\nslowlog-max-len 4\n";

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("the slow log shows the newest commands of all cores, the last first") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = kConfig});
    Connection client(server.port());
    client.run({"CLIENT", "SETNAME", "somebody"});
    client.run({"CONFIG", "SET", "slowlog-log-slower-than", "0"});
    for (int i = 0; i < 10; ++i) client.run({"SET", "key:" + std::to_string(i), "v"});
    const std::string log = client.run({"SLOWLOG", "GET", "3"});
    CHECK(count(log, "\"somebody\"") == 3);
    const size_t newest = log.find("key:9");
    const size_t older = log.find("key:8");
    CHECK(newest != std::string::npos);
    CHECK(older != std::string::npos);
    CHECK(newest < older);
    CHECK(client.run({"SLOWLOG", "LEN"}) == "4");
    client.run({"CONFIG", "SET", "slowlog-log-slower-than", "-1"});
    CHECK(client.run({"SLOWLOG", "RESET"}) == "OK");
    client.run({"SET", "a", "b"});
    CHECK(client.run({"SLOWLOG", "GET", "-1"}) == "[]");
    CHECK(client.run({"SLOWLOG", "GET", "-2"}) ==
          "!ERR count should be greater than or equal to -1");
  }
}

TEST_CASE("the slow log shortens what is long and hides what is secret") {
  TestServer server({.config = kConfig});
  Connection client(server.port());
  client.run({"CONFIG", "SET", "slowlog-log-slower-than", "0"});
  client.run({"SET", "a", std::string(200, 'x')});
  CHECK(client.run({"SLOWLOG", "GET", "1"}).find(std::string(128, 'x') + "... (72 more bytes)") !=
        std::string::npos);
  std::vector<std::string> keys{"MGET"};
  for (int i = 0; i < 40; ++i) keys.push_back("k" + std::to_string(i));
  client.run(keys);
  CHECK(client.run({"SLOWLOG", "GET", "1"}).find("\"k29\", \"... (10 more arguments)\"") !=
        std::string::npos);
  client.run({"CONFIG", "SET", "requirepass", "opensesame", "maxmemory", "0"});
  const std::string log = client.run({"SLOWLOG", "GET", "1"});
  CHECK(log.find("(redacted)") != std::string::npos);
  CHECK(log.find("opensesame") == std::string::npos);
}

TEST_CASE("events as long as the threshold are kept for LATENCY") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = kConfig});
    Connection client(server.port());
    CHECK(client.run({"LATENCY", "DOCTOR"}).find("Latency monitoring is disabled") == 1);
    client.run({"CONFIG", "SET", "latency-monitor-threshold", "20"});
    client.run({"DEBUG", "SLEEP", "0.03"});
    CHECK(client.run({"LATENCY", "LATEST"}).find("[[\"command\", ") == 0);
    CHECK(count(client.run({"LATENCY", "HISTORY", "command"}), "[") == 2);
    CHECK(client.run({"LATENCY", "HISTORY", "nothing"}) == "[]");
    CHECK(client.run({"LATENCY", "GRAPH", "command"}).find("command - high ") == 1);
    CHECK(client.run({"LATENCY", "GRAPH", "no"}) == "!ERR No samples available for event 'no'");
    CHECK(client.run({"LATENCY", "RESET", "no", "command"}) == "1");
    CHECK(client.run({"LATENCY", "LATEST"}) == "[]");
    client.run({"SET", "a", "b"});
    CHECK(client.run({"LATENCY", "HISTOGRAM", "nosuch", "set"}).find("[\"set\", [\"calls\", 1, ") ==
          0);
  }
}

TEST_CASE("MEMORY tells what a key takes up, and what the server does") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = kConfig});
    Connection client(server.port());
    CHECK(client.run({"MEMORY", "USAGE", "a"}) == "(nil)");
    client.run({"SET", "a", std::string(100000, 'x')});
    CHECK(std::stoi(client.run({"MEMORY", "USAGE", "a", "SAMPLES", "5"})) >= 100000);
    CHECK(client.run({"MEMORY", "USAGE", "a", "SAMPLES"}) == "!ERR syntax error");
    CHECK(client.run({"MEMORY", "USAGE", "a", "SAMPLES", "-1"}) == "!ERR syntax error");
    CHECK(client.run({"MEMORY", "USAGE", "a", "SAMPLES", "x"}) ==
          "!ERR value is not an integer or out of range");
    CHECK(client.run({"MEMORY", "STATS"}).find("\"keys.count\", 1") != std::string::npos);
    CHECK(client.run({"MEMORY", "PURGE"}) == "OK");
    CHECK(client.run({"MEMORY", "DOCTOR"}).size() > 2);
  }
}

TEST_CASE("a server on its own says so where clusters and replicas are asked for") {
  TestServer server({.cores = 2, .config = kConfig});
  Connection client(server.port());
  CHECK(client.run({"CLUSTER", "INFO"}) == "!ERR This instance has cluster support disabled");
  CHECK(client.run({"READONLY"}) == "!ERR This instance has cluster support disabled");
  CHECK(client.run({"CLUSTER", "FOO"}) == "!ERR unknown subcommand 'FOO'. Try CLUSTER HELP.");
  CHECK(client.run({"ROLE"}) == "[\"master\", 0, []]");
  CHECK(client.run({"REPLICAOF", "NO", "ONE"}) == "OK");
  CHECK(client.run({"REPLICAOF", "host", "port"}) == "!ERR Invalid master port");
  CHECK(client.run({"FAILOVER"}) == "!ERR FAILOVER requires connected replicas.");
  CHECK(client.run({"SHUTDOWN", "ABORT"}) == "!ERR No shutdown in progress.");
  CHECK(client.run({"SHUTDOWN", "SAVE", "NOSAVE"}) == "!ERR syntax error");
  CHECK(client.run({"SHUTDOWN", "NOW", "ABORT"}) == "!ERR syntax error");
  CHECK(client.run({"PING"}) == "PONG");
}

TEST_CASE("SHUTDOWN ends the server without an answer") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = kConfig});
    Connection client(server.port());
    client.send({"SHUTDOWN", "NOSAVE"});
    CHECK_THROWS(client.receive());
    CHECK(server.stop() == 0);
  }
}

TEST_CASE("SHUTDOWN is refused where read states cannot be committed, unless it is forced") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    auto store = std::make_unique<tidemark::fault::FaultStore>();
    store->set_commit_fault(tidemark::fault::Fault::fail);
    TestServer server({.cores = cores, .config = kConfig, .store = std::move(store)});
    Connection client(server.port());
    CHECK(client.run({"READSTATE.INCR", "user", "MENTIONS", "1", "1", "1"}) == "1");
    CHECK(client.run({"SHUTDOWN"}) == "!ERR Errors trying to SHUTDOWN. Check logs.");
    CHECK(client.run({"PING"}) == "PONG");
    client.send({"SHUTDOWN", "FORCE"});
    CHECK_THROWS(client.receive());
    CHECK(server.stop() == 1);
  }
}
