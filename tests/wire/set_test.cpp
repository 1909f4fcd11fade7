#include <doctest/doctest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/wire/collections.hpp"

using namespace tidemark::test;

namespace {

constexpr const char* kWrongType =
    "!WRONGTYPE Operation against a key holding the wrong kind of value";

// SADD of `count` members, the prefix with numbers from 0.
void add_many(Connection& client, const std::string& key, const std::string& prefix, int count) {
  for (int from = 0; from < count; from += 1000) {
    std::vector<std::string> command{"SADD", key};
    for (int i = from; i < std::min(from + 1000, count); ++i) {
      command.push_back(prefix + std::to_string(i));
    }
    client.run(command);
  }
}

std::string encoding(Connection& client, const std::string& key) {
  return client.run({"OBJECT", "ENCODING", key});
}

}  // namespace

TEST_CASE("members are added once, counted, looked for and removed") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    CHECK(client.run({"SADD", "s", "a", "b", "a"}) == "2");
    CHECK(client.run({"SADD", "s", "a"}) == "0");
    CHECK(client.run({"SCARD", "s"}) == "2");
    CHECK(client.run({"SISMEMBER", "s", "a"}) == "1");
    CHECK(client.run({"SISMEMBER", "s", "x"}) == "0");
    CHECK(client.run({"SMISMEMBER", "s", "a", "x", "b"}) == "[1, 0, 1]");
    CHECK(client.run({"SMISMEMBER", "none", "a", "x"}) == "[0, 0]");
    CHECK(client.run({"SMEMBERS", "s"}) == "[\"a\", \"b\"]");
    CHECK(client.run({"SMEMBERS", "none"}) == "[]");
    CHECK(client.run({"SREM", "s", "a", "x"}) == "1");
    CHECK(client.run({"TYPE", "s"}) == "set");
    CHECK(client.run({"SREM", "s", "b", "b"}) == "1");
    CHECK(client.run({"EXISTS", "s"}) == "0");
    CHECK(client.run({"SREM", "s", "b"}) == "0");
    CHECK(client.run({"SCARD", "s"}) == "0");
  });
}

TEST_CASE("a set is encoded as it is in Redis 7.2") {
  TestServer server;
  Connection client(server.port());
  add_many(client, "ints", "", 512);
  CHECK(encoding(client, "ints") == "\"intset\"");
  client.run({"SADD", "ints", "512"});
  CHECK(encoding(client, "ints") == "\"hashtable\"");
  add_many(client, "texts", "t", 128);
  CHECK(encoding(client, "texts") == "\"listpack\"");
  client.run({"SADD", "texts", "t0"});
  CHECK(encoding(client, "texts") == "\"listpack\"");
  client.run({"SADD", "texts", "one", "more"});
  CHECK(encoding(client, "texts") == "\"hashtable\"");
  client.run({"SADD", "long", std::string(65, 'x')});
  CHECK(encoding(client, "long") == "\"hashtable\"");
  client.run({"SADD", "mixed", "1", "2"});
  client.run({"SADD", "mixed", "a"});
  CHECK(encoding(client, "mixed") == "\"listpack\"");
  client.run({"CONFIG", "SET", "set-max-listpack-entries", "0"});
  client.run({"SADD", "seven", "a"});
  CHECK(encoding(client, "seven") == "\"hashtable\"");
  client.run({"CONFIG", "SET", "set-max-intset-entries", "0"});
  client.run({"SADD", "no-ints", "1"});
  CHECK(encoding(client, "no-ints") == "\"hashtable\"");
}

TEST_CASE("encodings have the names of the Redis that is asked for") {
  TestServer server({.cores = 1, .config = "store none\nenable-debug-command yes\n"});
  Connection client(server.port());
  client.run({"SADD", "s", "text"});
  client.run({"SADD", "ints", "1"});
  client.run({"RPUSH", "l", "text"});
  client.run({"ZADD", "z", "1", "text"});
  const auto names = [&client](const std::string& version) {
    REQUIRE(client.run({"CONFIG", "SET", "encoding-names", version}) == "OK");
    std::string all;
    for (const char* key : {"s", "ints", "l", "z"}) all += encoding(client, key);
    return all;
  };
  CHECK(names("7.2") == "\"listpack\"\"intset\"\"listpack\"\"listpack\"");
  CHECK(names("7.0") == "\"hashtable\"\"intset\"\"quicklist\"\"listpack\"");
  CHECK(client.run({"DEBUG", "OBJECT", "l"}).find(" encoding:quicklist ") != std::string::npos);
  CHECK(client.run({"CONFIG", "SET", "encoding-names", "6.2"}).front() == '!');
}

TEST_CASE("every set command refuses a key of another type and changes nothing") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"SET", "text", "v"});
    client.run({"SADD", "s", "a"});
    const std::vector<std::vector<std::string>> commands{{"SADD", "text", "a"},
                                                         {"SCARD", "text"},
                                                         {"SISMEMBER", "text", "a"},
                                                         {"SMISMEMBER", "text", "a"},
                                                         {"SMEMBERS", "text"},
                                                         {"SREM", "text", "a"},
                                                         {"SPOP", "text"},
                                                         {"SPOP", "text", "1"},
                                                         {"SRANDMEMBER", "text"},
                                                         {"SRANDMEMBER", "text", "1"},
                                                         {"SSCAN", "text", "0"},
                                                         {"SMOVE", "text", "s", "a"},
                                                         {"SMOVE", "s", "text", "a"},
                                                         {"SINTER", "s", "text"},
                                                         {"SINTER", "none", "text"},
                                                         {"SUNION", "s", "text"},
                                                         {"SDIFF", "s", "text"},
                                                         {"SINTERCARD", "2", "s", "text"},
                                                         {"SINTERSTORE", "d", "text"},
                                                         {"SUNIONSTORE", "d", "none", "text"},
                                                         {"SDIFFSTORE", "d", "s", "text"}};
    for (const auto& command : commands) {
      CAPTURE(command[0]);
      CHECK(client.run(command) == kWrongType);
    }
    CHECK(client.run({"GET", "text"}) == "\"v\"");
    CHECK(client.run({"SMEMBERS", "s"}) == "[\"a\"]");
    CHECK(client.run({"EXISTS", "d"}) == "0");
    CHECK(client.run({"SMOVE", "none", "text", "a"}) == "0");
  });
}

TEST_CASE("a member moves between sets wherever they live") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"SADD", "from", "a", "b"});
    client.run({"SADD", "to", "1"});
    CHECK(client.run({"SMOVE", "from", "to", "x"}) == "0");
    CHECK(client.run({"SMOVE", "from", "to", "a"}) == "1");
    CHECK(sorted_elements(client.run({"SMEMBERS", "to"})) == "1 a");
    CHECK(client.run({"SMOVE", "from", "from", "b"}) == "1");
    CHECK(client.run({"SMOVE", "from", "from", "a"}) == "0");
    client.run({"SADD", "from", "a"});
    CHECK(client.run({"SMOVE", "from", "to", "a"}) == "1");
    CHECK(client.run({"SMOVE", "from", "new", "b"}) == "1");
    CHECK(client.run({"EXISTS", "from"}) == "0");
    CHECK(client.run({"SMEMBERS", "new"}) == "[\"b\"]");
    CHECK(client.run({"SMOVE", "from", "new", "b"}) == "0");
  });
}

TEST_CASE("sets on any cores are intersected, united and subtracted, and the results are stored") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"SADD", "a", "1", "2", "3", "x"});
    client.run({"SADD", "b", "2", "3", "4", "x"});
    client.run({"SADD", "c", "3", "5", "x", "y"});
    CHECK(sorted_elements(client.run({"SINTER", "a", "b", "c"})) == "3 x");
    CHECK(sorted_elements(client.run({"SINTER", "a"})) == "1 2 3 x");
    CHECK(client.run({"SINTER", "a", "none"}) == "[]");
    CHECK(client.run({"SINTERCARD", "3", "a", "b", "c"}) == "2");
    CHECK(client.run({"SINTERCARD", "2", "a", "b", "LIMIT", "2"}) == "2");
    CHECK(client.run({"SINTERCARD", "2", "a", "b", "LIMIT", "0"}) == "3");
    CHECK(sorted_elements(client.run({"SUNION", "a", "none", "b", "c"})) == "1 2 3 4 5 x y");
    CHECK(sorted_elements(client.run({"SDIFF", "a", "b", "none"})) == "1");
    CHECK(sorted_elements(client.run({"SDIFF", "a", "b", "c"})) == "1");
    CHECK(client.run({"SDIFF", "none", "a"}) == "[]");
    CHECK(client.run({"SDIFF", "a", "b", "a"}) == "[]");

    CHECK(client.run({"SINTERSTORE", "d", "a", "b", "c"}) == "2");
    CHECK(sorted_elements(client.run({"SMEMBERS", "d"})) == "3 x");
    CHECK(client.run({"SUNIONSTORE", "d", "a", "b", "d"}) == "5");
    CHECK(sorted_elements(client.run({"SMEMBERS", "d"})) == "1 2 3 4 x");
    CHECK(client.run({"SDIFFSTORE", "a", "a", "c"}) == "2");
    CHECK(encoding(client, "a") == "\"intset\"");
    client.run({"SET", "text", "v", "EX", "1000"});
    CHECK(client.run({"SUNIONSTORE", "text", "a"}) == "2");
    CHECK(client.run({"TTL", "text"}) == "-1");
    for (const char* command : {"SINTERSTORE", "SDIFFSTORE", "SUNIONSTORE"}) {
      client.run({"SADD", "d", "left"});
      CHECK(client.run({command, "d", "none", "none"}) == "0");
      CHECK(client.run({"EXISTS", "d"}) == "0");
    }
  });
}

TEST_CASE("a difference is right by either of its ways") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    // Few members in the first of many sets, and many in the first of few.
    add_many(client, "small", "m", 10);
    add_many(client, "large", "m", 5000);
    add_many(client, "tenth", "m", 500);
    CHECK(client.run({"SDIFFSTORE", "d", "large", "small", "tenth"}) == "4500");
    CHECK(client.run({"SISMEMBER", "d", "m499"}) == "0");
    CHECK(client.run({"SISMEMBER", "d", "m500"}) == "1");
    std::vector<std::string> command{"SDIFF", "large"};
    for (int i = 0; i < 20; ++i) command.push_back("none" + std::to_string(i));
    command.push_back("tenth");
    CHECK(elements_of(client.run(command)).size() == 4500);
    CHECK(client.run({"SDIFF", "small", "large"}) == "[]");
    CHECK(client.run({"SDIFFSTORE", "small", "small", "large", "tenth"}) == "0");
    CHECK(client.run({"EXISTS", "small"}) == "0");
  });
}

TEST_CASE("no client ever sees half of a change to sets on several cores") {
  TestServer server({.cores = 4});
  Connection watcher(server.port());
  watcher.run({"SADD", "a", "m"});
  std::thread mover([port = server.port()] {
    Connection client(port);
    for (int i = 0; i < 300; ++i) {
      client.run({"SMOVE", "a", "b", "m"});
      client.run({"SMOVE", "b", "c", "m"});
      client.run({"SMOVE", "c", "a", "m"});
    }
  });
  int wrong = 0;
  for (int i = 0; i < 600; ++i) {
    if (watcher.run({"SUNION", "a", "b", "c"}) != "[\"m\"]") ++wrong;
    if (watcher.run({"SINTERCARD", "2", "a", "b"}) != "0") ++wrong;
  }
  mover.join();
  CHECK(wrong == 0);
}

TEST_CASE("members are popped and picked at random") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    CHECK(client.run({"SPOP", "none"}) == "(nil)");
    CHECK(client.run({"SPOP", "none", "3"}) == "[]");
    CHECK(client.run({"SRANDMEMBER", "none"}) == "(nil)");
    CHECK(client.run({"SRANDMEMBER", "none", "3"}) == "[]");
    for (const int count : {20, 200, 2000}) {
      add_many(client, "s", "m", count);
      std::set<std::string> left;
      for (const auto& member : elements_of(client.run({"SMEMBERS", "s"}))) left.insert(member);
      for (const char* picks : {"1", "0", "5", "-7", "19", "-100"}) {
        const auto picked = elements_of(client.run({"SRANDMEMBER", "s", picks}));
        CHECK(picked.size() == static_cast<size_t>(std::abs(std::stoi(picks))));
        for (const auto& member : picked) CHECK(left.contains(member));
        if (*picks != '-') CHECK(std::set(picked.begin(), picked.end()).size() == picked.size());
      }
      CHECK(elements_of(client.run({"SRANDMEMBER", "s", "100000"})).size() == left.size());
      CHECK(client.run({"SPOP", "s", "0"}) == "[]");
      for (const char* pops : {"1", "5", "13"}) {
        for (const auto& member : elements_of(client.run({"SPOP", "s", pops}))) {
          CHECK(left.erase(member) == 1);
        }
      }
      CHECK(left.erase(elements_of(client.run({"SPOP", "s"})).front()) == 1);
      CHECK(client.run({"SCARD", "s"}) == std::to_string(left.size()));
      CHECK(elements_of(client.run({"SPOP", "s", "100000"})).size() == left.size());
      CHECK(client.run({"EXISTS", "s"}) == "0");
    }
  });
}

TEST_CASE("counts of picks and pops are refused in Redis's words") {
  TestServer server;
  Connection client(server.port());
  client.run({"SADD", "s", "a"});
  for (const char* key : {"s", "none"}) {
    CHECK(client.run({"SPOP", key, "-1"}) == "!ERR value is out of range, must be positive");
    CHECK(client.run({"SPOP", key, "x"}) == "!ERR value is out of range, must be positive");
    CHECK(client.run({"SPOP", key, "x", "y"}) == "!ERR syntax error");
    CHECK(client.run({"SRANDMEMBER", key, "x"}) == "!ERR value is not an integer or out of range");
    CHECK(client.run({"SRANDMEMBER", key, "x", "y"}) == "!ERR syntax error");
    CHECK(client.run({"SRANDMEMBER", key, "-9223372036854775808"}) ==
          "!ERR value is out of range, value must between -9223372036854775807 and "
          "9223372036854775807");
  }
  CHECK(client.run({"SINTERCARD", "0", "s"}) == "!ERR numkeys should be greater than 0");
  CHECK(client.run({"SINTERCARD", "x", "s"}) == "!ERR numkeys should be greater than 0");
  CHECK(client.run({"SINTERCARD", "2", "s"}) ==
        "!ERR Number of keys can't be greater than number of args");
  CHECK(client.run({"SINTERCARD", "1", "s", "LIMIT", "-1"}) == "!ERR LIMIT can't be negative");
  CHECK(client.run({"SINTERCARD", "1", "s", "LIMIT"}) == "!ERR syntax error");
}

TEST_CASE("picks that would make a reply beyond the limit are refused, and the server lives") {
  TestServer server({.config = "store none\nproto-max-bulk-len 1mb\n"});
  Connection client(server.port());
  client.run({"SADD", "s", "a", "b"});
  CHECK(elements_of(client.run({"SRANDMEMBER", "s", "-1000"})).size() == 1000);
  CHECK(client.run({"SRANDMEMBER", "s", "-9223372036854775807"}) ==
        "!ERR count is too large, the reply exceeds proto-max-bulk-len");
  CHECK(client.run({"PING"}) == "PONG");
}

TEST_CASE("SSCAN returns every member, and those only that match") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    for (const int count : {10, 100, 3000}) {
      CAPTURE(count);
      client.run({"DEL", "s"});
      add_many(client, "s", "m", count);
      const auto found = scan_all_of(client, "SSCAN", "s", {"COUNT", "7"});
      CHECK(found.size() == static_cast<size_t>(count));
      CHECK(sorted(found) == sorted(elements_of(client.run({"SMEMBERS", "s"}))));
      CHECK(sorted(scan_all_of(client, "SSCAN", "s", {"MATCH", "m?"})).size() == 10);
    }
    CHECK(client.run({"SSCAN", "none", "0", "nonsense"}) == "[\"0\", []]");
    CHECK(client.run({"SSCAN", "none", "x"}) == "!ERR invalid cursor");
    CHECK(client.run({"SSCAN", "s", "0", "COUNT", "0"}) == "!ERR syntax error");
    CHECK(client.run({"SSCAN", "s", "0", "TYPE", "set"}) == "!ERR syntax error");
  });
}

TEST_CASE("SSCAN misses no member that stays while the set grows and shrinks") {
  TestServer server;
  Connection client(server.port());
  add_many(client, "s", "stays", 1000);
  std::set<std::string> seen;
  std::string cursor = "0";
  int added = 0;
  do {
    const auto part = elements_of(client.run({"SSCAN", "s", cursor, "COUNT", "20"}));
    cursor = part.front();
    for (const auto& member : part) {
      if (member.starts_with("stays")) seen.insert(member);
    }
    for (int i = 0; i < 300 && added < 9000; ++i) {
      client.run({"SADD", "s", "goes" + std::to_string(added++)});
    }
    if (added == 9000) {
      for (int i = 0; i < 9000; ++i) client.send({"SREM", "s", "goes" + std::to_string(i)});
      for (int i = 0; i < 9000; ++i) client.receive();
      ++added;
    }
  } while (cursor != "0");
  CHECK(seen.size() == 1000);
}

TEST_CASE("generic commands know sets") {
  on_one_core_and_four(
      [](Connection& client, TestServer&) {
        client.run({"CONFIG", "SET", "set-max-intset-entries", "3"});
        client.run({"CONFIG", "SET", "set-max-listpack-entries", "3"});
        client.run({"SADD", "intset", "1", "2"});
        client.run({"SADD", "listpack", "a", "2"});
        client.run({"SADD", "hashtable", "a", "b", "c", "d"});
        for (const std::string key : {"intset", "listpack", "hashtable"}) {
          CAPTURE(key);
          CHECK(encoding(client, key) == '"' + key + '"');
          CHECK(client.run({"COPY", key, "copy"}) == "1");
          CHECK(encoding(client, "copy") == '"' + key + '"');
          CHECK(client.run({"DEBUG", "DIGEST-VALUE", key}) ==
                client.run({"DEBUG", "DIGEST-VALUE", "copy"}));
          client.run({"SADD", "copy", "9"});
          CHECK(client.run({"SISMEMBER", key, "9"}) == "0");
          CHECK(client.run({"DEBUG", "DIGEST-VALUE", key}) !=
                client.run({"DEBUG", "DIGEST-VALUE", "copy"}));
          CHECK(std::stoi(client.run({"MEMORY", "USAGE", key})) > 32);
          CHECK(
              client.run({"DEBUG", "OBJECT", key}).find("encoding:" + key + " serializedlength:") !=
              std::string::npos);
          CHECK(client.run({"RENAME", "copy", "moved"}) == "OK");
          CHECK(client.run({"MOVE", "moved", "5"}) == "1");
          client.run({"SELECT", "5"});
          CHECK(client.run({"SISMEMBER", "moved", "9"}) == "1");
          CHECK(client.run({"UNLINK", "moved"}) == "1");
          client.run({"SELECT", "0"});
        }
        client.run({"SET", "text", "v"});
        std::vector<std::string> found;
        std::string cursor = "0";
        do {
          auto part = elements_of(client.run({"SCAN", cursor, "TYPE", "set"}));
          cursor = part.front();
          found.insert(found.end(), part.begin() + 1, part.end());
        } while (cursor != "0");
        CHECK((sorted(found) == std::vector<std::string>{"hashtable", "intset", "listpack"}));
        CHECK(client.run({"MSETNX", "intset", "v", "other", "w"}) == "0");
        CHECK(client.run({"GET", "intset"}) == kWrongType);
        CHECK(client.run({"MGET", "intset", "text"}) == "[(nil), \"v\"]");
        CHECK(client.run({"SET", "intset", "v"}) == "OK");
        CHECK(client.run({"GET", "intset"}) == "\"v\"");
      },
      "store none\nenable-debug-command yes\n");
}

TEST_CASE("memory follows a set that grows, is removed in slices, or is replaced") {
  TestServer server({.config = "store none\n"});
  Connection client(server.port());
  const auto used = [&client] {
    const std::string info = client.run({"INFO", "memory"});
    const size_t at = info.find("used_memory:") + 12;
    return std::stol(info.substr(at, info.find('\r', at) - at));
  };
  const long before = used();
  add_many(client, "s", "member:", 100'000);
  const long full = used();
  CHECK(full - before > 100'000 * 16);
  CHECK(std::stol(client.run({"MEMORY", "USAGE", "s"})) > (full - before) * 9 / 10);
  CHECK(client.run({"UNLINK", "s"}) == "1");
  CHECK(client.run({"EXISTS", "s"}) == "0");
  // Slices go on between the commands.
  long left = used();
  for (int i = 0; i < 10'000 && left > full / 10; ++i) left = used();
  CHECK(left <= full / 10);
}

TEST_CASE("sets look over RESP3 as they do in Redis") {
  on_one_core_and_four([](Connection&, TestServer& server) {
    CHECK(over_resp3(server, {"SADD s 1", "SMEMBERS s", "SMEMBERS none"}) ==
          ":1\r\n~1\r\n$1\r\n1\r\n~0\r\n");
    CHECK(over_resp3(server, {"SINTER s s", "SUNION s none", "SDIFF s none", "SDIFF none s"}) ==
          "~1\r\n$1\r\n1\r\n~1\r\n$1\r\n1\r\n~1\r\n$1\r\n1\r\n~0\r\n");
    CHECK(over_resp3(server, {"SRANDMEMBER s", "SRANDMEMBER s 1", "SRANDMEMBER s -2",
                              "SRANDMEMBER none", "SRANDMEMBER none 1"}) ==
          "$1\r\n1\r\n*1\r\n$1\r\n1\r\n*2\r\n$1\r\n1\r\n$1\r\n1\r\n_\r\n*0\r\n");
    CHECK(over_resp3(server, {"SISMEMBER s 1", "SMISMEMBER s 1 2", "SSCAN s 0"}) ==
          ":1\r\n*2\r\n:1\r\n:0\r\n*2\r\n$1\r\n0\r\n*1\r\n$1\r\n1\r\n");
    CHECK(over_resp3(server, {"SPOP s 0", "SPOP s 5", "SPOP s", "SPOP s 5"}) ==
          "~0\r\n~1\r\n$1\r\n1\r\n_\r\n~0\r\n");
  });
}
