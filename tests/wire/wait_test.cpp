#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "server/server.hpp"
#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

TEST_CASE("WAIT and WAITAOF answer at once what needs no replica, and after their time what does") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    CHECK(client.run({"WAIT", "0", "0"}) == "0");
    CHECK(client.run({"WAIT", "-1", "0"}) == "0");
    CHECK(client.run({"WAIT", "1", "1"}) == "0");
    CHECK(client.run({"WAITAOF", "0", "0", "0"}) == "[0, 0]");
    CHECK(client.run({"WAITAOF", "0", "1", "1"}) == "[0, 0]");
    // What follows in the pipeline takes its turn.
    client.send({"SET", "k", "v"});
    client.send({"WAIT", "3", "5"});
    client.send({"GET", "k"});
    CHECK(client.receive() == "OK");
    CHECK(client.receive() == "0");
    CHECK(client.receive() == "\"v\"");
  }
}

TEST_CASE("WAIT and WAITAOF refuse what they cannot wait for") {
  TestServer server;
  Connection client(server.port());
  CHECK(client.run({"WAIT", "x", "0"}) == "!ERR value is not an integer or out of range");
  CHECK(client.run({"WAIT", "1", "x"}) == "!ERR timeout is not an integer or out of range");
  CHECK(client.run({"WAIT", "1", "-1"}) == "!ERR timeout is negative");
  CHECK(client.run({"WAITAOF", "2", "0", "0"}) ==
        "!ERR value is out of range, value must between 0 and 1");
  CHECK(client.run({"WAITAOF", "0", "-1", "0"}) == "!ERR value is out of range, must be positive");
  CHECK(client.run({"WAITAOF", "1", "0", "0"}) ==
        "!ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
}

TEST_CASE("a client that goes while it waits for ever is forgotten") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection watcher(server.port());
    {
      Connection client(server.port());
      client.send({"SET", "k", "v"});
      client.send({"WAIT", "1", "0"});
      CHECK(client.receive() == "OK");
      CHECK(server.server().client_count() == 2);
    }
    // Every round trip lets the loops go round.
    while (server.server().client_count() > 1) watcher.run({"PING"});
    CHECK(watcher.run({"GET", "k"}) == "\"v\"");
  }
}

TEST_CASE("CLIENT UNBLOCK ends a wait from any core, as its timeout would or with an error") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection other(server.port());
    for (int i = 0; i < 5; ++i) {
      Connection client(server.port());
      const std::string id = client.run({"CLIENT", "ID"});
      CHECK(other.run({"CLIENT", "UNBLOCK", id}) == "0");
      client.send({"ECHO", "1"});
      client.send({"WAIT", "1", "0"});
      CHECK(client.receive() == "\"1\"");
      while (other.run({"CLIENT", "UNBLOCK", id}) != "1") {
      }
      CHECK(client.receive() == "0");
      client.send({"ECHO", "2"});
      client.send({"WAIT", "1", "0"});
      CHECK(client.receive() == "\"2\"");
      while (other.run({"CLIENT", "UNBLOCK", id, "ERROR"}) != "1") {
      }
      CHECK(client.receive() == "!UNBLOCKED client unblocked via CLIENT UNBLOCK");
      CHECK(client.run({"PING"}) == "PONG");
    }
  }
}

TEST_CASE("a server shuts down while clients wait for ever") {
  TestServer server({.cores = 4});
  Connection client(server.port());
  client.send({"ECHO", "before"});
  client.send({"WAIT", "1", "0"});
  CHECK(client.receive() == "\"before\"");
  CHECK(server.stop() == 0);
}
