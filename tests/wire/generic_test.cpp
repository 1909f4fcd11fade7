#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/everywhere.hpp"
#include "tests/wire/test_server.hpp"
#include "tests/wire/waiting.hpp"

using tidemark::test::Connection;
using tidemark::test::on_one_core_and_four;
using tidemark::test::TestServer;
using tidemark::test::within_a_second;

namespace {

// All that SCAN returns from its start to its end, once each.
std::vector<std::string> scan_all(Connection& client, std::vector<std::string> options) {
  std::vector<std::string> found;
  std::string cursor = "0";
  do {
    std::vector<std::string> command{"SCAN", cursor};
    command.insert(command.end(), options.begin(), options.end());
    const std::string reply = client.run(command);  // ["cursor", ["key", ...]]
    const size_t end = reply.find('"', 2);
    cursor = reply.substr(2, end - 2);
    size_t at = reply.find('[', end);
    while ((at = reply.find('"', at + 1)) != std::string::npos) {
      const size_t close = reply.find('"', at + 1);
      found.push_back(reply.substr(at + 1, close - at - 1));
      at = close;
    }
  } while (cursor != "0");
  return found;
}

}  // namespace

TEST_CASE("keys on several cores are removed, counted and touched together") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    for (const char* key : {"a", "b", "c", "d"}) client.run({"SET", key, "v"});
    CHECK(client.run({"EXISTS", "a", "b", "c", "d", "e", "a"}) == "5");
    CHECK(client.run({"TOUCH", "a", "b", "e"}) == "2");
    CHECK(client.run({"DEL", "a", "b", "a", "e"}) == "2");
    CHECK(client.run({"UNLINK", "a", "c", "d", "d"}) == "2");
    CHECK(client.run({"EXISTS", "a", "b", "c", "d"}) == "0");
    CHECK(client.run({"TYPE", "a"}) == "none");
    client.run({"SET", "a", "v"});
    CHECK(client.run({"TYPE", "a"}) == "string");
  });
}

TEST_CASE("no client ever sees half of a DEL or of an MSET on several cores") {
  TestServer server({.cores = 4});
  Connection watcher(server.port());
  std::thread writer([port = server.port()] {
    Connection client(port);
    for (int i = 0; i < 300; ++i) {
      client.run({"MSET", "a", "1", "b", "1", "c", "1", "d", "1"});
      client.run({"DEL", "a", "b", "c", "d"});
    }
  });
  int halves = 0;
  for (int i = 0; i < 600; ++i) {
    const std::string there = watcher.run({"EXISTS", "a", "b", "c", "d"});
    if (there != "0" && there != "4") ++halves;
  }
  writer.join();
  CHECK(halves == 0);
}

TEST_CASE("a key gets a time to live under the conditions asked for") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"SET", "k", "v"});
    CHECK(client.run({"TTL", "k"}) == "-1");
    CHECK(client.run({"TTL", "none"}) == "-2");
    CHECK(client.run({"EXPIRE", "none", "100"}) == "0");
    CHECK(client.run({"EXPIRE", "k", "100", "XX"}) == "0");
    CHECK(client.run({"EXPIRE", "k", "100", "GT"}) == "0");
    CHECK(client.run({"EXPIRE", "k", "100", "NX"}) == "1");
    CHECK(client.run({"EXPIRE", "k", "200", "NX"}) == "0");
    CHECK(client.run({"TTL", "k"}) == "100");
    CHECK(client.run({"EXPIRE", "k", "200", "LT"}) == "0");
    CHECK(client.run({"EXPIRE", "k", "200", "GT", "XX"}) == "1");
    CHECK(client.run({"TTL", "k"}) == "200");
    CHECK(client.run({"PERSIST", "k"}) == "1");
    CHECK(client.run({"PERSIST", "k"}) == "0");
    CHECK(client.run({"EXPIRE", "k", "50", "LT"}) == "1");
    CHECK(client.run({"PEXPIREAT", "k", "33177117420000"}) == "1");
    CHECK(client.run({"PEXPIRETIME", "k"}) == "33177117420000");
    CHECK(client.run({"EXPIREAT", "k", "33177117420"}) == "1");
    CHECK(client.run({"EXPIRETIME", "k"}) == "33177117420");
  });
}

TEST_CASE("a time to live that has passed removes the key at once") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    for (const std::vector<std::string>& command : {std::vector<std::string>{"EXPIRE", "k", "-1"},
                                                    {"PEXPIRE", "k", "0"},
                                                    {"EXPIREAT", "k", "1"},
                                                    {"PEXPIREAT", "k", "-9223372036854775808"}}) {
      client.run({"SET", "k", "v"});
      CHECK(client.run(command) == "1");
      CHECK(client.run({"EXISTS", "k"}) == "0");
    }
  });
}

TEST_CASE("times that cannot be are refused with the command's name") {
  TestServer server;
  Connection client(server.port());
  client.run({"SET", "k", "v"});
  CHECK(client.run({"EXPIRE", "k", "9223372036854775807"}) ==
        "!ERR invalid expire time in 'expire' command");
  CHECK(client.run({"PEXPIRE", "k", "9223372036854775807"}) ==
        "!ERR invalid expire time in 'pexpire' command");
  CHECK(client.run({"EXPIREAT", "k", "-9223372036854775808"}) ==
        "!ERR invalid expire time in 'expireat' command");
  CHECK(client.run({"EXPIRE", "k", "1.5"}) == "!ERR value is not an integer or out of range");
  CHECK(client.run({"EXPIRE", "k", "1", "YY"}) == "!ERR Unsupported option YY");
  CHECK(client.run({"EXPIRE", "k", "1", "NX", "LT"}) ==
        "!ERR NX and XX, GT or LT options at the same time are not compatible");
  CHECK(client.run({"EXPIRE", "k", "1", "GT", "LT"}) ==
        "!ERR GT and LT options at the same time are not compatible");
  CHECK(client.run({"TTL", "k"}) == "-1");
}

TEST_CASE("a key keeps its value and its time to live under another name, whoever owns that") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    for (int i = 0; i < 20; ++i) {
      const std::string from = "from" + std::to_string(i);
      const std::string to = "to" + std::to_string(i);
      client.run({"SET", from, "value " + std::to_string(i), "PXAT", "33177117420000"});
      client.run({"SET", to, "older"});
      CHECK(client.run({"RENAMENX", from, to}) == "0");
      CHECK(client.run({"RENAME", from, to}) == "OK");
      CHECK(client.run({"GET", to}) == "\"value " + std::to_string(i) + '"');
      CHECK(client.run({"PEXPIRETIME", to}) == "33177117420000");
      CHECK(client.run({"EXISTS", from}) == "0");
      CHECK(client.run({"RENAMENX", to, from}) == "1");
    }
    CHECK(client.run({"RENAME", "from0", "from0"}) == "OK");
    CHECK(client.run({"RENAMENX", "from0", "from0"}) == "0");
    CHECK(client.run({"RENAME", "none", "none"}) == "!ERR no such key");
    CHECK(client.run({"RENAMENX", "none", "k"}) == "!ERR no such key");
  });
}

TEST_CASE("a key is copied across names, cores and databases, its time to live with it") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"SET", "a", "1", "PXAT", "33177117420000"});
    CHECK(client.run({"COPY", "a", "b"}) == "1");
    CHECK(client.run({"COPY", "a", "c"}) == "1");
    CHECK(client.run({"PEXPIRETIME", "c"}) == "33177117420000");
    client.run({"INCR", "a"});
    CHECK(client.run({"COPY", "a", "b"}) == "0");
    CHECK(client.run({"GET", "b"}) == "\"1\"");
    CHECK(client.run({"COPY", "a", "b", "REPLACE"}) == "1");
    CHECK(client.run({"GET", "b"}) == "\"2\"");
    CHECK(client.run({"COPY", "a", "a", "DB", "3"}) == "1");
    CHECK(client.run({"COPY", "none", "x"}) == "0");
    CHECK(client.run({"COPY", "a", "a"}) == "!ERR source and destination objects are the same");
    CHECK(client.run({"COPY", "a", "b", "DB", "16"}) == "!ERR DB index is out of range");
    CHECK(client.run({"COPY", "a", "b", "DB"}) == "!ERR syntax error");
  });
}

TEST_CASE("a key moves to another database unless it is there already") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"SET", "a", "1", "PXAT", "33177117420000"});
    CHECK(client.run({"MOVE", "a", "5"}) == "1");
    CHECK(client.run({"MOVE", "a", "5"}) == "0");
    client.run({"SET", "a", "2"});
    CHECK(client.run({"MOVE", "a", "5"}) == "0");
    CHECK(client.run({"MOVE", "a", "0"}) == "!ERR source and destination objects are the same");
    CHECK(client.run({"MOVE", "a", "-1"}) == "!ERR DB index is out of range");
    CHECK(client.run({"SWAPDB", "0", "5"}) == "OK");
    CHECK(client.run({"GET", "a"}) == "\"1\"");
    CHECK(client.run({"PEXPIRETIME", "a"}) == "33177117420000");
    CHECK(client.run({"SWAPDB", "0", "16"}) == "!ERR DB index is out of range");
    CHECK(client.run({"SWAPDB", "16", "x"}) == "!ERR invalid second DB index");
  });
}

TEST_CASE("KEYS and SCAN find every key of every core once") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    std::set<std::string> expected;
    for (int i = 0; i < 500; ++i) {
      client.run({"SET", "key:" + std::to_string(i), "v"});
      expected.insert("key:" + std::to_string(i));
    }
    for (const char* count : {"1", "10", "1000"}) {
      const auto found = scan_all(client, {"COUNT", count});
      CHECK(found.size() == expected.size());
      CHECK(std::set<std::string>(found.begin(), found.end()) == expected);
    }
    CHECK(scan_all(client, {"MATCH", "key:1?"}).size() == 10);
    CHECK(scan_all(client, {"TYPE", "STRING"}).size() == 500);
    CHECK(scan_all(client, {"TYPE", "list"}).empty());
    const std::string keys = client.run({"KEYS", "key:4*"});
    CHECK(std::count(keys.begin(), keys.end(), ',') == 110);
    CHECK(client.run({"KEYS", "nothing"}) == "[]");
  });
}

TEST_CASE("a key that is there during a whole SCAN is found, whatever comes and goes meanwhile") {
  on_one_core_and_four([](Connection& client, TestServer& server) {
    std::set<std::string> expected;
    for (int i = 0; i < 2000; ++i) {
      client.run({"SET", "stays:" + std::to_string(i), "v"});
      expected.insert("stays:" + std::to_string(i));
    }
    std::thread churn([port = server.port()] {
      Connection other(port);
      for (int i = 0; i < 3000; ++i) {
        other.run({"SET", "goes:" + std::to_string(i), "v"});
        if (i % 3 == 0) other.run({"DEL", "goes:" + std::to_string(i / 2)});
      }
    });
    const auto found = scan_all(client, {"MATCH", "stays:*"});
    churn.join();
    CHECK(std::set<std::string>(found.begin(), found.end()) == expected);
  });
}

TEST_CASE("RANDOMKEY finds every key, on whichever core, and none where there is none") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    CHECK(client.run({"RANDOMKEY"}) == "(nil)");
    std::set<std::string> expected;
    for (int i = 0; i < 10; ++i) {
      client.run({"SET", "k" + std::to_string(i), "v"});
      expected.insert("\"k" + std::to_string(i) + '"');
    }
    std::set<std::string> found;
    // The chance to miss one of ten in a thousand draws is below 1e-44.
    for (int i = 0; i < 1000; ++i) found.insert(client.run({"RANDOMKEY"}));
    CHECK(found == expected);
  });
}

TEST_CASE("OBJECT tells how a value is kept") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"MSET", "i", "123", "e", "short", "r", std::string(45, 'x')});
    CHECK(client.run({"OBJECT", "ENCODING", "i"}) == "\"int\"");
    CHECK(client.run({"OBJECT", "ENCODING", "e"}) == "\"embstr\"");
    CHECK(client.run({"OBJECT", "ENCODING", "r"}) == "\"raw\"");
    CHECK(client.run({"OBJECT", "ENCODING", "none"}) == "(nil)");
    CHECK(client.run({"OBJECT", "REFCOUNT", "e"}) == "1");
    CHECK(client.run({"OBJECT", "REFCOUNT", "i"}) == "2147483647");
    CHECK(within_a_second(client, [&client] {
            client.run({"GET", "e"});
            return client.run({"OBJECT", "IDLETIME", "e"});
          }) == "0");
    CHECK(client.run({"OBJECT", "FREQ", "none"}) == "(nil)");
    CHECK(client.run({"OBJECT", "FREQ", "e"})
              .starts_with(
                  "!ERR An LFU maxmemory policy is not selected, access frequency not tracked."));
  });
}

TEST_CASE("OBJECT FREQ counts uses under an LFU policy") {
  TestServer server({.config = "store none\nmaxmemory-policy allkeys-lfu\n"});
  Connection client(server.port());
  client.run({"SET", "k", "v"});
  const int before = std::stoi(client.run({"OBJECT", "FREQ", "k"}));
  for (int i = 0; i < 100; ++i) client.run({"GET", "k"});
  CHECK(std::stoi(client.run({"OBJECT", "FREQ", "k"})) > before);
  CHECK(client.run({"OBJECT", "IDLETIME", "k"})
            .starts_with("!ERR An LFU maxmemory policy is selected, idle time not tracked."));
}

TEST_CASE("an increment that fails creates nothing") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    CHECK(client.run({"INCRBYFLOAT", "k", "inf"}) ==
          "!ERR increment would produce NaN or Infinity");
    CHECK(client.run({"INCRBYFLOAT", "k", "x"}) == "!ERR value is not a valid float");
    CHECK(client.run({"INCRBY", "k", "x"}) == "!ERR value is not an integer or out of range");
    CHECK(client.run({"EXISTS", "k"}) == "0");
    CHECK(client.run({"INCRBYFLOAT", "k", "3.0e3"}) == "\"3000\"");
  });
}
