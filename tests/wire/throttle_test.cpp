#include <doctest/doctest.h>

#include <string>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

TEST_CASE("a rate limit lets a burst through and says when to come back") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    // One in an hour, so that no clock is in this test's way.
    CHECK(client.run({"CL.THROTTLE", "k", "2", "1", "3600"}) == "[0, 3, 2, -1, 3600]");
    CHECK(client.run({"CL.THROTTLE", "k", "2", "1", "3600", "2"}).find("[0, 3, 0, -1, ") == 0);
    CHECK(client.run({"CL.THROTTLE", "k", "2", "1", "3600"}).find("[1, 3, 0, ") == 0);
    CHECK(client.run({"CL.THROTTLE", "k", "2", "1", "3600", "4"}).find("[1, 3, 0, -1, ") == 0);
    CHECK(client.run({"CL.THROTTLE", "other", "0", "1", "3600", "0"}) == "[0, 1, 1, -1, 0]");
    CHECK(client.run({"EXISTS", "other"}) == "0");
    CHECK(client.run({"TYPE", "k"}) == "string");
    CHECK(client.run({"PTTL", "k"}) != "-1");
  }
}

TEST_CASE("a rate limit refuses numbers that make no sense, and keys that hold something else") {
  TestServer server;
  Connection client(server.port());
  const std::string refused = "!ERR value is not an integer or out of range";
  CHECK(client.run({"CL.THROTTLE", "k", "x", "1", "1"}) == refused);
  CHECK(client.run({"CL.THROTTLE", "k", "-1", "1", "1"}) == refused);
  CHECK(client.run({"CL.THROTTLE", "k", "1", "0", "1"}) == refused);
  CHECK(client.run({"CL.THROTTLE", "k", "1", "1", "0"}) == refused);
  CHECK(client.run({"CL.THROTTLE", "k", "1", "1", "9223372036854775807"}) == refused);
  CHECK(client.run({"CL.THROTTLE", "k", "9223372036854775807", "1", "1"}) == refused);
  CHECK(client.run({"CL.THROTTLE", "k", "1", "1", "1", "-1"}) == refused);
  CHECK(client.run({"CL.THROTTLE", "k", "1", "1", "1", "1", "1"}) == "!ERR syntax error");
  client.run({"SET", "k", "text"});
  CHECK(client.run({"CL.THROTTLE", "k", "1", "1", "1"}) == refused);
}
