// BZPOPMIN and its like. What holds for every command that waits is in list_wait_test.cpp.

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/everywhere.hpp"
#include "tests/wire/test_server.hpp"
#include "tests/wire/waiting.hpp"

using tidemark::test::Connection;
using tidemark::test::id_of;
using tidemark::test::kNames;
using tidemark::test::name;
using tidemark::test::on_one_core_and_four;
using tidemark::test::TestServer;
using tidemark::test::wait_for_blocked;
using tidemark::test::wait_for_info;

namespace {

using Command = std::vector<std::string>;

constexpr const char* kWrongType =
    "!WRONGTYPE Operation against a key holding the wrong kind of value";

}  // namespace

TEST_CASE("members that are there are popped at once") {
  on_one_core_and_four([](Connection& boss, TestServer&) {
    for (int i = 0; i < kNames; ++i) {
      const std::string z = name("z", i);
      const std::string none = name("none", i);
      boss.run({"ZADD", z, "1", "a", "2", "b", "3", "c", "4", "d", "5.5", "e"});
      CHECK(boss.run({"BZPOPMIN", none, z, "0"}) == "[\"" + z + "\", \"a\", \"1\"]");
      CHECK(boss.run({"BZPOPMAX", z, none, "0"}) == "[\"" + z + "\", \"e\", \"5.5\"]");
      CHECK(boss.run({"BZMPOP", "0", "2", none, z, "MAX", "COUNT", "2"}) ==
            "[\"" + z + "\", [[\"d\", \"4\"], [\"c\", \"3\"]]]");
      CHECK(boss.run({"BZMPOP", "0", "1", z, "MIN"}) == "[\"" + z + "\", [[\"b\", \"2\"]]]");
      CHECK(boss.run({"EXISTS", z}) == "0");
    }
  });
}

TEST_CASE("who waits for sorted sets is refused, times out and is unblocked as for lists") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    CHECK(boss.run({"BZPOPMIN", "z", "y", "0.01"}) == "(nil)");
    CHECK(boss.run({"BZPOPMAX", "z", "0.001"}) == "(nil)");
    CHECK(boss.run({"BZMPOP", "0.01", "2", "z", "y", "MIN"}) == "(nil)");
    CHECK(boss.run({"BZPOPMIN", "z", "x"}) == "!ERR timeout is not a float or out of range");
    CHECK(boss.run({"BZPOPMAX", "z", "-1"}) == "!ERR timeout is negative");
    CHECK(boss.run({"BZMPOP", "inf", "1", "z", "MIN"}) == "!ERR timeout is out of range");
    for (const char* count : {"0", "-1", "x", "-9223372036854775808", "9223372036854775808"}) {
      CAPTURE(count);
      CHECK(boss.run({"BZMPOP", "0", count, "z", "MIN"}) ==
            "!ERR numkeys should be greater than 0");
      CHECK(boss.run({"BZMPOP", "0", "1", "z", "MIN", "COUNT", count}) ==
            "!ERR count should be greater than 0");
    }
    for (const char* count : {"2", "3", "2147483648", "9223372036854775807"}) {
      CAPTURE(count);
      CHECK(boss.run({"BZMPOP", "0", count, "z", "MIN"}) == "!ERR syntax error");
    }
    CHECK(boss.run({"BZMPOP", "0", "1", "z", "MIDDLE"}) == "!ERR syntax error");
    CHECK(boss.run({"BZMPOP", "0", "1", "z", "MIN", "COUNT", "1", "x"}) == "!ERR syntax error");
    boss.run({"SET", "text", "x"});
    CHECK(boss.run({"BZPOPMIN", "none", "text", "0"}) == kWrongType);
    Connection client(server.port());
    const std::string id = id_of(client);
    client.begin({"BZPOPMAX", "z", "y", "0"});
    wait_for_blocked(boss, 1);
    CHECK(boss.run({"CLIENT", "UNBLOCK", id, "ERROR"}) == "1");
    CHECK(client.receive() == "!UNBLOCKED client unblocked via CLIENT UNBLOCK");
    wait_for_info(boss, "total_blocking_keys:0");
  });
}

TEST_CASE("those who wait for sorted sets are served in their order, by whatever makes one") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    for (int i = 0; i < kNames; ++i) {
      const std::string z = name("z", i);
      const std::string y = name("y", i);
      std::vector<std::unique_ptr<Connection>> clients;
      const auto begin = [&](const Command& command) {
        clients.push_back(std::make_unique<Connection>(server.port()));
        clients.back()->begin(command);
        wait_for_blocked(boss, static_cast<int>(clients.size()));
      };
      begin({"BZPOPMIN", y, z, "0"});
      begin({"BZPOPMAX", z, "0"});
      begin({"BZMPOP", "0", "2", z, y, "MIN", "COUNT", "2"});
      begin({"BLPOP", z, "0"});
      begin({"BZPOPMIN", z, "0"});
      CHECK(boss.run({"RPUSH", y, "not for them"}) == "1");
      CHECK(boss.run({"ZADD", z, "1", "a", "2", "b", "3", "c", "4", "d"}) == "4");
      CHECK(clients[0]->receive() == "[\"" + z + "\", \"a\", \"1\"]");
      CHECK(clients[1]->receive() == "[\"" + z + "\", \"d\", \"4\"]");
      CHECK(clients[2]->receive() == "[\"" + z + "\", [[\"b\", \"2\"], [\"c\", \"3\"]]]");
      wait_for_blocked(boss, 2);
      CHECK(boss.run({"EXISTS", z}) == "0");
      CHECK(boss.run({"ZINCRBY", z, "7", "e"}) == "\"7\"");
      CHECK(clients[4]->receive() == "[\"" + z + "\", \"e\", \"7\"]");
      boss.run({"RPUSH", z, "list"});
      CHECK(clients[3]->receive() == "[\"" + z + "\", \"list\"]");
      boss.run({"DEL", y});

      const auto served_by = [&](const Command& command, const std::string& popped) {
        CAPTURE(command.front());
        Connection client(server.port());
        boss.run({"ZADD", y, "1", "a", "2", "b"});
        client.begin({"BZPOPMIN", z, "0"});
        wait_for_blocked(boss, 1);
        boss.run(command);
        CHECK(client.receive() == "[\"" + z + "\", " + popped + "]");
        boss.run({"DEL", z, y});
      };
      served_by({"RENAME", y, z}, "\"a\", \"1\"");
      served_by({"COPY", y, z}, "\"a\", \"1\"");
      served_by({"ZUNIONSTORE", z, "2", y, y}, "\"a\", \"2\"");
      served_by({"ZRANGESTORE", z, y, "1", "1"}, "\"b\", \"2\"");
      served_by({"GEOADD", z, "0", "0", "here"}, "\"here\", \"3377699720527872\"");
    }
    wait_for_info(boss, "total_blocking_keys:0");
  });
}

TEST_CASE("over RESP3 the scores of those who waited are numbers") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    client.write("HELLO 3\r\nPING\r\nBZPOPMIN z 0\r\nBZMPOP 0 1 z MAX\r\nQUIT\r\n");
    wait_for_blocked(boss, 1);
    boss.run({"ZADD", "z", "1.5", "a", "2", "b"});
    const std::string all = client.read_to_end();
    CHECK(all.substr(all.find("+PONG\r\n") + 7) ==
          "*3\r\n$1\r\nz\r\n$1\r\na\r\n,1.5\r\n"
          "*2\r\n$1\r\nz\r\n*1\r\n*2\r\n$1\r\nb\r\n,2\r\n+OK\r\n");
  });
}
