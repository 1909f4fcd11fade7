// XREAD and XREADGROUP that wait. What holds for every command that waits is in list_wait_test.cpp.

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
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

constexpr const char* kKeyGone = "!UNBLOCKED the stream key no longer exists";
constexpr const char* kGroupGone =
    "!NOGROUP the consumer group this client was blocked on no longer exists";

constexpr int kConsumers = 8;
constexpr int kEntries = 400;

// What XREAD answers for one entry of the field f.
std::string entry(const std::string& key, const std::string& id, const std::string& value) {
  return "[[\"" + key + "\", [[\"" + id + "\", [\"f\", \"" + value + "\"]]]]]";
}

// A stream with one entry, which its group has read.
void make_stream(Connection& boss, const std::string& key) {
  boss.run({"DEL", key});
  boss.run({"XADD", key, "1-1", "f", "old"});
  boss.run({"XGROUP", "CREATE", key, "g", "$"});
}

Command read_group(const std::string& key, const std::string& consumer = "a") {
  return {"XREADGROUP", "GROUP", "g", consumer, "BLOCK", "0", "STREAMS", key, ">"};
}

}  // namespace

TEST_CASE("XREAD waits for what comes behind the id, and $ is the last at the time of the call") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    for (int i = 0; i < kNames; ++i) {
      const std::string s = name("s", i);
      const std::string t = name("t", i);
      boss.run({"XADD", s, "5-1", "f", "old"});
      client.begin({"XREAD", "BLOCK", "0", "STREAMS", t, s, "$", "$"});
      wait_for_blocked(boss, 1);
      CHECK(boss.run({"XADD", s, "5-2", "f", "new"}) == "\"5-2\"");
      CHECK(client.receive() == entry(s, "5-2", "new"));
      wait_for_blocked(boss, 0);
      // A stream that is not there yet has 0-0 for its last id.
      client.begin({"XREAD", "BLOCK", "100000", "COUNT", "1", "STREAMS", s, t, "7", "$"});
      wait_for_blocked(boss, 1);
      CHECK(boss.run({"XADD", s, "6-9", "f", "too early"}) == "\"6-9\"");
      CHECK(boss.run({"XADD", s, "7", "f", "not behind"}) == "\"7-0\"");
      wait_for_blocked(boss, 1);
      CHECK(boss.run({"XADD", t, "0-1", "f", "first"}) == "\"0-1\"");
      CHECK(client.receive() == entry(t, "0-1", "first"));
    }
    wait_for_info(boss, "total_blocking_keys:0");
  });
}

TEST_CASE("XREAD waits until its time is over, whatever the time") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    CHECK(boss.run({"XREAD", "BLOCK", "1", "STREAMS", "s", "$"}) == "(nil)");
    make_stream(boss, "s");
    CHECK(boss.run({"XREADGROUP", "GROUP", "g", "a", "BLOCK", "1", "STREAMS", "s", ">"}) ==
          "(nil)");
    for (const char* text : {"", "x", "1.5", " 1", "nan", "inf", "9223372036854775808"}) {
      CAPTURE(text);
      CHECK(boss.run({"XREAD", "BLOCK", text, "STREAMS", "s", "$"}) ==
            "!ERR timeout is not an integer or out of range");
    }
    for (const char* text : {"-1", "-2147483648", "-9223372036854775808"}) {
      CAPTURE(text);
      CHECK(boss.run({"XREAD", "BLOCK", text, "STREAMS", "s", "$"}) == "!ERR timeout is negative");
    }
    for (const char* text : {"0", "2147483647", "2147483648", "9223372036854775807"}) {
      CAPTURE(text);
      Connection client(server.port());
      client.begin({"XREAD", "BLOCK", text, "STREAMS", "s", "$"});
      wait_for_blocked(boss, 1);
      boss.run({"XADD", "s", "*", "f", "new"});
      CHECK(client.receive().find("\"new\"") != std::string::npos);
    }
    wait_for_info(boss, "total_blocking_keys:0");
  });
}

TEST_CASE("what is pending for a consumer is answered at once, also with BLOCK") {
  on_one_core_and_four([](Connection& boss, TestServer&) {
    make_stream(boss, "s");
    CHECK(boss.run({"XREADGROUP", "GROUP", "g", "a", "BLOCK", "0", "STREAMS", "s", "0"}) ==
          "[[\"s\", []]]");
    CHECK(boss.run({"XREADGROUP", "GROUP", "g", "a", "BLOCK", "0", "STREAMS", "s", "s", "5",
                    ">"}) == "[[\"s\", []]]");
  });
}

TEST_CASE("one XADD serves everybody who reads, and of each group the one who came first") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    for (int i = 0; i < kNames; ++i) {
      const std::string s = name("s", i);
      make_stream(boss, s);
      std::vector<std::unique_ptr<Connection>> readers;
      const auto begin = [&](const Command& command) {
        readers.push_back(std::make_unique<Connection>(server.port()));
        readers.back()->begin(command);
        wait_for_blocked(boss, static_cast<int>(readers.size()));
      };
      boss.run({"XGROUP", "CREATE", s, "h", "$"});
      begin({"XREAD", "BLOCK", "0", "STREAMS", s, "$"});
      begin(read_group(s, "a"));
      begin(read_group(s, "b"));
      begin({"XREADGROUP", "GROUP", "h", "c", "BLOCK", "0", "NOACK", "STREAMS", s, ">"});
      begin({"XREAD", "BLOCK", "0", "STREAMS", s, "1-1"});
      CHECK(boss.run({"XADD", s, "2-1", "f", "x"}) == "\"2-1\"");
      for (const size_t served : {0, 1, 3, 4}) {
        CHECK(readers[served]->receive() == entry(s, "2-1", "x"));
      }
      wait_for_blocked(boss, 1);
      CHECK(boss.run({"XPENDING", s, "g"}) == "[1, \"2-1\", \"2-1\", [[\"a\", \"1\"]]]");
      CHECK(boss.run({"XPENDING", s, "h"}) == "[0, (nil), (nil), (nil)]");
      CHECK(boss.run({"XADD", s, "2-2", "f", "y"}) == "\"2-2\"");
      CHECK(readers[2]->receive() == entry(s, "2-2", "y"));
      wait_for_blocked(boss, 0);
    }
    wait_for_info(boss, "total_blocking_keys:0");
  });
}

TEST_CASE("a stream that is named more than once is read for each") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    make_stream(boss, "s");
    client.begin({"XREAD", "BLOCK", "0", "STREAMS", "s", "s", "s", "$", "4-0", "$"});
    wait_for_blocked(boss, 1);
    boss.run({"XADD", "s", "2-1", "f", "x"});
    const std::string one = entry("s", "2-1", "x");
    const std::string inner = one.substr(1, one.size() - 2);
    CHECK(client.receive() == "[" + inner + ", " + inner + "]");
  });
}

TEST_CASE("over RESP3 who waited gets a map") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    client.write("HELLO 3\r\nPING\r\nXREAD BLOCK 0 STREAMS s $\r\nPING\r\nQUIT\r\n");
    wait_for_blocked(boss, 1);
    boss.run({"XADD", "s", "1-1", "f", "v"});
    const std::string all = client.read_to_end();
    CHECK(all.substr(all.find("+PONG\r\n") + 7) ==
          "%1\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n+PONG\r\n+OK\r\n");
  });
}

TEST_CASE("a group or a key that goes ends the wait of its consumers with an error") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    for (int i = 0; i < kNames; ++i) {
      const std::string s = name("s", i);
      const std::string t = name("t", i);
      const auto ended_by = [&](const std::vector<Command>& commands, const std::string& reply) {
        CAPTURE(commands.back().front());
        make_stream(boss, s);
        client.begin(read_group(s));
        wait_for_blocked(boss, 1);
        for (const Command& command : commands) boss.run(command);
        CHECK(client.receive() == reply);
        boss.run({"DEL", s, t});
      };
      ended_by({{"DEL", s}}, kKeyGone);
      ended_by({{"UNLINK", s}}, kKeyGone);
      ended_by({{"SET", s, "text"}}, kKeyGone);
      ended_by({{"RPUSH", t, "x"}, {"RENAME", t, s}}, kKeyGone);
      ended_by({{"RENAME", s, t}}, kKeyGone);
      ended_by({{"MOVE", s, "1"}, {"FLUSHALL"}}, kKeyGone);
      ended_by({{"FLUSHALL"}}, kKeyGone);
      ended_by({{"FLUSHDB"}}, kKeyGone);
      ended_by({{"SWAPDB", "0", "2"}, {"FLUSHALL"}}, kKeyGone);
      ended_by({{"PEXPIREAT", s, "1"}}, kKeyGone);
      ended_by({{"PEXPIRE", s, "1"}}, kKeyGone);
      ended_by({{"XGROUP", "DESTROY", s, "other"}, {"XGROUP", "DESTROY", s, "g"}}, kGroupGone);
      ended_by({{"XADD", t, "1-1", "f", "v"}, {"RENAME", t, s}}, kGroupGone);
      ended_by({{"XADD", t, "1-1", "f", "v"}, {"COPY", t, s, "REPLACE"}}, kGroupGone);
      ended_by(
          {{"XADD", t, "1-1", "f", "new"}, {"XGROUP", "CREATE", t, "g", "0"}, {"RENAME", t, s}},
          entry(s, "1-1", "new"));
    }
    wait_for_info(boss, "total_blocking_keys:0");
  });
}

TEST_CASE("INFO tells how many keys are waited for, and how many of them are needed") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection reader(server.port());
    Connection consumer(server.port());
    make_stream(boss, "s");
    make_stream(boss, "t");
    reader.begin({"XREAD", "BLOCK", "0", "STREAMS", "s", "none", "$", "$"});
    wait_for_blocked(boss, 1);
    wait_for_info(boss, "total_blocking_keys_on_nokey:0");
    consumer.begin({"XREADGROUP", "GROUP", "g", "a", "BLOCK", "0", "STREAMS", "s", "t", ">", ">"});
    wait_for_blocked(boss, 2);
    wait_for_info(boss, "total_blocking_keys:3");
    wait_for_info(boss, "total_blocking_keys_on_nokey:2");
    boss.run({"DEL", "t"});
    CHECK(consumer.receive() == kKeyGone);
    wait_for_info(boss, "total_blocking_keys:2");
    wait_for_info(boss, "total_blocking_keys_on_nokey:0");
  });
}

TEST_CASE("who waits for several groups is told of the one that goes") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    for (int i = 0; i < kNames; ++i) {
      const std::string s = name("s", i);
      const std::string t = name("t", i);
      make_stream(boss, s);
      make_stream(boss, t);
      client.begin({"XREADGROUP", "GROUP", "g", "a", "BLOCK", "0", "STREAMS", s, t, ">", ">"});
      wait_for_blocked(boss, 1);
      boss.run({"XGROUP", "DESTROY", t, "g"});
      CHECK(client.receive() == kGroupGone);
      client.begin(read_group(s));
      wait_for_blocked(boss, 1);
      boss.run({"XADD", s, "2-1", "f", "x"});
      CHECK(client.receive() == entry(s, "2-1", "x"));
    }
    const std::string errors = boss.run({"INFO", "errorstats"});
    CHECK(errors.find("errorstat_NOGROUP:count=" + std::to_string(kNames)) != std::string::npos);
  });
}

TEST_CASE("XREAD goes on waiting when its stream goes or something else comes") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    for (int i = 0; i < kNames; ++i) {
      const std::string s = name("s", i);
      make_stream(boss, s);
      client.begin({"XREAD", "BLOCK", "0", "STREAMS", s, "$"});
      wait_for_blocked(boss, 1);
      const std::vector<Command> in_vain = {{"DEL", s},
                                            {"XADD", s, "0-1", "f", "v"},
                                            {"XSETID", s, "9-0"},
                                            {"XGROUP", "CREATE", s, "g", "$"},
                                            {"SET", s, "text"},
                                            {"DEL", s},
                                            {"RPUSH", s, "element"},
                                            {"LPOP", s},
                                            {"XADD", s, "1-1", "f", "v"}};
      for (const Command& command : in_vain) boss.run(command);
      wait_for_blocked(boss, 1);
      boss.run({"XADD", s, "1-2", "f", "x"});
      CHECK(client.receive() == entry(s, "1-2", "x"));
    }
    wait_for_info(boss, "total_blocking_keys:0");
  });
}

TEST_CASE("a consumer who waits is known from then on") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Connection client(server.port());
    make_stream(boss, "s");
    client.begin(read_group("s", "carol"));
    wait_for_blocked(boss, 1);
    CHECK(boss.run({"XINFO", "CONSUMERS", "s", "g"}).find("\"carol\"") != std::string::npos);
    CHECK(boss.run({"XGROUP", "DELCONSUMER", "s", "g", "carol"}) == "0");
    // And again when it is served.
    boss.run({"XADD", "s", "2-1", "f", "x"});
    CHECK(client.receive() == entry("s", "2-1", "x"));
    CHECK(boss.run({"XPENDING", "s", "g"}) == "[1, \"2-1\", \"2-1\", [[\"carol\", \"1\"]]]");
  });
}

TEST_CASE("readers of streams are unblocked and killed as others are") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    for (int i = 0; i < kNames; ++i) {
      const std::string s = name("s", i);
      make_stream(boss, s);
      Connection client(server.port());
      const std::string id = id_of(client);
      client.begin(read_group(s));
      wait_for_blocked(boss, 1);
      CHECK(boss.run({"CLIENT", "UNBLOCK", id, "TIMEOUT"}) == "1");
      CHECK(client.receive() == "(nil)");
      client.begin({"XREAD", "BLOCK", "0", "STREAMS", s, name("t", i), "$", "$"});
      wait_for_blocked(boss, 1);
      CHECK(boss.run({"CLIENT", "UNBLOCK", id, "ERROR"}) == "1");
      CHECK(client.receive() == "!UNBLOCKED client unblocked via CLIENT UNBLOCK");
      client.begin(read_group(s));
      wait_for_blocked(boss, 1);
      CHECK(boss.run({"CLIENT", "KILL", "ID", id}) == "1");
      CHECK(boss.run({"XADD", s, "2-1", "f", "kept"}) == "\"2-1\"");
      CHECK(client.read_to_end().empty());
      CHECK(boss.run({"XPENDING", s, "g"}) == "[0, (nil), (nil), (nil)]");
    }
    wait_for_info(boss, "total_blocking_keys:0");
    wait_for_blocked(boss, 0);
  });
}

TEST_CASE("consumers on all cores take every entry once") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    boss.run({"XGROUP", "CREATE", "s", "g", "$", "MKSTREAM"});
    std::vector<std::thread> consumers;
    std::vector<int> taken(kConsumers, 0);
    for (size_t i = 0; i < kConsumers; ++i) {
      consumers.emplace_back([&server, &taken, i] {
        Connection client(server.port());
        const Command read = {"XREADGROUP", "GROUP", "g",     name("c", static_cast<int>(i)),
                              "COUNT",      "1",     "BLOCK", "0",
                              "STREAMS",    "s",     ">"};
        while (client.run(read).front() != '!') ++taken[i];
      });
    }
    for (int i = 1; i <= kEntries; ++i) boss.run({"XADD", "s", std::to_string(i), "f", "v"});
    wait_for_blocked(boss, kConsumers);
    boss.run({"DEL", "s"});
    for (std::thread& consumer : consumers) consumer.join();
    int all = 0;
    for (const int count : taken) all += count;
    CHECK(all == kEntries);
    wait_for_info(boss, "total_blocking_keys:0");
  });
}
