#include <doctest/doctest.h>

#include <string>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

namespace {

constexpr const char* kWrongPass = "!WRONGPASS invalid username-password pair or user is disabled.";
constexpr const char* kNoAuth = "!NOAUTH Authentication required.";

std::string introduction(int proto, const std::string& id) {
  return "[\"server\", \"redis\", \"version\", \"7.2.4\", \"proto\", " + std::to_string(proto) +
         ", \"id\", " + id + ", \"mode\", \"standalone\", \"role\", \"master\", \"modules\", []]";
}

}  // namespace

TEST_CASE("with a password, nothing but AUTH, HELLO, QUIT and RESET is heard before it") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = "store none\nrequirepass secret\n"});
    Connection client(server.port());
    CHECK(client.run({"PING"}) == kNoAuth);
    CHECK(client.run({"GET", "k"}) == kNoAuth);
    CHECK(client.run({"HELLO", "2"}).starts_with("!NOAUTH HELLO must be called with the client"));
    CHECK(client.run({"AUTH", "secre"}) == kWrongPass);
    CHECK(client.run({"AUTH", "secret2"}) == kWrongPass);
    CHECK(client.run({"AUTH", ""}) == kWrongPass);
    CHECK(client.run({"AUTH", "nobody", "secret"}) == kWrongPass);
    CHECK(client.run({"HELLO", "2", "AUTH", "default", "wrong"}) == kWrongPass);
    CHECK(client.run({"PING"}) == kNoAuth);
    CHECK(client.run({"AUTH", "default", "secret"}) == "OK");
    CHECK(client.run({"PING"}) == "PONG");
    CHECK(client.run({"RESET"}) == "RESET");
    CHECK(client.run({"PING"}) == kNoAuth);
    CHECK(client.run({"HELLO", "2", "AUTH", "default", "secret"}).starts_with("[\"server\""));
    CHECK(client.run({"AUTH", "secret"}) == "OK");
    CHECK(client.run({"AUTH", "a", "b", "c"}) == "!ERR syntax error");
    CHECK(client.run({"QUIT"}) == "OK");
  }
}

TEST_CASE("commands behind AUTH in its pipeline are heard") {
  TestServer server({.config = "store none\nrequirepass secret\n"});
  Connection client(server.port());
  client.send({"PING"});
  client.send({"AUTH", "secret"});
  client.send({"PING"});
  CHECK(client.receive() == kNoAuth);
  CHECK(client.receive() == "OK");
  CHECK(client.receive() == "PONG");
}

TEST_CASE("without a password AUTH says so, unless a user is named") {
  TestServer server;
  Connection client(server.port());
  CHECK(client.run({"AUTH", "x"}) ==
        "!ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
  CHECK(client.run({"AUTH", "default", "x"}) == "OK");
  CHECK(client.run({"AUTH", "other", "x"}) == kWrongPass);
}

TEST_CASE("HELLO agrees on the version of the protocol for itself and what follows") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    CHECK(client.run({"HELLO"}) == introduction(2, "1"));
    CHECK(client.run({"HELLO", "2", "SETNAME", "me"}) == introduction(2, "1"));
    client.write("HELLO 3\r\nGET none\r\nHELLO 2\r\nGET none\r\n");
    const std::string expected =
        "%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.2.4\r\n$5\r\nproto\r\n:3\r\n"
        "$2\r\nid\r\n:1\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"
        "$7\r\nmodules\r\n*0\r\n"
        "_\r\n"
        "*14\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.2.4\r\n$5\r\nproto\r\n:2"
        "\r\n$2\r\nid\r\n:1\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"
        "$7\r\nmodules\r\n*0\r\n"
        "$-1\r\n";
    CHECK(client.read(expected.size()) == expected);
  }
}

TEST_CASE("a HELLO that cannot be changes nothing") {
  TestServer server;
  Connection client(server.port());
  CHECK(client.run({"HELLO", "4"}) == "!NOPROTO unsupported protocol version");
  CHECK(client.run({"HELLO", "x"}) == "!ERR Protocol version is not an integer or out of range");
  CHECK(client.run({"HELLO", "3", "NONSENSE"}) == "!ERR Syntax error in HELLO option 'NONSENSE'");
  CHECK(client.run({"HELLO", "3", "SETNAME", "two words"}) ==
        "!ERR Client names cannot contain spaces, newlines or special characters.");
  CHECK(client.run({"HELLO"}) == introduction(2, "1"));
}

TEST_CASE("SELECT chooses the database of its connection, on every core") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    Connection other(server.port());
    for (int i = 0; i < 20; ++i) client.send({"SET", "k" + std::to_string(i), "zero"});
    client.send({"SELECT", "9"});
    for (int i = 0; i < 20; ++i) client.send({"GET", "k" + std::to_string(i)});
    for (int i = 0; i < 21; ++i) CHECK(client.receive() == "OK");
    for (int i = 0; i < 20; ++i) CHECK(client.receive() == "(nil)");
    CHECK(other.run({"GET", "k0"}) == "\"zero\"");
    CHECK(client.run({"SELECT", "16"}) == "!ERR DB index is out of range");
    CHECK(client.run({"SELECT", "x"}) == "!ERR value is not an integer or out of range");
    CHECK(client.run({"RESET"}) == "RESET");
    CHECK(client.run({"GET", "k0"}) == "\"zero\"");
  }
}

TEST_CASE("QUIT is answered, after what came before it, and closes") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    client.write("SET k v\r\nECHO hello\r\nQUIT\r\nSET k never\r\n");
    CHECK(client.read_to_end() == "+OK\r\n$5\r\nhello\r\n+OK\r\n");
    Connection other(server.port());
    CHECK(other.run({"GET", "k"}) == "\"v\"");
  }
}
