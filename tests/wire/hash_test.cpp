#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "tests/wire/collections.hpp"

using namespace tidemark::test;

namespace {

constexpr const char* kWrongType =
    "!WRONGTYPE Operation against a key holding the wrong kind of value";

// HSET of `count` fields f0, f1 ... with values v0, v1 ...
void set_many(Connection& client, const std::string& key, int count) {
  for (int from = 0; from < count; from += 1000) {
    std::vector<std::string> command{"HSET", key};
    for (int i = from; i < std::min(from + 1000, count); ++i) {
      command.push_back("f" + std::to_string(i));
      command.push_back("v" + std::to_string(i));
    }
    client.run(command);
  }
}

std::string encoding(Connection& client, const std::string& key) {
  return client.run({"OBJECT", "ENCODING", key});
}

}  // namespace

TEST_CASE("fields are set, looked up, counted and removed") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    CHECK(client.run({"HSET", "h", "a", "1", "b", "two", "a", "3"}) == "2");
    CHECK(client.run({"HSET", "h", "a", "4"}) == "0");
    CHECK(client.run({"HMSET", "h", "c", ""}) == "OK");
    CHECK(client.run({"HSETNX", "h", "a", "5"}) == "0");
    CHECK(client.run({"HSETNX", "h", "d", "5"}) == "1");
    CHECK(client.run({"HSETNX", "new", "a", "b"}) == "1");
    CHECK(client.run({"HGET", "h", "a"}) == "\"4\"");
    CHECK(client.run({"HGET", "h", "c"}) == "\"\"");
    CHECK(client.run({"HGET", "h", "x"}) == "(nil)");
    CHECK(client.run({"HGET", "none", "x"}) == "(nil)");
    CHECK(client.run({"HMGET", "h", "b", "x", "a"}) == "[\"two\", (nil), \"4\"]");
    CHECK(client.run({"HMGET", "none", "b", "x"}) == "[(nil), (nil)]");
    CHECK(client.run({"HGETALL", "h"}) ==
          "[\"a\", \"4\", \"b\", \"two\", \"c\", \"\", \"d\", \"5\"]");
    CHECK(client.run({"HKEYS", "h"}) == "[\"a\", \"b\", \"c\", \"d\"]");
    CHECK(client.run({"HVALS", "h"}) == "[\"4\", \"two\", \"\", \"5\"]");
    for (const char* command : {"HGETALL", "HKEYS", "HVALS"}) {
      CHECK(client.run({command, "none"}) == "[]");
    }
    CHECK(client.run({"HLEN", "h"}) == "4");
    CHECK(client.run({"HLEN", "none"}) == "0");
    CHECK(client.run({"HSTRLEN", "h", "b"}) == "3");
    CHECK(client.run({"HSTRLEN", "h", "a"}) == "1");
    CHECK(client.run({"HSTRLEN", "h", "x"}) == "0");
    CHECK(client.run({"HSTRLEN", "none", "x"}) == "0");
    CHECK(client.run({"HEXISTS", "h", "c"}) == "1");
    CHECK(client.run({"HEXISTS", "h", "x"}) == "0");
    CHECK(client.run({"HEXISTS", "none", "x"}) == "0");
    CHECK(client.run({"TYPE", "h"}) == "hash");
    CHECK(client.run({"HDEL", "h", "a", "x", "a"}) == "1");
    CHECK(client.run({"HDEL", "none", "a"}) == "0");
    CHECK(client.run({"HDEL", "h", "b", "c", "d"}) == "3");
    CHECK(client.run({"EXISTS", "h"}) == "0");
  });
}

TEST_CASE("numbers in fields are added to, in both encodings") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    for (const int others : {0, 600}) {
      CAPTURE(others);
      client.run({"DEL", "h"});
      set_many(client, "h", others);
      CHECK(client.run({"HINCRBY", "h", "n", "5"}) == "5");
      CHECK(client.run({"HINCRBY", "h", "n", "-7"}) == "-2");
      CHECK(client.run({"HGET", "h", "n"}) == "\"-2\"");
      client.run({"HSET", "h", "n", "9223372036854775807"});
      CHECK(client.run({"HINCRBY", "h", "n", "1"}) == "!ERR increment or decrement would overflow");
      CHECK(client.run({"HINCRBY", "h", "n", "-9223372036854775808"}) == "-1");
      CHECK(client.run({"HINCRBY", "h", "n", "-9223372036854775808"}) ==
            "!ERR increment or decrement would overflow");
      CHECK(client.run({"HGET", "h", "n"}) == "\"-1\"");
      client.run({"HSET", "h", "text", "abc", "blank", " 1", "long", "9223372036854775808"});
      for (const char* field : {"text", "blank", "long"}) {
        CHECK(client.run({"HINCRBY", "h", field, "1"}) == "!ERR hash value is not an integer");
      }
      CHECK(client.run({"HINCRBYFLOAT", "h", "text", "1"}) == "!ERR hash value is not a float");
      CHECK(client.run({"HINCRBYFLOAT", "h", "f", "10.5"}) == "\"10.5\"");
      CHECK(client.run({"HINCRBYFLOAT", "h", "f", "0.1"}) == "\"10.6\"");
      CHECK(client.run({"HINCRBYFLOAT", "h", "f", "-5.0e2"}) == "\"-489.39999999999999999\"");
      CHECK(client.run({"HINCRBYFLOAT", "h", "n", "1"}) == "\"0\"");
      client.run({"HSET", "h", "huge", "1e4932"});
      CHECK(client.run({"HINCRBYFLOAT", "h", "huge", "1e4932"}) ==
            "!ERR increment would produce NaN or Infinity");
    }
    for (const char* increment : {"", " 1", "1.5", "x", "9223372036854775808", "+1"}) {
      CHECK(client.run({"HINCRBY", "none", "f", increment}) ==
            "!ERR value is not an integer or out of range");
    }
    CHECK(client.run({"HINCRBYFLOAT", "none", "f", "x"}) == "!ERR value is not a valid float");
    CHECK(client.run({"HINCRBYFLOAT", "none", "f", "nan"}) == "!ERR value is not a valid float");
    CHECK(client.run({"HINCRBYFLOAT", "none", "f", "-inf"}) == "!ERR value is NaN or Infinity");
    CHECK(client.run({"EXISTS", "none"}) == "0");
  });
}

TEST_CASE("a hash is encoded as it is in Redis") {
  TestServer server;
  Connection client(server.port());
  set_many(client, "many", 512);
  CHECK(encoding(client, "many") == "\"listpack\"");
  client.run({"HSET", "many", "f0", "again"});
  CHECK(encoding(client, "many") == "\"listpack\"");
  client.run({"HSET", "many", "more", "v"});
  CHECK(encoding(client, "many") == "\"hashtable\"");
  const std::string longest(64, 'x');
  client.run({"HSET", "long", "f", longest, longest, "v"});
  CHECK(encoding(client, "long") == "\"listpack\"");
  client.run({"HSETNX", "long", "f", longest + "x"});
  CHECK(encoding(client, "long") == "\"listpack\"");
  client.run({"HSETNX", "long", "g", longest + "x"});
  CHECK(encoding(client, "long") == "\"hashtable\"");
  // A text that is too long counts even where another one takes its place.
  client.run({"HSET", "short", "f", longest + "x", "f", "v"});
  CHECK(encoding(client, "short") == "\"hashtable\"");
  client.run({"CONFIG", "SET", "hash-max-ziplist-value", "4"});
  client.run({"HSET", "counter", "n", "9999"});
  CHECK(encoding(client, "counter") == "\"listpack\"");
  client.run({"HINCRBY", "counter", "n", "1"});
  CHECK(encoding(client, "counter") == "\"hashtable\"");
  client.run({"CONFIG", "SET", "hash-max-ziplist-entries", "0"});
  CHECK(client.run({"CONFIG", "GET", "hash-max-listpack-entries"}) ==
        "[\"hash-max-listpack-entries\", \"0\"]");
  client.run({"HSET", "table", "a", "b"});
  CHECK(encoding(client, "table") == "\"hashtable\"");
}

TEST_CASE("every hash command refuses a key of another type and changes nothing") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"SET", "text", "v"});
    const std::vector<std::vector<std::string>> commands{{"HSET", "text", "a", "b"},
                                                         {"HMSET", "text", "a", "b"},
                                                         {"HSETNX", "text", "a", "b"},
                                                         {"HGET", "text", "a"},
                                                         {"HMGET", "text", "a"},
                                                         {"HGETALL", "text"},
                                                         {"HKEYS", "text"},
                                                         {"HVALS", "text"},
                                                         {"HLEN", "text"},
                                                         {"HSTRLEN", "text", "a"},
                                                         {"HEXISTS", "text", "a"},
                                                         {"HDEL", "text", "a"},
                                                         {"HINCRBY", "text", "a", "1"},
                                                         {"HINCRBYFLOAT", "text", "a", "1"},
                                                         {"HRANDFIELD", "text"},
                                                         {"HRANDFIELD", "text", "1"},
                                                         {"HSCAN", "text", "0"}};
    for (const auto& command : commands) {
      CAPTURE(command[0]);
      CHECK(client.run(command) == kWrongType);
    }
    CHECK(client.run({"GET", "text"}) == "\"v\"");
    client.run({"HSET", "h", "a", "b"});
    CHECK(client.run({"GET", "h"}) == kWrongType);
    CHECK(client.run({"SADD", "h", "a"}) == kWrongType);
  });
}

TEST_CASE("calls that make no sense are refused in Redis's words and change nothing") {
  TestServer server;
  Connection client(server.port());
  CHECK(client.run({"HSET", "h", "a"}) == "!ERR wrong number of arguments for 'hset' command");
  CHECK(client.run({"HSET", "h", "a", "b", "c"}) ==
        "!ERR wrong number of arguments for 'hset' command");
  CHECK(client.run({"HMSET", "h", "a", "b", "c"}) ==
        "!ERR wrong number of arguments for 'hmset' command");
  CHECK(client.run({"EXISTS", "h"}) == "0");
  client.run({"HSET", "h", "a", "b"});
  for (const char* key : {"h", "none"}) {
    CAPTURE(key);
    CHECK(client.run({"HRANDFIELD", key, "x"}) == "!ERR value is not an integer or out of range");
    CHECK(client.run({"HRANDFIELD", key, "1", "x"}) == "!ERR syntax error");
    CHECK(client.run({"HRANDFIELD", key, "1", "withvalues", "x"}) == "!ERR syntax error");
    CHECK(client.run({"HRANDFIELD", key, "-9223372036854775808"}) ==
          "!ERR value is out of range, value must between -9223372036854775807 and "
          "9223372036854775807");
    CHECK(client.run({"HRANDFIELD", key, "-9223372036854775807", "WITHVALUES"}) ==
          "!ERR value is out of range");
    CHECK(client.run({"HRANDFIELD", key, "4611686018427387904", "WITHVALUES"}) ==
          "!ERR value is out of range");
    CHECK(client.run({"HSCAN", key, "x"}) == "!ERR invalid cursor");
  }
  CHECK(client.run({"HSCAN", "h", std::string("\0x", 2)}) == "[\"0\", [\"a\", \"b\"]]");
  CHECK(client.run({"HSCAN", "h", std::string("x\0", 2)}) == "!ERR invalid cursor");
  CHECK(client.run({"HSCAN", "none", "0", "nonsense"}) == "[\"0\", []]");
  CHECK(client.run({"HSCAN", "h", "0", "COUNT", "0"}) == "!ERR syntax error");
  CHECK(client.run({"HSCAN", "h", "0", "TYPE", "hash"}) == "!ERR syntax error");
}

TEST_CASE("fields are picked at random") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    CHECK(client.run({"HRANDFIELD", "none"}) == "(nil)");
    CHECK(client.run({"HRANDFIELD", "none", "3"}) == "[]");
    for (const int count : {20, 200, 2000}) {
      set_many(client, "h", count);
      const auto all = elements_of(client.run({"HKEYS", "h"}));
      const std::set<std::string> fields(all.begin(), all.end());
      CHECK(fields.contains(elements_of(client.run({"HRANDFIELD", "h"})).front()));
      for (const char* picks : {"1", "0", "5", "-7", "19", "-100"}) {
        const auto picked = elements_of(client.run({"HRANDFIELD", "h", picks}));
        CHECK(picked.size() == static_cast<size_t>(std::abs(std::stoi(picks))));
        for (const auto& field : picked) CHECK(fields.contains(field));
        if (*picks != '-') CHECK(std::set(picked.begin(), picked.end()).size() == picked.size());
        const auto both = elements_of(client.run({"HRANDFIELD", "h", picks, "WITHVALUES"}));
        CHECK(both.size() == 2 * picked.size());
        for (size_t i = 0; i < both.size(); i += 2) CHECK(both[i + 1] == "v" + both[i].substr(1));
      }
      CHECK(elements_of(client.run({"HRANDFIELD", "h", "100000"})).size() == fields.size());
      CHECK(elements_of(client.run({"HRANDFIELD", "h", "4611686018427387903", "WITHVALUES"}))
                .size() == 2 * fields.size());
    }
  });
}

TEST_CASE("picked fields that would make a reply beyond the limit are refused") {
  TestServer server({.config = "store none\nproto-max-bulk-len 1mb\n"});
  Connection client(server.port());
  client.run({"HSET", "h", "a", "b"});
  CHECK(elements_of(client.run({"HRANDFIELD", "h", "-1000"})).size() == 1000);
  for (const int others : {0, 600}) {
    set_many(client, "h", others);
    CHECK(client.run({"HRANDFIELD", "h", "-9223372036854775807"}) ==
          "!ERR count is too large, the reply exceeds proto-max-bulk-len");
    CHECK(client.run({"HRANDFIELD", "h", "-4611686018427387903", "WITHVALUES"}) ==
          "!ERR count is too large, the reply exceeds proto-max-bulk-len");
  }
  CHECK(client.run({"PING"}) == "PONG");
}

TEST_CASE("HSCAN returns every field with its value, or without, and those only that match") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    for (const int count : {10, 100, 3000}) {
      CAPTURE(count);
      client.run({"DEL", "h"});
      set_many(client, "h", count);
      const auto found = scan_all_of(client, "HSCAN", "h", {"COUNT", "7"});
      CHECK(found.size() == 2 * static_cast<size_t>(count));
      CHECK(sorted(found) == sorted(elements_of(client.run({"HGETALL", "h"}))));
      for (size_t i = 0; i < found.size(); i += 2) CHECK(found[i + 1] == "v" + found[i].substr(1));
      CHECK(sorted(scan_all_of(client, "HSCAN", "h", {"NOVALUES"})) ==
            sorted(elements_of(client.run({"HKEYS", "h"}))));
      CHECK(scan_all_of(client, "HSCAN", "h", {"MATCH", "f?"}).size() == 20);
      CHECK(scan_all_of(client, "HSCAN", "h", {"NOVALUES", "MATCH", "f?"}).size() == 10);
      CHECK(scan_all_of(client, "HSCAN", "h", {"MATCH", "v*"}).empty());
    }
  });
}

TEST_CASE("HSCAN misses no field that stays while the hash grows and shrinks") {
  TestServer server;
  Connection client(server.port());
  set_many(client, "h", 1000);
  std::set<std::string> seen;
  std::string cursor = "0";
  int added = 0;
  do {
    const auto part = elements_of(client.run({"HSCAN", "h", cursor, "COUNT", "20", "NOVALUES"}));
    cursor = part.front();
    for (const auto& field : part) {
      if (field.starts_with("f")) seen.insert(field);
    }
    for (int i = 0; i < 300 && added < 9000; ++i) {
      client.run({"HSET", "h", "goes" + std::to_string(added++), ""});
    }
    if (added == 9000) {
      for (int i = 0; i < 9000; ++i) client.send({"HDEL", "h", "goes" + std::to_string(i)});
      for (int i = 0; i < 9000; ++i) client.receive();
      ++added;
    }
  } while (cursor != "0");
  CHECK(seen.size() == 1000);
}

TEST_CASE("generic commands know hashes") {
  on_one_core_and_four(
      [](Connection& client, TestServer&) {
        client.run({"CONFIG", "SET", "hash-max-listpack-entries", "3"});
        client.run({"HSET", "listpack", "a", "1", "b", "2"});
        client.run({"HSET", "hashtable", "a", "1", "b", "2", "c", "3", "d", "4"});
        for (const std::string key : {"listpack", "hashtable"}) {
          CAPTURE(key);
          CHECK(encoding(client, key) == '"' + key + '"');
          CHECK(client.run({"COPY", key, "copy"}) == "1");
          CHECK(encoding(client, "copy") == '"' + key + '"');
          CHECK(client.run({"DEBUG", "DIGEST-VALUE", key}) ==
                client.run({"DEBUG", "DIGEST-VALUE", "copy"}));
          client.run({"HSET", "copy", "a", "9"});
          CHECK(client.run({"HGET", key, "a"}) == "\"1\"");
          CHECK(client.run({"DEBUG", "DIGEST-VALUE", key}) !=
                client.run({"DEBUG", "DIGEST-VALUE", "copy"}));
          CHECK(std::stoi(client.run({"MEMORY", "USAGE", key})) > 32);
          CHECK(
              client.run({"DEBUG", "OBJECT", key}).find("encoding:" + key + " serializedlength:") !=
              std::string::npos);
          CHECK(client.run({"RENAME", "copy", "moved"}) == "OK");
          CHECK(client.run({"MOVE", "moved", "5"}) == "1");
          client.run({"SELECT", "5"});
          CHECK(client.run({"HGET", "moved", "a"}) == "\"9\"");
          CHECK(client.run({"UNLINK", "moved"}) == "1");
          client.run({"SELECT", "0"});
        }
        client.run({"SET", "text", "v"});
        std::vector<std::string> found;
        std::string cursor = "0";
        do {
          auto part = elements_of(client.run({"SCAN", cursor, "TYPE", "hash"}));
          cursor = part.front();
          found.insert(found.end(), part.begin() + 1, part.end());
        } while (cursor != "0");
        CHECK((sorted(found) == std::vector<std::string>{"hashtable", "listpack"}));
        CHECK(client.run({"EXPIRE", "listpack", "1000"}) == "1");
        client.run({"HSET", "listpack", "c", "3"});
        CHECK(client.run({"TTL", "listpack"}) == "1000");
        CHECK(client.run({"SET", "listpack", "v"}) == "OK");
        CHECK(client.run({"GET", "listpack"}) == "\"v\"");
      },
      "store none\nenable-debug-command yes\n");
}

TEST_CASE("the digest of a hash is Redis's") {
  TestServer server({.config = "store none\nenable-debug-command yes\n"});
  Connection client(server.port());
  client.run({"HSET", "h", "a", "1", "b", "two"});
  CHECK(client.run({"DEBUG", "DIGEST-VALUE", "h"}) == "[aaec2dd6dd5d0e6fbdce75b84b029b773e920b00]");
}

TEST_CASE("memory follows a hash that grows and is removed in slices") {
  TestServer server({.config = "store none\n"});
  Connection client(server.port());
  const auto used = [&client] {
    const std::string info = client.run({"INFO", "memory"});
    const size_t at = info.find("used_memory:") + 12;
    return std::stol(info.substr(at, info.find('\r', at) - at));
  };
  const long before = used();
  set_many(client, "h", 100'000);
  const long full = used();
  CHECK(full - before > 100'000 * 16);
  CHECK(std::stol(client.run({"MEMORY", "USAGE", "h"})) > (full - before) * 9 / 10);
  CHECK(client.run({"UNLINK", "h"}) == "1");
  CHECK(client.run({"EXISTS", "h"}) == "0");
  // Slices go on between the commands.
  long left = used();
  for (int i = 0; i < 10'000 && left > full / 10; ++i) left = used();
  CHECK(left <= full / 10);
}

TEST_CASE("hashes look over RESP3 as they do in Redis") {
  on_one_core_and_four([](Connection&, TestServer& server) {
    CHECK(over_resp3(server, {"HSET h f v", "HGETALL h", "HGETALL none", "HMSET h f v"}) ==
          ":1\r\n%1\r\n$1\r\nf\r\n$1\r\nv\r\n%0\r\n+OK\r\n");
    CHECK(over_resp3(server, {"HKEYS h", "HVALS h", "HKEYS none", "HGET h x", "HMGET h f x"}) ==
          "*1\r\n$1\r\nf\r\n*1\r\n$1\r\nv\r\n*0\r\n_\r\n*2\r\n$1\r\nv\r\n_\r\n");
    CHECK(
        over_resp3(server, {"HRANDFIELD h", "HRANDFIELD h 1", "HRANDFIELD h -2 WITHVALUES",
                            "HRANDFIELD none", "HRANDFIELD none 1 WITHVALUES"}) ==
        "$1\r\nf\r\n*1\r\n$1\r\nf\r\n*2\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n"
        "_\r\n*0\r\n");
    CHECK(over_resp3(server, {"HSCAN h 0", "HSCAN h 0 NOVALUES", "HINCRBYFLOAT h n 1.5"}) ==
          "*2\r\n$1\r\n0\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n*2\r\n$1\r\n0\r\n*1\r\n$1\r\nf\r\n"
          "$3\r\n1.5\r\n");
  });
}
