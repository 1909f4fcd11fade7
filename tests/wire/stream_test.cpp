#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/wire/collections.hpp"
#include "tests/wire/connection.hpp"

using tidemark::test::Connection;
using tidemark::test::on_one_core_and_four;
using tidemark::test::over_resp3;
using tidemark::test::TestServer;

TEST_CASE("the words of XREAD may be names") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    for (int i = 0; i < 12; ++i) {
      const std::string s = "s:" + std::to_string(i);
      const std::string found = "[[\"" + s + "\", [[\"1-1\", [\"f\", \"v\"]]]]]";
      client.run({"XADD", s, "1-1", "f", "v"});
      client.run({"XGROUP", "CREATE", s, "STREAMS", "0"});
      CHECK(client.run({"XREADGROUP", "COUNT", "1", "GROUP", "STREAMS", "STREAMS", "STREAMS", s,
                        ">"}) == found);
      CHECK(client.run({"XREAD", "COUNT", "1", "STREAMS", "STREAMS", s, "0", "0"}) == found);
    }
  });
}

TEST_CASE("entries are added under ids that grow, and read in either direction") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    CHECK(client.run({"XADD", "s", "1-1", "f", "v"}) == R"("1-1")");
    CHECK(client.run({"XADD", "s", "1-*", "f", "v2", "n", "7"}) == R"("1-2")");
    CHECK(client.run({"XADD", "s", "2", "other", ""}) == R"("2-0")");
    CHECK(client.run({"XADD", "s", "5-*", "f", "v"}) == R"("5-0")");
    CHECK(client.run({"XLEN", "s"}) == "4");
    CHECK(client.run({"TYPE", "s"}) == "stream");
    CHECK(client.run({"OBJECT", "ENCODING", "s"}) == R"("stream")");
    CHECK(client.run({"XRANGE", "s", "-", "+", "COUNT", "2"}) ==
          R"([["1-1", ["f", "v"]], ["1-2", ["f", "v2", "n", "7"]]])");
    CHECK(client.run({"XRANGE", "s", "(1-1", "2"}) ==
          R"([["1-2", ["f", "v2", "n", "7"]], ["2-0", ["other", ""]]])");
    CHECK(client.run({"XREVRANGE", "s", "(5-0", "1-2"}) ==
          R"([["2-0", ["other", ""]], ["1-2", ["f", "v2", "n", "7"]]])");
    CHECK(client.run({"XREVRANGE", "s", "+", "-", "COUNT", "1"}) == R"([["5-0", ["f", "v"]]])");
    CHECK(client.run({"XRANGE", "s", "+", "-"}) == "[]");
    CHECK(client.run({"XRANGE", "none", "-", "+"}) == "[]");
    CHECK(client.run({"XRANGE", "s", "-", "+", "COUNT", "0"}) == "(nil)");
  });
}

TEST_CASE("an id that the server gives is that of now, or the next") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    const std::string first = client.run({"XADD", "s", "*", "f", "v"});
    CHECK(first.size() >= 17);
    CHECK(client.run({"XADD", "s", "*", "f", "v"}) > first);
    // Of the far future: time stands still until it comes.
    client.run({"XADD", "s", "99999999999999-18446744073709551615", "f", "v"});
    CHECK(client.run({"XADD", "s", "*", "f", "v"}) == R"("100000000000000-0")");
    client.run({"XADD", "s", "18446744073709551615-18446744073709551615", "f", "v"});
    for (const char* id : {"*", "18446744073709551615-*", "5-5"}) {
      CHECK(client.run({"XADD", "s", id, "f", "v"}) ==
            "!ERR The stream has exhausted the last possible ID, unable to add more items");
    }
  });
}

TEST_CASE("ids that cannot be are refused, and leave no key behind") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    const auto refused = [&client](const char* id) {
      return client.run({"XADD", "s", id, "f", "v"});
    };
    const std::string invalid = "!ERR Invalid stream ID specified as stream command argument";
    for (const char* id : {"", "-", "+", "$", "x", "1-", "-1", "1-2-3", "*-1", "1-**",
                           "18446744073709551616", "1-18446744073709551616"}) {
      CAPTURE(id);
      CHECK(refused(id) == invalid);
    }
    CHECK(refused("0-0") == "!ERR The ID specified in XADD must be greater than 0-0");
    CHECK(client.run({"EXISTS", "s"}) == "0");
    CHECK(refused("5-3") == R"("5-3")");
    for (const char* id : {"5-3", "5-2", "4", "4-*"}) {
      CHECK(refused(id) ==
            "!ERR The ID specified in XADD is equal or smaller than the target stream top item");
    }
    CHECK(refused("5-18446744073709551615") == R"("5-18446744073709551615")");
    CHECK(refused("5-*") ==
          "!ERR The ID specified in XADD is equal or smaller than the target stream top item");
    CHECK(client.run({"XRANGE", "s", "x", "+"}) == invalid);
    CHECK(client.run({"XRANGE", "s", "(18446744073709551615-18446744073709551615", "+"}) ==
          "!ERR invalid start ID for the interval");
    CHECK(client.run({"XRANGE", "s", "-", "(0-0"}) == "!ERR invalid end ID for the interval");
    CHECK(client.run({"XDEL", "s", "5-3", "x"}) == invalid);
    CHECK(client.run({"XLEN", "s"}) == "2");
  });
}

TEST_CASE("a stream keeps to the length or to the age that XADD and XTRIM give it") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"CONFIG", "SET", "stream-node-max-entries", "10"});
    for (int i = 1; i <= 100; ++i) client.run({"XADD", "s", std::to_string(i), "f", "v"});
    CHECK(client.run({"XTRIM", "s", "MAXLEN", "95"}) == "5");
    CHECK(client.run({"XTRIM", "s", "MAXLEN", "=", "95"}) == "0");
    CHECK(client.run({"XTRIM", "s", "MAXLEN", "~", "83"}) == "5");
    CHECK(client.run({"XTRIM", "s", "MAXLEN", "~", "0", "LIMIT", "25"}) == "20");
    CHECK(client.run({"XTRIM", "s", "MINID", "35"}) == "4");
    CHECK(client.run({"XTRIM", "s", "MINID", "~", "45"}) == "6");
    CHECK(client.run({"XLEN", "s"}) == "60");
    CHECK(client.run({"XADD", "s", "MAXLEN", "3", "101", "f", "v"}) == R"("101-0")");
    CHECK(client.run({"XLEN", "s"}) == "3");
    CHECK(client.run({"XADD", "s", "MINID", "=", "102", "102", "f", "v"}) == R"("102-0")");
    CHECK(client.run({"XLEN", "s"}) == "1");
    // Even of all its entries: the stream goes on.
    CHECK(client.run({"XADD", "s", "MAXLEN", "0", "103", "f", "v"}) == R"("103-0")");
    CHECK(client.run({"XLEN", "s"}) == "0");
    CHECK(client.run({"EXISTS", "s"}) == "1");
    CHECK(client.run({"XADD", "s", "103", "f", "v"}).starts_with("!ERR The ID specified in XADD"));
    CHECK(client.run({"XTRIM", "none", "MAXLEN", "0"}) == "0");
    CHECK(client.run({"XADD", "none", "NOMKSTREAM", "1", "f", "v"}) == "(nil)");
    CHECK(client.run({"EXISTS", "none"}) == "0");
  });
}

TEST_CASE("options of a trim that do not belong together are refused") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    const auto trim = [&client](std::vector<std::string> words) {
      words.insert(words.begin(), {"XTRIM", "s"});
      return client.run(words);
    };
    CHECK(trim({"MAXLEN", "x"}) == "!ERR value is not an integer or out of range");
    CHECK(trim({"MAXLEN", "9223372036854775808"}) ==
          "!ERR value is not an integer or out of range");
    CHECK(trim({"MAXLEN", "-1"}) == "!ERR The MAXLEN argument must be >= 0.");
    CHECK(trim({"MAXLEN", "~", "1", "LIMIT", "-1"}) == "!ERR The LIMIT argument must be >= 0.");
    CHECK(trim({"MAXLEN", "1", "LIMIT", "1"}) ==
          "!ERR syntax error, LIMIT cannot be used without the special ~ option");
    CHECK(trim({"LIMIT", "1"}) ==
          "!ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
    CHECK(trim({"MAXLEN", "1", "MINID", "1"}) ==
          "!ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
    CHECK(trim({"MINID", "x"}) == "!ERR Invalid stream ID specified as stream command argument");
    CHECK(trim({"NOMKSTREAM", "MAXLEN", "1"}) == "!ERR syntax error");
    CHECK(client.run({"XADD", "s", "1", "f", "v", "g"}) ==
          "!ERR wrong number of arguments for 'xadd' command");
    CHECK(client.run({"XADD", "s", "MAXLEN", "5", "1"}) ==
          "!ERR wrong number of arguments for 'xadd' command");
  });
}

TEST_CASE("erased entries are gone, and the stream remembers the last of them") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    for (const char* id : {"1", "2", "3"}) client.run({"XADD", "s", id, "f", id});
    CHECK(client.run({"XDEL", "s", "2", "2", "9"}) == "1");
    CHECK(client.run({"XDEL", "s", "1"}) == "1");
    CHECK(client.run({"XDEL", "none", "1"}) == "0");
    CHECK(client.run({"XINFO", "STREAM", "s"}) ==
          R"(["length", 1, "radix-tree-keys", 1, "radix-tree-nodes", 2, )"
          R"("last-generated-id", "3-0", "max-deleted-entry-id", "2-0", "entries-added", 3, )"
          R"("recorded-first-entry-id", "3-0", "groups", 0, "first-entry", ["3-0", ["f", "3"]], )"
          R"("last-entry", ["3-0", ["f", "3"]]])");
    CHECK(client.run({"XDEL", "s", "3"}) == "1");
    CHECK(client.run({"XINFO", "STREAM", "s"}) ==
          R"(["length", 0, "radix-tree-keys", 0, "radix-tree-nodes", 1, )"
          R"("last-generated-id", "3-0", "max-deleted-entry-id", "3-0", "entries-added", 3, )"
          R"("recorded-first-entry-id", "0-0", "groups", 0, "first-entry", (nil), )"
          R"("last-entry", (nil)])");
    CHECK(client.run({"XINFO", "STREAM", "none"}) == "!ERR no such key");
    CHECK(client.run({"XINFO", "STREAM", "s", "whole"}) ==
          "!ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.");
  });
}

TEST_CASE("XSETID sets what a stream remembers, within what it holds") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    CHECK(client.run({"XSETID", "s", "5"}) == "!ERR no such key");
    client.run({"XADD", "s", "3", "f", "v"});
    CHECK(client.run({"XSETID", "s", "2"}) ==
          "!ERR The ID specified in XSETID is smaller than the target stream top item");
    CHECK(client.run({"XSETID", "s", "5", "ENTRIESADDED", "0"}) ==
          "!ERR The entries_added specified in XSETID is smaller than the target stream length");
    CHECK(client.run({"XSETID", "s", "5", "ENTRIESADDED", "-1"}) ==
          "!ERR entries_added must be positive");
    CHECK(client.run({"XSETID", "s", "5", "MAXDELETEDID", "5-1"}) ==
          "!ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
    CHECK(client.run({"XSETID", "s", "5", "7"}) == "!ERR syntax error");
    CHECK(client.run({"XSETID", "s", "5", "ENTRIESADDED", "9", "MAXDELETEDID", "4"}) == "OK");
    CHECK(client.run({"XADD", "s", "5", "f", "v"}).starts_with("!ERR The ID specified in XADD"));
    CHECK(client.run({"XINFO", "STREAM", "s", "FULL"}) ==
          R"(["length", 1, "radix-tree-keys", 1, "radix-tree-nodes", 2, )"
          R"("last-generated-id", "5-0", "max-deleted-entry-id", "4-0", "entries-added", 9, )"
          R"("recorded-first-entry-id", "3-0", "entries", [["3-0", ["f", "v"]]], "groups", []])");
  });
}

TEST_CASE("XREAD returns what is new in streams on any cores") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    for (const char* key : {"a", "b", "c"}) {
      client.run({"XADD", key, "1", "f", key});
      client.run({"XADD", key, "2", "f", key});
    }
    CHECK(client.run({"XREAD", "STREAMS", "a", "none", "b", "c", "0", "0", "1-0", "2"}) ==
          R"([["a", [["1-0", ["f", "a"]], ["2-0", ["f", "a"]]]], ["b", [["2-0", ["f", "b"]]]]])");
    CHECK(client.run({"XREAD", "COUNT", "1", "STREAMS", "a", "c", "0", "0"}) ==
          R"([["a", [["1-0", ["f", "a"]]]], ["c", [["1-0", ["f", "c"]]]]])");
    CHECK(client.run({"XREAD", "STREAMS", "a", "b", "$", "2"}) == "(nil)");
    CHECK(client.run({"XREAD", "COUNT", "5", "STREAMS", "a", "none", "b", "+", "+", "$"}) ==
          R"([["a", [["2-0", ["f", "a"]]]]])");
    CHECK(client.run({"XREAD", "STREAMS", "a", "18446744073709551615-18446744073709551615"}) ==
          "(nil)");
  });
}

TEST_CASE("XREAD refuses what it cannot read") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"SET", "string", "v"});
    const auto read = [&client](std::vector<std::string> words) {
      words.insert(words.begin(), "XREAD");
      return client.run(words);
    };
    CHECK(read({"STREAMS", "a", "b", "0"}) ==
          "!ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be "
          "specified.");
    CHECK(read({"STREAMS", "a", ">"}) ==
          "!ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> "
          "<consumer> option.");
    CHECK(read({"STREAMS", "a", "x"}) ==
          "!ERR Invalid stream ID specified as stream command argument");
    CHECK(read({"STREAMS", "a", "string", "0", "x"}) ==
          "!WRONGTYPE Operation against a key holding the wrong kind of value");
    CHECK(read({"COUNT", "x", "STREAMS", "a", "0"}) ==
          "!ERR value is not an integer or out of range");
    CHECK(read({"BLOCK", "x", "STREAMS", "a", "0"}) ==
          "!ERR timeout is not an integer or out of range");
    CHECK(read({"BLOCK", "-1", "STREAMS", "a", "0"}) == "!ERR timeout is negative");
    CHECK(read({"NOACK", "STREAMS", "a", "0"}) ==
          "!ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.");
    CHECK(read({"GROUP", "g", "c", "STREAMS", "a", "0"}) ==
          "!ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.");
    CHECK(read({"COUNT", "1", "BLOCK", "0"}) == "!ERR syntax error");
  });
}

TEST_CASE("every command of streams refuses what is none") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"SET", "string", "v"});
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"XADD", "string", "1", "f", "v"},
          {"XLEN", "string"},
          {"XDEL", "string", "1"},
          {"XTRIM", "string", "MAXLEN", "1"},
          {"XRANGE", "string", "-", "+"},
          {"XREVRANGE", "string", "+", "-"},
          {"XSETID", "string", "1"},
          {"XINFO", "STREAM", "string"},
          {"XINFO", "GROUPS", "string"},
          {"XINFO", "CONSUMERS", "string", "g"},
          {"XGROUP", "CREATE", "string", "g", "$", "MKSTREAM"},
          {"XGROUP", "DESTROY", "string", "g"},
          {"XREADGROUP", "GROUP", "g", "c", "STREAMS", "string", ">"},
          {"XACK", "string", "g", "1"},
          {"XPENDING", "string", "g"},
          {"XCLAIM", "string", "g", "c", "0", "1"},
          {"XAUTOCLAIM", "string", "g", "c", "0", "0"}}) {
      CAPTURE(command[0]);
      CHECK(client.run(command) ==
            "!WRONGTYPE Operation against a key holding the wrong kind of value");
    }
    client.run({"XADD", "s", "1", "f", "v"});
    CHECK(client.run({"GET", "s"}) ==
          "!WRONGTYPE Operation against a key holding the wrong kind of value");
  });
}

TEST_CASE("RESP3 tells of streams in maps") {
  TestServer server({.cores = 4});
  Connection client(server.port());
  for (const char* key : {"a", "b"}) client.run({"XADD", key, "1", "f", "v"});
  const std::string entry = "*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n";
  CHECK(over_resp3(server, {"XREAD STREAMS a b 0 0"}) ==
        "%2\r\n$1\r\na\r\n*1\r\n" + entry + "$1\r\nb\r\n*1\r\n" + entry);
  CHECK(over_resp3(server, {"XREAD STREAMS a 5"}) == "_\r\n");
  CHECK(over_resp3(server, {"XRANGE a - +"}) == "*1\r\n" + entry);
  CHECK(over_resp3(server, {"XRANGE a - + COUNT 0"}) == "_\r\n");
  CHECK(over_resp3(server, {"XINFO STREAM a"}).starts_with("%10\r\n$6\r\nlength\r\n:1\r\n"));
  CHECK(over_resp3(server, {"XINFO STREAM a FULL"}).starts_with("%9\r\n$6\r\nlength\r\n:1\r\n"));
}

TEST_CASE("a stream is copied, moved, renamed and counted like every value") {
  on_one_core_and_four(
      [](Connection& client, TestServer&) {
        for (int i = 1; i <= 500; ++i) {
          client.run({"XADD", "s", std::to_string(i), "f", std::to_string(i), "g", "x"});
        }
        client.run({"XGROUP", "CREATE", "s", "g", "0"});
        client.run({"XREADGROUP", "GROUP", "g", "c", "COUNT", "10", "STREAMS", "s", ">"});
        client.run({"XACK", "s", "g", "3", "4"});
        CHECK(client.run({"COPY", "s", "t"}) == "1");
        const std::string digest = client.run({"DEBUG", "DIGEST-VALUE", "s"});
        CHECK(client.run({"DEBUG", "DIGEST-VALUE", "t"}) == digest);
        const std::string all = client.run({"XINFO", "STREAM", "s", "FULL", "COUNT", "0"});
        CHECK(client.run({"XINFO", "STREAM", "t", "FULL", "COUNT", "0"}) == all);
        CHECK(client.run({"MEMORY", "USAGE", "t"}) == client.run({"MEMORY", "USAGE", "s"}));
        CHECK(client.run({"RENAME", "t", "u"}) == "OK");
        CHECK(client.run({"MOVE", "u", "1"}) == "1");
        CHECK(client.run({"UNLINK", "s"}) == "1");
        client.run({"SELECT", "1"});
        CHECK(client.run({"XINFO", "STREAM", "u", "FULL", "COUNT", "0"}) == all);
        CHECK(client.run({"DEL", "u"}) == "1");
      },
      "store none\nenable-debug-command yes\n");
}
