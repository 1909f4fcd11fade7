// CLIENT: names, facts, lists, kills and replies that are not wanted.

#include <doctest/doctest.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

namespace {

// The value of `field` in a line of CLIENT LIST.
std::string field(const std::string& line, const std::string& name) {
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    if (word.rfind(name + "=", 0) == 0) return word.substr(name.size() + 1);
  }
  return "(no field " + name + ")";
}

// The lines of a CLIENT LIST, of which the harness shows the line ends as they are.
std::vector<std::string> lines_of(std::string reply) {
  std::vector<std::string> lines;
  reply = reply.substr(1, reply.size() - 2);
  std::istringstream text(reply);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

std::string line_of(Connection& client) { return lines_of(client.run({"CLIENT", "INFO"})).at(0); }

// The line about the client with this name; empty where there is none.
std::string line_named(Connection& asker, const std::string& name) {
  for (const std::string& line : lines_of(asker.run({"CLIENT", "LIST"}))) {
    if (field(line, "name") == name) return line;
  }
  return "";
}

}  // namespace

TEST_CASE("a line about a client has the fields of Redis 7.2 in their order") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    const std::string line = line_of(client);
    std::string names;
    std::istringstream words(line);
    for (std::string word; words >> word;) names += word.substr(0, word.find('=')) + " ";
    CHECK(names ==
          "id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free argv-mem "
          "multi-mem rbs rbp obl oll omem tot-mem events cmd user redir resp lib-name lib-ver ");
    CHECK(field(line, "qbuf") == "26");
    CHECK(field(line, "flags") == "N");
    CHECK(field(line, "events") == "r");
    CHECK(field(line, "cmd") == "client|info");
    CHECK(field(line, "user") == "default");
    CHECK(field(line, "resp") == "2");
    CHECK(field(line, "laddr") == "127.0.0.1:" + std::to_string(server.port()));
  }
}

TEST_CASE("CLIENT LIST shows the clients of every core in the order in which they came") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    std::vector<std::unique_ptr<Connection>> clients;
    for (int i = 0; i < 9; ++i) {
      clients.push_back(std::make_unique<Connection>(server.port()));
      CHECK(clients.back()->run({"CLIENT", "SETNAME", "c" + std::to_string(i)}) == "OK");
    }
    const auto lines = lines_of(clients[4]->run({"CLIENT", "LIST"}));
    REQUIRE(lines.size() == 9);
    for (size_t i = 0; i < 9; ++i) {
      CHECK(field(lines[i], "name") == "c" + std::to_string(i));
      CHECK(field(lines[i], "cmd") == (i == 4 ? "client|list" : "client|setname"));
    }
    CHECK(field(lines[4], "qbuf") == "26");
    CHECK(clients[0]->run({"CLIENT", "LIST", "TYPE", "pubsub"}) == "\"\"");
    CHECK(lines_of(clients[0]->run({"CLIENT", "LIST", "TYPE", "NORMAL"})).size() == 9);
    const std::string third = field(lines[2], "id");
    const auto chosen =
        lines_of(clients[0]->run({"CLIENT", "LIST", "ID", third, "999999", field(lines[0], "id")}));
    REQUIRE(chosen.size() == 2);
    CHECK(field(chosen[0], "name") == "c2");
    CHECK(field(chosen[1], "name") == "c0");
  }
}

TEST_CASE("what is wrong with a call of CLIENT is said in the words of Redis") {
  TestServer server({.cores = 4});
  Connection client(server.port());
  CHECK(client.run({"CLIENT", "LIST", "TYPE", "odd"}) == "!ERR Unknown client type 'odd'");
  CHECK(client.run({"CLIENT", "LIST", "ID", "x"}) == "!ERR Invalid client ID");
  CHECK(client.run({"CLIENT", "LIST", "ID"}) == "!ERR syntax error");
  CHECK(client.run({"CLIENT", "KILL", "ID", "0"}) == "!ERR client-id should be greater than 0");
  CHECK(client.run({"CLIENT", "KILL", "ID", "1", "odd"}) == "!ERR syntax error");
  CHECK(client.run({"CLIENT", "KILL", "USER", "odd"}) == "!ERR No such user 'odd'");
  CHECK(client.run({"CLIENT", "KILL", "SKIPME", "perhaps"}) == "!ERR syntax error");
  CHECK(client.run({"CLIENT", "KILL", "1.2.3.4:5"}) == "!ERR No such client");
  CHECK(client.run({"CLIENT", "SETNAME", "a b"}) ==
        "!ERR Client names cannot contain spaces, newlines or special characters.");
  CHECK(client.run({"CLIENT", "SETINFO", "lib-name", "a b"}) ==
        "!ERR lib-name cannot contain spaces, newlines or special characters.");
  CHECK(client.run({"CLIENT", "SETINFO", "badger", "hamster"}) ==
        "!ERR Unrecognized option 'badger'");
  CHECK(client.run({"CLIENT", "PAUSE", "x"}) == "!ERR timeout is not an integer or out of range");
  CHECK(client.run({"CLIENT", "PAUSE", "-1"}) == "!ERR timeout is negative");
  CHECK(client.run({"CLIENT", "PAUSE", "9223372036854775807"}) == "!ERR timeout is out of range");
  CHECK(client.run({"CLIENT", "PAUSE", "1", "odd"}) ==
        "!ERR CLIENT PAUSE mode must be WRITE or ALL");
  CHECK(client.run({"CLIENT", "REPLY", "odd"}) == "!ERR syntax error");
  CHECK(client.run({"CLIENT", "NO-EVICT", "odd"}) == "!ERR syntax error");
  CHECK(client.run({"CLIENT", "UNBLOCK", "1", "odd"}) ==
        "!ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  CHECK(client.run({"CLIENT", "TRACKING", "off"}) == "OK");
}

TEST_CASE("a client's name and library are kept and shown") {
  TestServer server;
  Connection client(server.port());
  CHECK(client.run({"CLIENT", "GETNAME"}) == "(nil)");
  CHECK(client.run({"CLIENT", "SETNAME", "worker"}) == "OK");
  CHECK(client.run({"CLIENT", "GETNAME"}) == "\"worker\"");
  CHECK(client.run({"CLIENT", "SETINFO", "LIB-NAME", "redis-py"}) == "OK");
  CHECK(client.run({"CLIENT", "SETINFO", "lib-ver", "5.0"}) == "OK");
  CHECK(client.run({"CLIENT", "NO-EVICT", "on"}) == "OK");
  CHECK(client.run({"CLIENT", "NO-TOUCH", "on"}) == "OK");
  const std::string line = line_of(client);
  CHECK(field(line, "name") == "worker");
  CHECK(field(line, "lib-name") == "redis-py");
  CHECK(field(line, "lib-ver") == "5.0");
  CHECK(field(line, "flags") == "eT");
  CHECK(client.run({"CLIENT", "SETNAME", ""}) == "OK");
  CHECK(client.run({"CLIENT", "GETNAME"}) == "(nil)");
}

TEST_CASE("CLIENT KILL closes clients on every core, and oneself after the reply") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection killer(server.port());
    std::vector<std::unique_ptr<Connection>> others;
    for (int i = 0; i < 8; ++i) {
      others.push_back(std::make_unique<Connection>(server.port()));
      others.back()->run({"CLIENT", "SETNAME", "c" + std::to_string(i)});
    }
    const std::string id = field(line_named(killer, "c3"), "id");
    CHECK(killer.run({"CLIENT", "KILL", "ID", id}) == "1");
    CHECK(others[3]->read_to_end() == "");
    CHECK(killer.run({"CLIENT", "KILL", "ID", id}) == "0");

    CHECK(killer.run({"CLIENT", "KILL", field(line_named(killer, "c4"), "addr")}) == "OK");
    CHECK(others[4]->read_to_end() == "");

    const std::string address = field(line_named(killer, "c5"), "addr");
    CHECK(killer.run({"CLIENT", "KILL", "ADDR", address, "TYPE", "pubsub"}) == "0");
    CHECK(killer.run({"CLIENT", "KILL", "ADDR", address, "USER", "default"}) == "1");

    const std::string local = "127.0.0.1:" + std::to_string(server.port());
    CHECK(killer.run({"CLIENT", "KILL", "LADDR", local}) == "5");
    CHECK(lines_of(killer.run({"CLIENT", "LIST"})).size() == 1);
    // What follows in the pipeline does not run any more.
    killer.write("CLIENT KILL SKIPME no\r\nSET after 1\r\n");
    CHECK(killer.read_to_end() == ":1\r\n");
    Connection witness(server.port());
    CHECK(witness.run({"GET", "after"}) == "(nil)");
  }
}

TEST_CASE("CLIENT REPLY silences replies, the next one or all") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    client.write(
        "CLIENT REPLY SKIP\r\nPING\r\nSET k 1\r\n"
        "CLIENT REPLY SKIP\r\nCLIENT REPLY SKIP\r\nGET k\r\nGET k\r\n"
        "CLIENT REPLY SKIP\r\nNOSUCH\r\nGET k\r\n"
        "CLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\n"
        "CLIENT REPLY OFF\r\nGET k\r\nSET k 2\r\nNOSUCH\r\nCLIENT REPLY SKIP\r\nGET k\r\nGET k\r\n"
        "CLIENT REPLY ON\r\nGET k\r\n");
    client.finish_writing();
    CHECK(client.read_to_end() == "+OK\r\n$1\r\n1\r\n$1\r\n1\r\n+OK\r\n+OK\r\n$1\r\n2\r\n");
  }
}
