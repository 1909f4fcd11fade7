// What a transaction has to do with the rest: limits, pauses, monitors, statistics, other clients.

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/everywhere.hpp"
#include "tests/wire/test_server.hpp"
#include "tests/wire/waiting.hpp"
#include "tests/wire/wire_talk.hpp"

using tidemark::test::Connection;
using tidemark::test::contains;
using tidemark::test::everywhere_in_both;
using tidemark::test::on_one_core_and_four;
using tidemark::test::Talk;
using tidemark::test::TestServer;
using tidemark::test::wait_for_blocked;

namespace {

constexpr const char* kOom = "OOM command not allowed when used memory > 'maxmemory'.";

// Keys on all cores, so that a transaction stops them.
void queue_everywhere(Connection& client) {
  client.run({"MULTI"});
  for (int i = 0; i < 12; ++i) client.run({"SET", "k" + std::to_string(i), "1"});
}

// The lines that a monitor has seen up to the one that ends so, without their times.
std::vector<std::string> lines_up_to(Connection& monitor, const std::string& end) {
  std::vector<std::string> lines;
  std::string line;
  while (lines.empty() || !lines.back().ends_with(end)) {
    const std::string byte = monitor.read(1);
    if (byte.empty()) break;
    line += byte;
    if (byte != "\n") continue;
    lines.push_back(line.substr(line.find("] ") + 2, line.size() - line.find("] ") - 4));
    line.clear();
  }
  return lines;
}

}  // namespace

TEST_CASE("where memory is short nothing is queued, and EXEC runs nothing that needs more") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    Connection reader(server.port());
    queue_everywhere(client);
    reader.run({"MULTI"});
    reader.run({"GET", "a"});
    boss.run({"CONFIG", "SET", "maxmemory", "1"});
    CHECK(client.run({"GET", "a"}) == std::string("!") + kOom);
    CHECK(client.run({"EXEC"}) == "!EXECABORT Transaction discarded because of previous errors.");
    CHECK(reader.run({"EXEC"}) == "[(nil)]");
    boss.run({"CONFIG", "SET", "maxmemory", "0"});
    queue_everywhere(client);
    boss.run({"CONFIG", "SET", "maxmemory", "1"});
    CHECK(client.run({"EXEC"}) ==
          std::string("!EXECABORT Transaction discarded because of: ") + kOom);
    CHECK(client.run({"EXEC"}) == "!ERR EXEC without MULTI");
    // What makes memory short in the midst of it stops nothing.
    boss.run({"CONFIG", "SET", "maxmemory", "0"});
    client.run({"MULTI"});
    client.run({"CONFIG", "SET", "maxmemory", "1"});
    client.run({"SET", "a", "1"});
    client.run({"CONFIG", "SET", "maxmemory", "0"});
    CHECK(client.run({"EXEC"}) == "[OK, OK, OK]");
  });
}

TEST_CASE("what is queued and watched is the client's memory, and has its limits") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    const std::string id = client.run({"CLIENT", "ID"});
    const auto field = [&](const std::string& name) {
      const std::string line = boss.run({"CLIENT", "LIST", "ID", id});
      const size_t at = line.find(' ' + name + '=') + name.size() + 2;
      return line.substr(at, line.find(' ', at) - at);
    };
    CHECK(field("multi") == "-1");
    CHECK(field("multi-mem") == "0");
    CHECK(field("flags") == "N");
    client.run({"WATCH", "a", std::string(100000, 'x')});
    const int64_t watched = std::stoll(field("multi-mem"));
    CHECK(watched > 200000);
    CHECK(watched < 220000);
    client.run({"MULTI"});
    CHECK(field("multi") == "0");
    CHECK(field("flags") == "x");
    client.run({"SET", "a", std::string(100000, 'x')});
    client.run({"GET", "a"});
    CHECK(field("multi") == "2");
    CHECK(field("cmd") == "get");
    CHECK(std::stoll(field("multi-mem")) > watched + 100000);
    CHECK(std::stoll(field("tot-mem")) > watched + 100000);
    boss.run({"SET", "a", "1"});
    CHECK(field("flags") == "xd");
    CHECK(client.run({"EXEC"}) == "(nil)");
    CHECK(field("multi-mem") == "0");
    CHECK(field("flags") == "N");

    boss.run({"CONFIG", "SET", "client-query-buffer-limit", "1mb"});
    client.run({"MULTI"});
    std::string reply;
    CHECK_THROWS([&] {
      for (int i = 0; i < 11; ++i) reply = client.run({"SET", "a", std::string(100000, 'x')});
    }());
    CHECK(reply == "QUEUED");
    CHECK(contains(boss.run({"INFO", "stats"}), "client_query_buffer_limit_disconnections:1"));
  });
}

TEST_CASE("a pause of writes holds a transaction that writes, as a whole") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection writer(server.port());
    Connection reader(server.port());
    queue_everywhere(writer);
    reader.run({"MULTI"});
    for (int i = 0; i < 12; ++i) reader.run({"GET", "k" + std::to_string(i)});
    boss.run({"CLIENT", "PAUSE", "1000000", "WRITE"});
    CHECK(contains(reader.run({"EXEC"}), "[(nil), (nil)"));
    writer.begin({"EXEC"});
    wait_for_blocked(boss, 1);
    CHECK(boss.run({"EXISTS", "k1"}) == "0");
    boss.run({"CLIENT", "UNPAUSE"});
    CHECK(contains(writer.receive(), "[OK, OK"));
    CHECK(boss.run({"EXISTS", "k1"}) == "1");
  });
}

TEST_CASE("monitors see what is queued when it runs, and EXEC behind it") {
  on_one_core_and_four([](Connection&, TestServer& server) {
    Connection monitor(server.port());
    monitor.write("MONITOR\r\n");
    REQUIRE(monitor.read(5) == "+OK\r\n");
    Connection client(server.port());
    client.run({"WATCH", "w"});
    client.run({"MULTI"});
    client.run({"SET", "a", "1"});
    client.run({"SET", "b", "1"});
    client.run({"EXEC"});
    client.run({"MULTI"});
    client.run({"NONE"});
    client.run({"EXEC"});
    client.run({"MULTI"});
    client.run({"SET", "a", "2"});
    client.run({"DISCARD"});
    client.run({"WATCH", "w"});
    client.run({"SET", "w", "1"});
    client.run({"MULTI"});
    client.run({"SET", "a", "3"});
    client.run({"EXEC"});
    client.run({"ECHO", "end"});
    const std::vector<std::string> lines = {
        R"("WATCH" "w")",   R"("MULTI")", R"("SET" "a" "1")", R"("SET" "b" "1")", R"("EXEC")",
        R"("MULTI")",       R"("EXEC")",  R"("MULTI")",       R"("DISCARD")",     R"("WATCH" "w")",
        R"("SET" "w" "1")", R"("MULTI")", R"("EXEC")",        R"("ECHO" "end")"};
    CHECK(lines_up_to(monitor, R"("ECHO" "end")") == lines);
  });
}

TEST_CASE("statistics count what ran, and EXEC once") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    boss.run({"CONFIG", "RESETSTAT"});
    Connection client(server.port());
    client.run({"MULTI"});
    client.run({"SET", "a", "1"});
    client.run({"LPUSH", "a", "1"});
    client.run({"EXEC"});
    client.run({"MULTI"});
    client.run({"SET", "a", "1"});
    client.run({"NONE"});
    client.run({"EXEC"});
    client.run({"EXEC"});
    const std::string stats = boss.run({"INFO", "commandstats"});
    const auto has = [&stats](const std::string& command, int calls, int rejected, int failed) {
      const size_t at = stats.find("cmdstat_" + command + ":");
      const std::string line = stats.substr(at, stats.find('\n', at) - at);
      CAPTURE(line);
      CHECK(contains(line, ":calls=" + std::to_string(calls) + ","));
      CHECK(contains(line, "rejected_calls=" + std::to_string(rejected) +
                               ",failed_calls=" + std::to_string(failed)));
    };
    has("multi", 2, 0, 0);
    has("set", 1, 0, 0);
    has("lpush", 1, 0, 1);
    has("exec", 3, 0, 2);
    const std::string errors = boss.run({"INFO", "errorstats"});
    CHECK(contains(errors, "errorstat_EXECABORT:count=1"));
    CHECK(contains(errors, "errorstat_WRONGTYPE:count=1"));
    CHECK(contains(errors, "errorstat_ERR:count=2"));
  });
}

TEST_CASE("the slow log has the commands of a transaction, and not EXEC") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    boss.run({"CONFIG", "SET", "slowlog-log-slower-than", "0"});
    boss.run({"SLOWLOG", "RESET"});
    Connection client(server.port());
    client.run({"CLIENT", "SETNAME", "me"});
    client.run({"MULTI"});
    client.run({"SET", "a", "1"});
    client.run({"SET", "b", "1"});
    client.run({"EXEC"});
    boss.run({"CONFIG", "SET", "slowlog-log-slower-than", "-1"});
    const std::string log = boss.run({"SLOWLOG", "GET", "10"});
    CHECK(contains(log, "[\"SET\", \"a\", \"1\"]"));
    CHECK(contains(log, "[\"SET\", \"b\", \"1\"]"));
    CHECK(contains(log, "[\"MULTI\"]"));
    CHECK(contains(log, "\"me\""));
    CHECK_FALSE(contains(log, "EXEC"));
  });
}

TEST_CASE("a client that is killed takes what it queued along") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    const std::string id = client.run({"CLIENT", "ID"});
    client.run({"WATCH", "w"});
    queue_everywhere(client);
    CHECK(boss.run({"CLIENT", "KILL", "ID", id}) == "1");
    CHECK(client.read_to_end().empty());
    CHECK(boss.run({"DBSIZE"}) == "0");
    boss.run({"SET", "w", "1"});

    Connection self(server.port());
    const std::string own = self.run({"CLIENT", "ID"});
    self.run({"MULTI"});
    self.run({"SET", "before", "1"});
    self.run({"CLIENT", "KILL", "ID", own, "SKIPME", "no"});
    self.run({"SET", "after", "1"});
    CHECK(self.run({"EXEC"}) == "[OK, 1, OK]");
    CHECK(self.read_to_end().empty());
    CHECK(boss.run({"EXISTS", "before", "after"}) == "2");
  });
}

TEST_CASE("a client that waits for the end of a pause with EXEC may go") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    const std::string id = client.run({"CLIENT", "ID"});
    queue_everywhere(client);
    boss.run({"CLIENT", "PAUSE", "1000000", "WRITE"});
    client.begin({"EXEC"});
    wait_for_blocked(boss, 1);
    CHECK(boss.run({"CLIENT", "KILL", "ID", id}) == "1");
    CHECK(client.read_to_end().empty());
    boss.run({"CLIENT", "UNPAUSE"});
    wait_for_blocked(boss, 0);
    CHECK(boss.run({"DBSIZE"}) == "0");
  });
}

TEST_CASE("commands about the whole server are part of a transaction like any other") {
  everywhere_in_both(
      [](TestServer& server, int resp) {
        Talk client(server.port(), resp);
        client.queue({"SET a 1", "DEBUG SLEEP 0", "CONFIG RESETSTAT", "CONFIG SET hz 20",
                      "FLUSHALL", "DBSIZE", "MEMORY USAGE a", "ECHO x"});
        client.expect("EXEC", "*8\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n:0\r\n$-1\r\n$1\r\nx\r\n",
                      "*8\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n:0\r\n_\r\n$1\r\nx\r\n");
      },
      "store none\nenable-debug-command yes\n");
}
