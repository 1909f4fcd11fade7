#include <doctest/doctest.h>

#include <string>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

TEST_CASE("a server on one core or four answers as one") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    CHECK(client.run({"PING"}) == "PONG");
    CHECK(client.run({"SET", "a", "1"}) == "OK");
    CHECK(client.run({"SET", "b", "two"}) == "OK");
    CHECK(client.run({"GET", "a"}) == "\"1\"");
    CHECK(client.run({"GET", "b"}) == "\"two\"");
    CHECK(client.run({"GET", "c"}) == "(nil)");
    CHECK(client.run({"NOSUCH", "c"}) ==
          "!ERR unknown command 'NOSUCH', with args beginning with: 'c' ");
  }
}

TEST_CASE("the replies of a pipeline come in its order whichever cores its keys live on") {
  const std::string orders[] = {"strict", "relaxed"};
  for (const std::string& order : orders) {
    CAPTURE(order);
    TestServer server({.cores = 4, .config = "store none\npipeline-order " + order + "\n"});
    Connection client(server.port());
    constexpr int kCommands = 20000;
    for (int i = 0; i < kCommands; ++i) {
      client.send({"SET", "key:" + std::to_string(i), std::to_string(i * 3)});
      client.send({"GET", "key:" + std::to_string(i)});
    }
    int wrong = 0;
    for (int i = 0; i < kCommands; ++i) {
      if (client.receive() != "OK") ++wrong;
      if (client.receive() != '"' + std::to_string(i * 3) + '"') ++wrong;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("a peer that sends no more still gets the replies to what it sent") {
  TestServer server({.cores = 4});
  Connection client(server.port());
  std::string requests;
  std::string replies;
  for (int i = 0; i < 1000; ++i) {
    requests += "SET k" + std::to_string(i) + " v\r\n";
    replies += "+OK\r\n";
  }
  client.write(requests);
  client.finish_writing();
  CHECK(client.read_to_end() == replies);
}
