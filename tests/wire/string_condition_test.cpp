#include <doctest/doctest.h>

#include <string>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

TEST_CASE("SET compares the value, or its digest, with what it is told to expect") {
  TestServer server;
  Connection client(server.port());
  CHECK(client.run({"SET", "k", "1", "IFEQ", "0"}) == "(nil)");
  CHECK(client.run({"EXISTS", "k"}) == "0");
  CHECK(client.run({"SET", "k", "Hello world", "IFNE", "0"}) == "OK");
  CHECK(client.run({"DIGEST", "k"}) == "\"b6acb9d84a38ff74\"");
  CHECK(client.run({"DIGEST", "none"}) == "(nil)");
  CHECK(client.run({"SET", "k", "x", "IFNE", "Hello world"}) == "(nil)");
  CHECK(client.run({"SET", "k", "x", "IFDNE", "b6acb9d84a38ff74"}) == "(nil)");
  CHECK(client.run({"SET", "k", "test", "IFDEQ", "B6ACB9D84A38FF74"}) == "OK");
  CHECK(client.run({"SET", "k", "7", "GET", "IFDEQ", "9ec9f7918d7dfc40"}) == "\"test\"");
  CHECK(client.run({"SET", "k", "8", "IFEQ", "7", "EX", "100"}) == "OK");
  CHECK(client.run({"TTL", "k"}) == "100");
  CHECK(client.run({"SET", "k", "9", "GET", "IFEQ", "7"}) == "\"8\"");
  CHECK(client.run({"GET", "k"}) == "\"8\"");
}

TEST_CASE("SET takes one condition only") {
  TestServer server;
  Connection client(server.port());
  const std::string refused = "!ERR syntax error";
  CHECK(client.run({"SET", "k", "1", "NX", "XX"}) == refused);
  CHECK(client.run({"SET", "k", "1", "NX", "IFEQ", "1"}) == refused);
  CHECK(client.run({"SET", "k", "1", "IFEQ", "1", "XX"}) == refused);
  CHECK(client.run({"SET", "k", "1", "IFEQ", "1", "IFNE", "1"}) == refused);
  CHECK(client.run({"SET", "k", "1", "IFEQ"}) == refused);
  CHECK(client.run({"SET", "k", "1", "IFDEQ", "123"}) ==
        "!ERR must be exactly 16 hexadecimal characters");
  CHECK(client.run({"SET", "k", "1", "NX", "NX"}) == "OK");
}

TEST_CASE("DELEX and DELIFEQ remove what holds the value") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    client.run({"SET", "k", "test"});
    CHECK(client.run({"DELIFEQ", "k", "other"}) == "0");
    CHECK(client.run({"DELIFEQ", "k", "test"}) == "1");
    CHECK(client.run({"DELIFEQ", "k", "test"}) == "0");
    client.run({"SET", "k", "12"});
    CHECK(client.run({"DELEX", "k", "IFEQ", "13"}) == "0");
    CHECK(client.run({"DELEX", "k", "IFNE", "12"}) == "0");
    CHECK(client.run({"DELEX", "k", "IFEQ", "12"}) == "1");
    CHECK(client.run({"DELEX", "k", "IFNE", "12"}) == "0");
    client.run({"SET", "k", "test"});
    CHECK(client.run({"DELEX", "k", "IFDNE", "9ec9f7918d7dfc40"}) == "0");
    CHECK(client.run({"DELEX", "k", "IFDEQ", "9ec9f7918d7dfc40"}) == "1");
    client.run({"SET", "k", "test"});
    CHECK(client.run({"DELEX", "k"}) == "1");
    CHECK(client.run({"DELEX", "k", "IFEQ"}) == "!ERR syntax error");
    CHECK(client.run({"DELEX", "k", "IFEQ", "1", "x"}) == "!ERR syntax error");
    CHECK(client.run({"COMMAND", "GETKEYSANDFLAGS", "DELEX", "k", "IFEQ", "1"}) ==
          "[[\"k\", [RW, access, delete]]]");
  }
}

TEST_CASE("MSETEX sets all or nothing, with one lifetime") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    CHECK(client.run({"MSETEX", "2", "a", "1", "b", "2", "EX", "100"}) == "1");
    CHECK(client.run({"TTL", "a"}) == "100");
    CHECK(client.run({"MSETEX", "2", "b", "3", "c", "4", "NX"}) == "0");
    CHECK(client.run({"MSETEX", "2", "b", "3", "c", "4", "XX"}) == "0");
    CHECK(client.run({"MGET", "a", "b", "c"}) == "[\"1\", \"2\", (nil)]");
    CHECK(client.run({"MSETEX", "2", "a", "3", "b", "4", "KEEPTTL", "XX"}) == "1");
    CHECK(client.run({"TTL", "b"}) == "100");
    CHECK(client.run({"MSETEX", "1", "a", "5"}) == "1");
    CHECK(client.run({"TTL", "a"}) == "-1");
    CHECK(client.run({"COMMAND", "GETKEYS", "MSETEX", "2", "a", "1", "b", "2", "NX"}) ==
          "[\"a\", \"b\"]");
  }
}

TEST_CASE("MSETEX refuses what makes no sense before it sets anything") {
  TestServer server({.cores = 4});
  Connection client(server.port());
  CHECK(client.run({"MSETEX", "0", "a", "1"}) == "!ERR invalid numkeys value");
  CHECK(client.run({"MSETEX", "-1", "a", "1"}) == "!ERR invalid numkeys value");
  CHECK(client.run({"MSETEX", "x", "a", "1"}) == "!ERR invalid numkeys value");
  CHECK(client.run({"MSETEX", "9223372036854775807", "a", "1"}) == "!ERR invalid numkeys value");
  CHECK(client.run({"MSETEX", "2", "a", "1", "b"}) == "!ERR wrong number of key-value pairs");
  CHECK(client.run({"MSETEX", "1", "a", "1", "b"}) == "!ERR syntax error");
  CHECK(client.run({"MSETEX", "1", "a", "1", "NX", "XX"}) == "!ERR syntax error");
  CHECK(client.run({"MSETEX", "1", "a", "1", "EX", "0"}) ==
        "!ERR invalid expire time in 'msetex' command");
  CHECK(client.run({"MSETEX", "1", "a", "1", "EX", "x"}) ==
        "!ERR value is not an integer or out of range");
  CHECK(client.run({"EXISTS", "a"}) == "0");
}
