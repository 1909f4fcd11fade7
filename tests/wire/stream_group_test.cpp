#include <doctest/doctest.h>

#include <regex>
#include <string>
#include <vector>

#include "tests/wire/collections.hpp"
#include "tests/wire/connection.hpp"

using tidemark::test::Connection;
using tidemark::test::on_one_core_and_four;
using tidemark::test::over_resp3;
using tidemark::test::TestServer;

namespace {

// With entries 1-0 ... `count`-0 at "s" and a group "g" that has read nothing.
void make_stream(Connection& client, int count) {
  client.run({"DEL", "s"});
  client.run({"XGROUP", "CREATE", "s", "g", "0", "MKSTREAM"});
  for (int i = 1; i <= count; ++i) client.run({"XADD", "s", std::to_string(i), "f", "v"});
}

std::string read_group(Connection& client, const char* consumer, const char* count) {
  return client.run({"XREADGROUP", "GROUP", "g", consumer, "COUNT", count, "STREAMS", "s", ">"});
}

// Without idle times.
std::string pending(Connection& client, std::vector<std::string> words = {"-", "+", "10"}) {
  words.insert(words.begin(), {"XPENDING", "s", "g"});
  static const std::regex kIdle("\", \\d+, ");
  return std::regex_replace(client.run(words), kIdle, "\", ");
}

// Times of consumers since 2017 as "time", and spans of time as "span".
std::string without_times(const std::string& reply) {
  static const std::regex kTime("-time\", \\d{13}");
  static const std::regex kSpan("\"(idle|inactive)\", \\d+");
  static const std::regex kDelivered(", \\d{13}, ");
  return std::regex_replace(
      std::regex_replace(std::regex_replace(reply, kTime, "-time\", time"), kSpan, "\"$1\", span"),
      kDelivered, ", time, ");
}

constexpr const char* kInvalidId = "!ERR Invalid stream ID specified as stream command argument";

}  // namespace

TEST_CASE("a group hands each entry to one consumer and remembers it until it is acknowledged") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    make_stream(client, 4);
    CHECK(read_group(client, "alice", "2") ==
          R"([["s", [["1-0", ["f", "v"]], ["2-0", ["f", "v"]]]]])");
    CHECK(read_group(client, "bob", "5") ==
          R"([["s", [["3-0", ["f", "v"]], ["4-0", ["f", "v"]]]]])");
    CHECK(read_group(client, "bob", "5") == "(nil)");
    CHECK(client.run({"XPENDING", "s", "g"}) ==
          R"([4, "1-0", "4-0", [["alice", "2"], ["bob", "2"]]])");
    CHECK(pending(client, {"-", "+", "10", "bob"}) == R"([["3-0", "bob", 1], ["4-0", "bob", 1]])");
    CHECK(pending(client, {"(1", "(4-0", "10"}) == R"([["2-0", "alice", 1], ["3-0", "bob", 1]])");
    CHECK(pending(client, {"IDLE", "100000000", "-", "+", "10"}) == "[]");
    CHECK(pending(client, {"IDLE", "0", "-", "+", "1"}) == R"([["1-0", "alice", 1]])");
    CHECK(pending(client, {"-", "+", "10", "nobody"}) == "[]");
    CHECK(client.run({"XACK", "s", "g", "1", "3", "9"}) == "2");
    CHECK(client.run({"XACK", "s", "g", "1"}) == "0");
    CHECK(client.run({"XACK", "s", "none", "x"}) == "0");
    CHECK(client.run({"XACK", "s", "g", "2", "x"}) == kInvalidId);
    CHECK(pending(client) == R"([["2-0", "alice", 1], ["4-0", "bob", 1]])");
    CHECK(client.run({"XACK", "s", "g", "2", "4"}) == "2");
    CHECK(client.run({"XPENDING", "s", "g"}) == "[0, (nil), (nil), (nil)]");
  });
}

TEST_CASE("a consumer may read again what is pending for it") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    make_stream(client, 3);
    read_group(client, "alice", "3");
    client.run({"XDEL", "s", "2"});
    const auto history = [&client](const char* from) {
      return client.run({"XREADGROUP", "GROUP", "g", "alice", "STREAMS", "s", from});
    };
    CHECK(history("0") == R"([["s", [["1-0", ["f", "v"]], ["2-0", (nil)], ["3-0", ["f", "v"]]]]])");
    CHECK(history("1-0") == R"([["s", [["2-0", (nil)], ["3-0", ["f", "v"]]]]])");
    CHECK(history("3") == R"([["s", []]])");
    CHECK(pending(client) == R"([["1-0", "alice", 2], ["2-0", "alice", 1], ["3-0", "alice", 3]])");
    CHECK(client.run({"XREADGROUP", "GROUP", "g", "bob", "STREAMS", "s", "0"}) == R"([["s", []]])");
  });
}

TEST_CASE("a group reads streams on any cores, and without acknowledgement if it likes") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    for (const char* key : {"a", "b", "c"}) {
      client.run({"XGROUP", "CREATE", key, "g", "$", "MKSTREAM"});
      client.run({"XADD", key, "1", "f", key});
      client.run({"XADD", key, "2", "f", key});
    }
    CHECK(client.run({"XREADGROUP", "GROUP", "g", "c", "COUNT", "1", "NOACK", "STREAMS", "a", "b",
                      "c", "a", ">", ">", "0", ">"}) ==
          R"([["a", [["1-0", ["f", "a"]]]], ["b", [["1-0", ["f", "b"]]]], ["c", []], )"
          R"(["a", [["2-0", ["f", "a"]]]]])");
    CHECK(client.run({"XPENDING", "a", "g"}) == "[0, (nil), (nil), (nil)]");
    CHECK(client.run({"XREADGROUP", "GROUP", "g", "c", "STREAMS", "a", "none", ">", ">"}) ==
          "!NOGROUP No such key 'none' or consumer group 'g' in XREADGROUP with GROUP option");
    CHECK(client.run({"XREADGROUP", "GROUP", "h", "c", "STREAMS", "a", ">"}) ==
          "!NOGROUP No such key 'a' or consumer group 'h' in XREADGROUP with GROUP option");
    CHECK(client.run({"XREADGROUP", "NOACK", "COUNT", "1", "STREAMS", "a", "b", ">", ">"}) ==
          "!ERR Missing GROUP option for XREADGROUP");
    CHECK(client.run({"XREADGROUP", "GROUP", "g", "c", "STREAMS", "a", "$"})
              .starts_with("!ERR The $ ID is meaningless in the context of XREADGROUP"));
    CHECK(client.run({"XREADGROUP", "GROUP", "g", "c", "STREAMS", "a", "+"}) == kInvalidId);
  });
}

TEST_CASE("groups and consumers come and go by name") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    const std::string required =
        "!ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want "
        "to use the MKSTREAM option to create an empty stream automatically.";
    CHECK(client.run({"XGROUP", "CREATE", "s", "g", "$"}) == required);
    CHECK(client.run({"XGROUP", "CREATE", "s", "g", "x", "MKSTREAM"}) == kInvalidId);
    CHECK(client.run({"XGROUP", "CREATE", "s", "g", "-", "MKSTREAM"}) == kInvalidId);
    CHECK(client.run({"XGROUP", "CREATE", "s", "g", "$", "MKSTREAM", "ENTRIESREAD", "-2"}) ==
          "!ERR value for ENTRIESREAD must be positive or -1");
    CHECK(client.run({"XGROUP", "CREATE", "s", "g", "$", "NEW"}) ==
          "!ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.");
    CHECK(client.run({"EXISTS", "s"}) == "0");
    CHECK(client.run({"XGROUP", "CREATE", "s", "g", "$", "MKSTREAM"}) == "OK");
    CHECK(client.run({"XGROUP", "CREATE", "s", "g", "$"}) ==
          "!BUSYGROUP Consumer Group name already exists");
    CHECK(client.run({"XGROUP", "CREATECONSUMER", "s", "g", "alice"}) == "1");
    CHECK(client.run({"XGROUP", "CREATECONSUMER", "s", "g", "alice"}) == "0");
    CHECK(client.run({"XGROUP", "CREATECONSUMER", "s", "none", "alice"}) ==
          "!NOGROUP No such consumer group 'none' for key name 's'");
    CHECK(client.run({"XGROUP", "CREATECONSUMER", "none", "g", "alice"}) == required);
    client.run({"XADD", "s", "1", "f", "v"});
    client.run({"XADD", "s", "2", "f", "v"});
    read_group(client, "alice", "2");
    CHECK(client.run({"XGROUP", "DELCONSUMER", "s", "g", "alice"}) == "2");
    CHECK(client.run({"XGROUP", "DELCONSUMER", "s", "g", "alice"}) == "0");
    CHECK(pending(client) == "[]");
    CHECK(client.run({"XGROUP", "DESTROY", "s", "g"}) == "1");
    CHECK(client.run({"XGROUP", "DESTROY", "s", "g"}) == "0");
    CHECK(client.run({"XGROUP", "DESTROY", "none", "g"}) == required);
    CHECK(client.run({"XGROUP", "HELP"}).starts_with("[XGROUP <subcommand>"));
    CHECK(client.run({"XINFO", "HELP", "x"}) ==
          "!ERR wrong number of arguments for 'xinfo|help' command");
  });
}

TEST_CASE("a group may be moved, and reads again what it has read") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    make_stream(client, 3);
    read_group(client, "alice", "3");
    CHECK(client.run({"XGROUP", "SETID", "s", "g", "1"}) == "OK");
    CHECK(read_group(client, "bob", "1") == R"([["s", [["2-0", ["f", "v"]]]]])");
    CHECK(pending(client) == R"([["1-0", "alice", 1], ["2-0", "bob", 1], ["3-0", "alice", 1]])");
    CHECK(client.run({"XGROUP", "SETID", "s", "g", "$", "ENTRIESREAD", "3"}) == "OK");
    CHECK(read_group(client, "bob", "1") == "(nil)");
    CHECK(client.run({"XGROUP", "SETID", "s", "g", "-"}) == "OK");
    CHECK(client.run({"XGROUP", "SETID", "s", "g", "x"}) == kInvalidId);
    CHECK(client.run({"XGROUP", "SETID", "s", "none", "x"}) ==
          "!NOGROUP No such consumer group 'none' for key name 's'");
    CHECK(client.run({"XGROUP", "SETID", "s", "g", "0", "MKSTREAM"}) ==
          "!ERR unknown subcommand or wrong number of arguments for 'SETID'. Try XGROUP HELP.");
  });
}

TEST_CASE("a pending entry is claimed by another consumer, if it has been idle for long enough") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    make_stream(client, 5);
    read_group(client, "alice", "4");
    const auto claim = [&client](std::vector<std::string> words) {
      words.insert(words.begin(), {"XCLAIM", "s", "g"});
      return client.run(words);
    };
    CHECK(claim({"bob", "100000000", "1"}) == "[]");
    CHECK(claim({"bob", "0", "1", "5", "9"}) == R"([["1-0", ["f", "v"]]])");
    CHECK(claim({"bob", "0", "2", "JUSTID"}) == R"(["2-0"])");
    CHECK(claim({"bob", "0", "5", "9", "FORCE"}) == R"([["5-0", ["f", "v"]]])");
    CHECK(claim({"bob", "0", "3", "RETRYCOUNT", "9223372036854775807", "JUSTID"}) == R"(["3-0"])");
    CHECK(pending(client) ==
          R"([["1-0", "bob", 2], ["2-0", "bob", 1], ["3-0", "bob", 9223372036854775807], )"
          R"(["4-0", "alice", 1], ["5-0", "bob", 2]])");
    // What has been erased is not there to be claimed: it is pending no longer.
    client.run({"XDEL", "s", "4"});
    CHECK(claim({"bob", "0", "4"}) == "[]");
    CHECK(pending(client, {"-", "+", "10", "alice"}) == "[]");
    CHECK(claim({"bob", "0", "1", "IDLE", "5000000", "JUSTID"}) == R"(["1-0"])");
    CHECK(pending(client, {"IDLE", "5000000", "-", "+", "10"}) == R"([["1-0", "bob", 2]])");
    CHECK(claim({"bob", "0", "1", "TIME", "9223372036854775807", "JUSTID"}) == R"(["1-0"])");
    CHECK(pending(client, {"IDLE", "5000000", "-", "+", "10"}) == "[]");
    CHECK(claim({"bob", "0", "1", "LASTID", "7"}) == R"([["1-0", ["f", "v"]]])");
    CHECK(client.run({"XINFO", "GROUPS", "s"}) ==
          R"([["name", "g", "consumers", 2, "pending", 4, "last-delivered-id", "7-0", )"
          R"("entries-read", 4, "lag", 1]])");

    CHECK(claim({"bob", "x", "1"}) == "!ERR Invalid min-idle-time argument for XCLAIM");
    CHECK(claim({"bob", "0", "x"}) == "!ERR Unrecognized XCLAIM option 'x'");
    CHECK(claim({"bob", "0", "1", "IDLE"}) == "!ERR Unrecognized XCLAIM option 'IDLE'");
    CHECK(claim({"bob", "0", "1", "IDLE", "x"}) == "!ERR Invalid IDLE option argument for XCLAIM");
    CHECK(claim({"bob", "0", "1", "TIME", "x"}) == "!ERR Invalid TIME option argument for XCLAIM");
    CHECK(claim({"bob", "0", "1", "RETRYCOUNT", "x"}) ==
          "!ERR Invalid RETRYCOUNT option argument for XCLAIM");
    CHECK(claim({"bob", "0", "1", "LASTID", "x"}) == kInvalidId);
    CHECK(client.run({"XCLAIM", "s", "none", "bob", "x", "y"}) ==
          "!NOGROUP No such key 's' or consumer group 'none'");
  });
}

TEST_CASE("XAUTOCLAIM goes through what is pending, and drops what has been erased") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    make_stream(client, 6);
    read_group(client, "alice", "6");
    client.run({"XDEL", "s", "2", "5"});
    const auto autoclaim = [&client](std::vector<std::string> words) {
      words.insert(words.begin(), {"XAUTOCLAIM", "s", "g", "bob"});
      return client.run(words);
    };
    CHECK(autoclaim({"100000000", "0", "COUNT", "1"}) == R"(["3-0", [], ["2-0"]])");
    CHECK(autoclaim({"0", "-", "COUNT", "2", "JUSTID"}) == R"(["4-0", ["1-0", "3-0"], []])");
    CHECK(autoclaim({"0", "(3"}) ==
          R"(["0-0", [["4-0", ["f", "v"]], ["6-0", ["f", "v"]]], ["5-0"]])");
    CHECK(autoclaim({"0", "+"}) == R"(["0-0", [], []])");
    CHECK(pending(client) ==
          R"([["1-0", "bob", 1], ["3-0", "bob", 1], ["4-0", "bob", 2], ["6-0", "bob", 2]])");
    // It looks at ten times as many as it may return.
    for (int i = 7; i <= 40; ++i) client.run({"XADD", "s", std::to_string(i), "f", "v"});
    read_group(client, "alice", "100");
    CHECK(autoclaim({"100000000", "0", "COUNT", "2"}) == R"(["23-0", [], []])");

    CHECK(autoclaim({"x", "0"}) == "!ERR Invalid min-idle-time argument for XAUTOCLAIM");
    CHECK(autoclaim({"0", "x"}) == kInvalidId);
    for (const char* count : {"0", "-1", "x", "8070450532247928833", "9223372036854775808"}) {
      CHECK(autoclaim({"0", "0", "COUNT", count}) == "!ERR COUNT must be > 0");
    }
    CHECK(autoclaim({"0", "0", "COUNT", "576460752303423487", "JUSTID"}).starts_with("[\"0-0\""));
    CHECK(autoclaim({"0", "0", "ALL"}) == "!ERR syntax error");
    CHECK(client.run({"XAUTOCLAIM", "none", "g", "bob", "0", "0"}) ==
          "!NOGROUP No such key 'none' or consumer group 'g'");
  });
}

TEST_CASE("a consumer is known, seen and active as Redis 7.2 tells it") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    make_stream(client, 0);
    CHECK(read_group(client, "alice", "1") == "(nil)");
    client.run({"XGROUP", "CREATECONSUMER", "s", "g", "bob"});
    const auto consumers = [&client] {
      return without_times(client.run({"XINFO", "CONSUMERS", "s", "g"}));
    };
    CHECK(consumers() == R"([["name", "alice", "pending", 0, "idle", span, "inactive", -1], )"
                         R"(["name", "bob", "pending", 0, "idle", span, "inactive", -1]])");
    client.run({"XADD", "s", "1", "f", "v"});
    read_group(client, "alice", "1");
    client.run({"XAUTOCLAIM", "s", "g", "carol", "100000000", "0"});
    client.run({"XCLAIM", "s", "g", "dave", "100000000", "1"});
    CHECK(consumers() == R"([["name", "alice", "pending", 1, "idle", span, "inactive", span], )"
                         R"(["name", "bob", "pending", 0, "idle", span, "inactive", -1], )"
                         R"(["name", "carol", "pending", 0, "idle", span, "inactive", -1], )"
                         R"(["name", "dave", "pending", 0, "idle", span, "inactive", -1]])");
    CHECK(client.run({"XINFO", "CONSUMERS", "s", "none"}) ==
          "!NOGROUP No such consumer group 'none' for key name 's'");
    CHECK(client.run({"XINFO", "CONSUMERS", "none", "g"}) == "!ERR no such key");
  });
}

TEST_CASE("XINFO STREAM FULL tells all, or so many of each") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    make_stream(client, 3);
    read_group(client, "alice", "2");
    const auto full = [&client](std::vector<std::string> words) {
      words.insert(words.begin(), {"XINFO", "STREAM", "s", "FULL"});
      return without_times(client.run(words));
    };
    const std::string head =
        R"(["length", 3, "radix-tree-keys", 1, "radix-tree-nodes", 2, )"
        R"("last-generated-id", "3-0", "max-deleted-entry-id", "0-0", "entries-added", 3, )"
        R"("recorded-first-entry-id", "1-0", "entries", )";
    CHECK(full({}) ==
          head + R"([["1-0", ["f", "v"]], ["2-0", ["f", "v"]], ["3-0", ["f", "v"]]], "groups", )"
                 R"([["name", "g", "last-delivered-id", "2-0", "entries-read", 2, "lag", 1, )"
                 R"("pel-count", 2, "pending", [["1-0", "alice", time, 1], )"
                 R"(["2-0", "alice", time, 1]], "consumers", [["name", "alice", )"
                 R"("seen-time", time, "active-time", time, "pel-count", 2, "pending", )"
                 R"([["1-0", time, 1], ["2-0", time, 1]]]]]]])");
    CHECK(full({"COUNT", "1"}) ==
          head + R"([["1-0", ["f", "v"]]], "groups", )"
                 R"([["name", "g", "last-delivered-id", "2-0", "entries-read", 2, "lag", 1, )"
                 R"("pel-count", 2, "pending", [["1-0", "alice", time, 1]], "consumers", )"
                 R"([["name", "alice", "seen-time", time, "active-time", time, )"
                 R"("pel-count", 2, "pending", [["1-0", time, 1]]]]]]])");
    CHECK(full({"COUNT", "0"}) == full({}));
    CHECK(full({"COUNT", "-5"}) == full({}));
    CHECK(full({"COUNT", "x"}) == "!ERR value is not an integer or out of range");
    CHECK(full({"COUNT"}) ==
          "!ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.");
  });
}

TEST_CASE("XPENDING refuses what is no range") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    make_stream(client, 1);
    CHECK(pending(client, {"-", "+"}) == "!ERR syntax error");
    CHECK(pending(client, {"-", "+", "x"}) == "!ERR value is not an integer or out of range");
    CHECK(pending(client, {"x", "+", "1"}) == kInvalidId);
    CHECK(pending(client, {"-", "+", "-1"}) == "[]");
    CHECK(pending(client, {"IDLE", "x", "-", "+", "1"}) ==
          "!ERR value is not an integer or out of range");
    CHECK(pending(client, {"IDLE", "1", "-", "+"}) == "!ERR syntax error");
    CHECK(client.run({"XPENDING", "s", "none"}) ==
          "!NOGROUP No such key 's' or consumer group 'none'");
    CHECK(client.run({"XPENDING", "none", "g", "-", "+", "1"}) ==
          "!NOGROUP No such key 'none' or consumer group 'g'");
  });
}

TEST_CASE("RESP3 tells of groups in maps") {
  TestServer server({.cores = 4});
  Connection client(server.port());
  make_stream(client, 1);
  CHECK(over_resp3(server, {"XREADGROUP GROUP g c STREAMS s >"}) ==
        "%1\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n");
  CHECK(over_resp3(server, {"XREADGROUP GROUP g c STREAMS s >"}) == "_\r\n");
  CHECK(
      over_resp3(server, {"XINFO GROUPS s"}).starts_with("*1\r\n%6\r\n$4\r\nname\r\n$1\r\ng\r\n"));
  CHECK(over_resp3(server, {"XINFO CONSUMERS s g"})
            .starts_with("*1\r\n%4\r\n$4\r\nname\r\n$1\r\nc\r\n"));
  CHECK(over_resp3(server, {"XPENDING s g"}) ==
        "*4\r\n:1\r\n$3\r\n1-0\r\n$3\r\n1-0\r\n*1\r\n*2\r\n$1\r\nc\r\n$1\r\n1\r\n");
  CHECK(over_resp3(server, {"XACK s g 1", "XPENDING s g"}) == ":1\r\n*4\r\n:0\r\n_\r\n_\r\n_\r\n");
}
