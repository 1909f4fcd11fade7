// Commands that wait for lists, and how waiting for keys works at all.

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

TEST_CASE("what is there is returned at once") {
  on_one_core_and_four([](Connection& boss, TestServer&) {
    for (int i = 0; i < kNames; ++i) {
      const std::string l = name("l", i);
      const std::string m = name("m", i);
      boss.run({"RPUSH", l, "1", "2", "3", "4", "5", "6"});
      CHECK(boss.run({"BLPOP", m, l, "0"}) == "[\"" + l + "\", \"1\"]");
      CHECK(boss.run({"BRPOP", m, l, "0"}) == "[\"" + l + "\", \"6\"]");
      CHECK(boss.run({"BLMPOP", "0", "2", m, l, "RIGHT", "COUNT", "2"}) ==
            "[\"" + l + "\", [\"5\", \"4\"]]");
      CHECK(boss.run({"BLMOVE", l, m, "LEFT", "LEFT", "0"}) == "\"2\"");
      CHECK(boss.run({"BRPOPLPUSH", l, m, "0"}) == "\"3\"");
      CHECK(boss.run({"LRANGE", m, "0", "-1"}) == "[\"3\", \"2\"]");
      CHECK(boss.run({"EXISTS", l}) == "0");
    }
  });
}

TEST_CASE("what is not there is waited for until the time is over") {
  on_one_core_and_four([](Connection& boss, TestServer&) {
    for (int i = 0; i < kNames; ++i) {
      const std::string l = name("l", i);
      const std::string m = name("m", i);
      CHECK(boss.run({"BLPOP", l, m, "0.01"}) == "(nil)");
      CHECK(boss.run({"BRPOP", l, "0.001"}) == "(nil)");
      CHECK(boss.run({"BLMPOP", "0.01", "2", l, m, "LEFT"}) == "(nil)");
      CHECK(boss.run({"BLMOVE", l, m, "LEFT", "RIGHT", "0.01"}) == "(nil)");
      CHECK(boss.run({"BRPOPLPUSH", l, m, "0.01"}) == "(nil)");
    }
    wait_for_info(boss, "total_blocking_keys:0");
    wait_for_blocked(boss, 0);
  });
}

TEST_CASE("what is no time to wait is refused") {
  on_one_core_and_four([](Connection& boss, TestServer&) {
    constexpr const char* kNoFloat = "!ERR timeout is not a float or out of range";
    constexpr const char* kNegative = "!ERR timeout is negative";
    constexpr const char* kOutOfRange = "!ERR timeout is out of range";
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"x", kNoFloat},        {"", kNoFloat},        {" 1", kNoFloat},
        {"nan", kNoFloat},      {"1s", kNoFloat},      {"-1", kNegative},
        {"-0.01", kNegative},   {"-inf", kNegative},   {"inf", kOutOfRange},
        {"1e400", kOutOfRange}, {"1e16", kOutOfRange}, {"9223372036854775807", kOutOfRange}};
    for (const auto& wrong : cases) {
      const std::string& text = wrong.first;
      const std::string& error = wrong.second;
      CAPTURE(text);
      CHECK(boss.run({"BLPOP", "l", text}) == error);
      CHECK(boss.run({"BRPOP", "l", "m", text}) == error);
      CHECK(boss.run({"BLMPOP", text, "1", "l", "LEFT"}) == error);
      CHECK(boss.run({"BLMOVE", "l", "m", "LEFT", "RIGHT", text}) == error);
      CHECK(boss.run({"BRPOPLPUSH", "l", "m", text}) == error);
    }
    CHECK(boss.run({"BLMPOP", "x", "0", "l", "LEFT"}) == "!ERR numkeys should be greater than 0");
    CHECK(boss.run({"BLMOVE", "l", "m", "UP", "RIGHT", "x"}) == "!ERR syntax error");
    boss.run({"SET", "text", "x"});
    CHECK(boss.run({"BLPOP", "none", "text", "0"}) == kWrongType);
    CHECK(boss.run({"BLMOVE", "text", "none", "LEFT", "LEFT", "0"}) == kWrongType);
  });
}

TEST_CASE("every command is served by a push, and the pusher sees nothing of it") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    const auto serve = [&](const Command& waiting, const Command& push, const std::string& reply) {
      client.begin(waiting);
      wait_for_blocked(boss, 1);
      CHECK(boss.run(push) == std::to_string(push.size() - 2));
      CHECK(client.receive() == reply);
      wait_for_blocked(boss, 0);
    };
    for (int i = 0; i < kNames; ++i) {
      const std::string l = name("l", i);
      const std::string m = name("m", i);
      serve({"BLPOP", m, l, "0"}, {"RPUSH", l, "a"}, "[\"" + l + "\", \"a\"]");
      CHECK(boss.run({"LLEN", l}) == "0");
      serve({"BRPOP", l, m, l, m, "9"}, {"LPUSH", m, "a", "b"}, "[\"" + m + "\", \"a\"]");
      CHECK(boss.run({"LPOP", m}) == "\"b\"");
      serve({"BLMPOP", "0", "2", l, m, "LEFT", "COUNT", "2"}, {"RPUSH", l, "a", "b", "c"},
            "[\"" + l + "\", [\"a\", \"b\"]]");
      CHECK(boss.run({"LPOP", l}) == "\"c\"");
      serve({"BLMOVE", l, m, "LEFT", "RIGHT", "0"}, {"RPUSH", l, "a", "b"}, "\"a\"");
      CHECK(boss.run({"LPOP", l}) == "\"b\"");
      CHECK(boss.run({"LPOP", m}) == "\"a\"");
      serve({"BRPOPLPUSH", l, m, "0"}, {"RPUSH", l, "a"}, "\"a\"");
      CHECK(boss.run({"LRANGE", m, "0", "-1"}) == "[\"a\"]");
      CHECK(boss.run({"EXISTS", l}) == "0");
      boss.run({"DEL", m});
    }
    wait_for_info(boss, "total_blocking_keys:0");
  });
}

TEST_CASE("those who wait for a key are served in the order in which they came") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    std::vector<std::unique_ptr<Connection>> clients;
    for (int i = 0; i < 40; ++i) {
      clients.push_back(std::make_unique<Connection>(server.port()));
      Command command{"BLPOP", "first", "l", "last", "0"};
      if (i % 4 == 1) command = {"BRPOP", "l", "0"};
      if (i % 4 == 2) command = {"BLMPOP", "0", "1", "l", "LEFT"};
      clients.back()->begin(command);
      wait_for_blocked(boss, i + 1);
    }
    // Some at once, then one by one.
    CHECK(boss.run({"RPUSH", "l", "0", "1", "2"}) == "3");
    CHECK(boss.run({"LLEN", "l"}) == "0");
    for (int i = 3; i < 40; ++i) CHECK(boss.run({"RPUSH", "l", std::to_string(i)}) == "1");
    for (int i = 0; i < 40; ++i) {
      CAPTURE(i);
      // Of the first three the second takes from the other end.
      const std::string element = i == 1 ? "2" : i == 2 ? "1" : std::to_string(i);
      const std::string value = i % 4 == 2 ? "[\"" + element + "\"]" : '"' + element + '"';
      CHECK(clients[static_cast<size_t>(i)]->receive() == "[\"l\", " + value + "]");
    }
    wait_for_info(boss, "total_blocking_keys:0");
  });
}

TEST_CASE("who waits for several keys gets one element, of the key that has it first") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    Command command{"BLPOP"};
    for (int i = 0; i < kNames; ++i) command.push_back(name("l", i));
    command.emplace_back("0");
    for (int i = 0; i < kNames; ++i) {
      client.begin(command);
      wait_for_blocked(boss, 1);
      const std::string l = name("l", i);
      CHECK(boss.run({"RPUSH", l, "mine", "rest"}) == "2");
      CHECK(client.receive() == "[\"" + l + "\", \"mine\"]");
      for (int j = 0; j < kNames; ++j) boss.run({"RPUSH", name("l", j), "more"});
      CHECK(boss.run({"LRANGE", l, "0", "-1"}) == "[\"rest\", \"more\"]");
      for (int j = 0; j < kNames; ++j) boss.run({"DEL", name("l", j)});
    }
    wait_for_info(boss, "total_blocking_keys:0");
  });
}

TEST_CASE("an element that several wait to move on goes all the way in one step") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection first(server.port());
    Connection second(server.port());
    Connection third(server.port());
    for (int i = 0; i < kNames; ++i) {
      const std::string a = name("a", i);
      const std::string b = name("b", i);
      const std::string c = name("c", i);
      third.begin({"BLPOP", c, "0"});
      wait_for_blocked(boss, 1);
      first.begin({"BLMOVE", a, b, "LEFT", "RIGHT", "0"});
      wait_for_blocked(boss, 2);
      second.begin({"BRPOPLPUSH", b, c, "0"});
      wait_for_blocked(boss, 3);
      CHECK(boss.run({"RPUSH", a, "x"}) == "1");
      CHECK(boss.run({"EXISTS", a, b, c}) == "0");
      CHECK(first.receive() == "\"x\"");
      CHECK(second.receive() == "\"x\"");
      CHECK(third.receive() == "[\"" + c + "\", \"x\"]");
      // And by a command of several keys.
      first.begin({"BLMOVE", a, b, "LEFT", "RIGHT", "0"});
      wait_for_blocked(boss, 1);
      boss.run({"RPUSH", c, "y"});
      CHECK(boss.run({"RENAME", c, a}) == "OK");
      CHECK(boss.run({"LRANGE", b, "0", "-1"}) == "[\"y\"]");
      CHECK(first.receive() == "\"y\"");
      boss.run({"DEL", b});
      // Round and round it goes, but not for ever.
      first.begin({"BLMOVE", a, b, "LEFT", "RIGHT", "0"});
      second.begin({"BLMOVE", b, a, "LEFT", "RIGHT", "0"});
      wait_for_blocked(boss, 2);
      CHECK(boss.run({"RPUSH", a, "z"}) == "1");
      CHECK(boss.run({"LRANGE", a, "0", "-1"}) == "[\"z\"]");
      CHECK(first.receive() == "\"z\"");
      CHECK(second.receive() == "\"z\"");
      first.begin({"BLMOVE", b, b, "LEFT", "RIGHT", "0"});
      wait_for_blocked(boss, 1);
      CHECK(boss.run({"RPUSH", b, "1", "2"}) == "2");
      CHECK(boss.run({"LRANGE", b, "0", "-1"}) == "[\"2\", \"1\"]");
      CHECK(first.receive() == "\"1\"");
      boss.run({"DEL", a, b});
    }
    wait_for_info(boss, "total_blocking_keys:0");
  });
}

TEST_CASE("in a pipeline a push and what it wakes elsewhere take their turns") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    for (int i = 0; i < kNames; ++i) {
      const std::string a = name("a", i);
      const std::string b = name("b", i);
      client.begin({"BLMOVE", a, b, "LEFT", "RIGHT", "0"});
      wait_for_blocked(boss, 1);
      // Some before and behind it, for the same key and for another.
      boss.send({"LLEN", a});
      boss.send({"RPUSH", a, "1", "2"});
      boss.send({"LLEN", a});
      boss.send({"LRANGE", b, "0", "-1"});
      boss.send({"RPUSH", a, "3"});
      boss.send({"DEL", a, b});
      CHECK(boss.receive() == "0");
      CHECK(boss.receive() == "2");
      CHECK(boss.receive() == "1");
      CHECK(boss.receive() == "[\"1\"]");
      CHECK(boss.receive() == "2");
      CHECK(boss.receive() == "2");
      CHECK(client.receive() == "\"1\"");
    }
  });
}

TEST_CASE("a move whose target holds something else fails, and leaves the element to the next") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection first(server.port());
    Connection second(server.port());
    for (int i = 0; i < kNames; ++i) {
      const std::string a = name("a", i);
      const std::string b = name("b", i);
      const std::string c = name("c", i);
      boss.run({"SET", b, "text"});
      first.begin({"BLMOVE", a, b, "LEFT", "LEFT", "0"});
      wait_for_blocked(boss, 1);
      second.begin({"BLMOVE", a, c, "LEFT", "LEFT", "0"});
      wait_for_blocked(boss, 2);
      CHECK(boss.run({"RPUSH", a, "x", "y"}) == "2");
      CHECK(first.receive() == kWrongType);
      CHECK(second.receive() == "\"x\"");
      CHECK(boss.run({"LRANGE", a, "0", "-1"}) == "[\"y\"]");
      CHECK(boss.run({"LRANGE", c, "0", "-1"}) == "[\"x\"]");
      boss.run({"DEL", a, b, c});
    }
  });
}

TEST_CASE("a list may come to its key in any way") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    for (int i = 0; i < kNames; ++i) {
      const std::string l = name("l", i);
      const std::string m = name("m", i);
      const auto served_by = [&](const std::vector<Command>& commands) {
        CAPTURE(commands.back().front());
        client.begin({"BLPOP", l, "0"});
        wait_for_blocked(boss, 1);
        boss.run({"SELECT", "1"});
        boss.run({"RPUSH", m, "a", "b"});
        boss.run({"SELECT", "0"});
        boss.run({"RPUSH", m, "a", "b"});
        for (const Command& command : commands) boss.run(command);
        CHECK(client.receive() == "[\"" + l + "\", \"a\"]");
        boss.run({"FLUSHALL"});
      };
      served_by({{"RENAME", m, l}});
      served_by({{"RENAMENX", m, l}});
      served_by({{"COPY", m, l}});
      served_by({{"SELECT", "1"}, {"COPY", m, l, "DB", "0"}, {"SELECT", "0"}});
      served_by({{"SELECT", "1"}, {"RENAME", m, l}, {"MOVE", l, "0"}, {"SELECT", "0"}});
      served_by({{"SELECT", "1"}, {"RENAME", m, l}, {"SELECT", "0"}, {"SWAPDB", "0", "1"}});
      served_by({{"LMOVE", m, l, "LEFT", "RIGHT"}});
      served_by({{"LMPOP", "1", m, "LEFT"}, {"LPUSH", l, "a"}});
      served_by({{"LMPOP", "1", m, "LEFT"}, {"RPUSH", l, "a"}});
      // What is there in the wrong type is no reason to end.
      served_by({{"SET", l, "text"}, {"APPEND", l, "text"}, {"RENAME", m, l}});
      served_by({{"SET", l, "text"}, {"LPUSHX", l, "x"}, {"DEL", l}, {"RPUSH", l, "a"}});
    }
  });
}

TEST_CASE("a key that has expired serves nobody") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    client.begin({"BLPOP", "l", "0"});
    wait_for_blocked(boss, 1);
    boss.run({"SELECT", "1"});
    boss.run({"RPUSH", "l", "old"});
    boss.run({"PEXPIRE", "l", "1"});
    while (boss.run({"EXISTS", "l"}) == "1") {
    }
    boss.run({"SWAPDB", "0", "1"});
    boss.run({"SELECT", "0"});
    wait_for_blocked(boss, 1);
    boss.run({"RPUSH", "l", "new"});
    CHECK(client.receive() == "[\"l\", \"new\"]");
  });
}

TEST_CASE("CLIENT UNBLOCK ends a wait once, as if its time were over or with an error") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    const std::string id = id_of(client);
    for (int i = 0; i < kNames; ++i) {
      const std::string l = name("l", i);
      const std::string m = name("m", i);
      client.begin({"BLPOP", l, m, "0"});
      wait_for_blocked(boss, 1);
      CHECK(boss.run({"CLIENT", "LIST", "ID", id}).find(" flags=b ") != std::string::npos);
      CHECK(boss.run({"CLIENT", "LIST", "ID", id}).find(" cmd=blpop ") != std::string::npos);
      CHECK(boss.run({"CLIENT", "UNBLOCK", id}) == "1");
      CHECK(boss.run({"CLIENT", "UNBLOCK", id}) == "0");
      boss.run({"RPUSH", l, "kept"});
      CHECK(client.receive() == "(nil)");
      CHECK(boss.run({"LPOP", l}) == "\"kept\"");
      client.begin({"BLMOVE", l, m, "LEFT", "RIGHT", "100"});
      wait_for_blocked(boss, 1);
      CHECK(boss.run({"CLIENT", "UNBLOCK", id, "ERROR"}) == "1");
      boss.run({"RPUSH", l, "kept"});
      CHECK(client.receive() == "!UNBLOCKED client unblocked via CLIENT UNBLOCK");
      CHECK(boss.run({"LPOP", l}) == "\"kept\"");
      client.begin({"BLPOP", l, m, "0"});
      wait_for_blocked(boss, 1);
      boss.run({"RPUSH", m, "a"});
      CHECK(boss.run({"CLIENT", "UNBLOCK", id}) == "0");
      CHECK(client.receive() == "[\"" + m + "\", \"a\"]");
    }
    wait_for_info(boss, "total_blocking_keys:0");
  });
}

TEST_CASE("a client that was killed takes nothing any more") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    for (int i = 0; i < 60; ++i) {
      const std::string l = name("l", i % kNames);
      const std::string m = name("m", i % kNames);
      Connection client(server.port());
      const std::string id = id_of(client);
      client.begin({"BLPOP", l, m, "0"});
      // Also while it is about to begin to wait.
      if (i % 2 == 0) wait_for_blocked(boss, 1);
      CHECK(boss.run({"CLIENT", "KILL", "ID", id}) == "1");
      CHECK(boss.run({"RPUSH", l, "kept"}) == "1");
      CHECK(boss.run({"RPUSH", m, "kept"}) == "1");
      CHECK(client.read_to_end().empty());
      CHECK(boss.run({"LPOP", l}) == "\"kept\"");
      CHECK(boss.run({"LPOP", m}) == "\"kept\"");
    }
    wait_for_info(boss, "total_blocking_keys:0");
    wait_for_blocked(boss, 0);
  });
}

TEST_CASE("a client that has gone is forgotten, and takes nothing any more") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    for (int i = 0; i < kNames; ++i) {
      const std::string l = name("l", i);
      {
        Connection client(server.port());
        client.begin({"BLPOP", l, name("m", i), "0"});
        wait_for_blocked(boss, 1);
        // One that sends no more is as good as gone.
        if (i % 2 == 0) {
          client.finish_writing();
          CHECK(client.read_to_end().empty());
        }
      }
      wait_for_info(boss, "total_blocking_keys:0");
      wait_for_blocked(boss, 0);
      CHECK(boss.run({"RPUSH", l, "kept"}) == "1");
      CHECK(boss.run({"LPOP", l}) == "\"kept\"");
    }
  });
}

TEST_CASE("what comes before a command that waits is answered, what comes behind it waits") {
  for (const char* order : {"strict", "relaxed"}) {
    for (const int cores : {1, 4}) {
      CAPTURE(cores);
      CAPTURE(order);
      TestServer server(
          {.cores = cores, .config = "store none\npipeline-order " + std::string(order) + "\n"});
      Connection boss(server.port());
      Connection client(server.port());
      for (int i = 0; i < kNames; ++i) {
        const std::string l = name("l", i);
        client.send({"SET", name("k", i), "before"});
        client.send({"LLEN", l});
        client.send({"BLPOP", l, "0"});
        client.send({"GET", name("k", i)});
        client.send({"BLPOP", l, name("m", i), "0"});
        client.begin({"LLEN", l});
        CHECK(client.receive() == "OK");
        CHECK(client.receive() == "0");
        wait_for_blocked(boss, 1);
        CHECK(boss.run({"SET", name("k", i), "behind"}) == "OK");
        boss.run({"RPUSH", l, "1"});
        CHECK(client.receive() == "[\"" + l + "\", \"1\"]");
        CHECK(client.receive() == "\"behind\"");
        boss.run({"RPUSH", name("m", i), "2"});
        CHECK(client.receive() == "[\"" + name("m", i) + "\", \"2\"]");
        CHECK(client.receive() == "0");
      }
    }
  }
}

TEST_CASE("CLIENT PAUSE holds back the push, and so what it would serve") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    Connection pusher(server.port());
    client.begin({"BLMOVE", "l", "m", "LEFT", "LEFT", "0"});
    wait_for_blocked(boss, 1);
    boss.run({"CLIENT", "PAUSE", "1000000", "WRITE"});
    pusher.begin({"RPUSH", "l", "a"});
    wait_for_blocked(boss, 2);
    CHECK(boss.run({"EXISTS", "l", "m"}) == "0");
    boss.run({"CLIENT", "UNPAUSE"});
    CHECK(pusher.receive() == "1");
    CHECK(client.receive() == "\"a\"");
  });
}

TEST_CASE("a command that waited is counted once, when it ends") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    const auto info = [&boss](const std::string& section, const std::string& line) {
      return boss.run({"INFO", section}).find(line) != std::string::npos;
    };
    Connection client(server.port());
    boss.run({"CONFIG", "SET", "slowlog-log-slower-than", "0"});
    client.begin({"BLPOP", "l", "none", "0"});
    wait_for_blocked(boss, 1);
    CHECK_FALSE(info("commandstats", "cmdstat_blpop"));
    boss.run({"SLOWLOG", "RESET"});
    boss.run({"RPUSH", "l", "a"});
    CHECK(client.receive() == "[\"l\", \"a\"]");
    CHECK(info("commandstats", "cmdstat_blpop:calls=1,"));
    CHECK(boss.run({"SLOWLOG", "GET"}).find("[\"BLPOP\", \"l\", \"none\", \"0\"]") !=
          std::string::npos);
    const std::string id = id_of(client);
    client.begin({"BLPOP", "l", "0"});
    wait_for_blocked(boss, 1);
    boss.run({"CLIENT", "UNBLOCK", id, "ERROR"});
    CHECK(client.receive() == "!UNBLOCKED client unblocked via CLIENT UNBLOCK");
    CHECK(info("commandstats", "cmdstat_blpop:calls=2,"));
    CHECK(info("commandstats", "rejected_calls=0,failed_calls=1"));
    CHECK(info("errorstats", "errorstat_UNBLOCKED:count=1"));
  });
}

TEST_CASE("a server ends while clients wait") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection boss(server.port());
    std::vector<std::unique_ptr<Connection>> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(std::make_unique<Connection>(server.port()));
      clients.back()->begin({"BLMOVE", name("l", i), name("m", i), "LEFT", "LEFT", "0"});
    }
    wait_for_blocked(boss, 20);
    CHECK(server.stop() == 0);
    for (const auto& client : clients) CHECK(client->read_to_end().empty());
  }
}
