// rename-command: what clients send changes, what is told of the command does not.

#include <doctest/doctest.h>

#include <string>

#include "server/config/load.hpp"
#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

TEST_CASE("renamed commands are called by their new names, and told of by their own") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores,
                       .config = "store none\nrename-command GET fetch\n"
                                 "rename-command CLIENT cli\nrename-command FLUSHALL \"\"\n"});
    Connection client(server.port());
    CHECK(client.run({"SET", "k", "v"}) == "OK");
    CHECK(client.run({"FETCH", "k"}) == "\"v\"");
    CHECK(client.run({"fetch"}) == "!ERR wrong number of arguments for 'get' command");
    CHECK(client.run({"GET", "k"}) == "!ERR unknown command 'GET', with args beginning with: 'k' ");
    CHECK(client.run({"FLUSHALL"}) ==
          "!ERR unknown command 'FLUSHALL', with args beginning with: ");
    CHECK(client.run({"CLIENT", "ID"}) ==
          "!ERR unknown command 'CLIENT', with args beginning with: 'ID' ");
    CHECK(client.run({"CLI", "SETNAME", "me"}) == "OK");
    CHECK(client.run({"CLI", "NOSUCH"}) == "!ERR unknown subcommand 'NOSUCH'. Try CLI HELP.");
    CHECK(client.run({"CLI", "HELP"}).find("[CLI <subcommand> ") == 0);
    CHECK(client.run({"CLI", "LIST"}).find("cmd=client|list") != std::string::npos);

    CHECK(client.run({"COMMAND", "INFO", "fetch"}).find("[[\"get\", 2, ") == 0);
    CHECK(client.run({"COMMAND", "INFO", "get"}) == "[(nil)]");
    CHECK(client.run({"COMMAND", "INFO", "cli|id"}).find("[[\"client|id\", ") == 0);
    CHECK(client.run({"COMMAND", "DOCS", "fetch"}).find("[\"get\", ") == 0);
    CHECK(client.run({"COMMAND", "DOCS", "flushall"}) == "[]");
    CHECK(client.run({"COMMAND", "LIST", "FILTERBY", "PATTERN", "fetch"}) == "[]");
    CHECK(client.run({"COMMAND", "LIST", "FILTERBY", "PATTERN", "ge[t]"}) == "[\"get\"]");
    CHECK(client.run({"COMMAND", "GETKEYS", "fetch", "k"}) == "[\"k\"]");
    CHECK(client.run({"COMMAND", "GETKEYS", "get", "k"}) == "!ERR Invalid command specified");
    CHECK(client.run({"INFO", "commandstats"}).find("cmdstat_get:calls=1,") != std::string::npos);
  }
}

TEST_CASE("a server does not start with a rename that makes no sense") {
  try {
    TestServer server({.config = "store none\nrename-command nosuch x\n"});
    FAIL("it has started");
  } catch (const tidemark::server::ConfigError& error) {
    CHECK(std::string(error.what())
              .find(">>> 'rename-command nosuch x'\nNo such command in rename-command\n") !=
          std::string::npos);
  }
}
