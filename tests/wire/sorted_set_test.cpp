#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/wire/collections.hpp"

using namespace tidemark::test;

namespace {

constexpr const char* kWrongType =
    "!WRONGTYPE Operation against a key holding the wrong kind of value";

// Runs `check` with sorted sets that are packed and with such as are not, on one core and on four.
template <typename Check>
void in_both_encodings(Check&& check) {
  for (const std::string limit : {"128", "0"}) {
    CAPTURE(limit);
    on_one_core_and_four(check, "store none\nzset-max-listpack-entries " + limit + "\n");
  }
}

// ZADD of `count` members m0, m1 ... with their numbers as scores.
void add_many(Connection& client, const std::string& key, int count) {
  for (int from = 0; from < count; from += 1000) {
    std::vector<std::string> command{"ZADD", key};
    for (int i = from; i < std::min(from + 1000, count); ++i) {
      command.push_back(std::to_string(i));
      command.push_back("m" + std::to_string(i));
    }
    client.run(command);
  }
}

}  // namespace

TEST_CASE("members are added, moved and removed, as ZADD's options say") {
  in_both_encodings([](Connection& client, TestServer&) {
    CHECK(client.run({"ZADD", "z", "1", "a", "2", "b", "1", "a"}) == "2");
    CHECK(client.run({"ZADD", "z", "1", "a", "3", "b"}) == "0");
    CHECK(client.run({"ZADD", "z", "CH", "1", "a", "4", "b", "5", "c"}) == "2");
    CHECK(client.run({"ZADD", "z", "NX", "9", "a", "9", "d"}) == "1");
    CHECK(client.run({"ZADD", "z", "XX", "CH", "8", "d", "8", "e"}) == "1");
    CHECK(client.run({"ZADD", "z", "GT", "CH", "7", "d", "7", "a", "7", "f"}) == "2");
    CHECK(client.run({"ZADD", "z", "LT", "CH", "9", "d", "-1.5", "a"}) == "1");
    CHECK(client.run({"ZRANGE", "z", "0", "-1", "WITHSCORES"}) ==
          "[\"a\", \"-1.5\", \"b\", \"4\", \"c\", \"5\", \"f\", \"7\", \"d\", \"8\"]");
    CHECK(client.run({"ZREM", "z", "a", "x", "b", "a"}) == "2");
    CHECK(client.run({"ZCARD", "z"}) == "3");
    CHECK(client.run({"ZREM", "z", "c", "d", "f"}) == "3");
    CHECK(client.run({"EXISTS", "z"}) == "0");
    CHECK(client.run({"ZADD", "z", "XX", "1", "a"}) == "0");
    CHECK(client.run({"EXISTS", "z"}) == "0");
  });
}

TEST_CASE("scores are added to, and never become a number that is none") {
  in_both_encodings([](Connection& client, TestServer&) {
    CHECK(client.run({"ZINCRBY", "z", "1.5", "a"}) == "\"1.5\"");
    CHECK(client.run({"ZADD", "z", "INCR", "-3", "a"}) == "\"-1.5\"");
    CHECK(client.run({"ZADD", "z", "NX", "INCR", "1", "a"}) == "(nil)");
    CHECK(client.run({"ZADD", "z", "GT", "INCR", "-1", "a"}) == "(nil)");
    CHECK(client.run({"ZADD", "none", "XX", "INCR", "1", "a"}) == "(nil)");
    CHECK(client.run({"ZADD", "z", "INCR", "1", "a", "2", "b"}) ==
          "!ERR INCR option supports a single increment-element pair");
    CHECK(client.run({"ZINCRBY", "z", "inf", "a"}) == "\"inf\"");
    CHECK(client.run({"ZINCRBY", "z", "-inf", "a"}) ==
          "!ERR resulting score is not a number (NaN)");
    CHECK(client.run({"ZADD", "z", "nan", "a"}) == "!ERR value is not a valid float");
    CHECK(client.run({"ZSCORE", "z", "a"}) == "\"inf\"");
    CHECK(client.run({"ZMSCORE", "z", "a", "b"}) == "[\"inf\", (nil)]");
    CHECK(client.run({"ZADD", "z", "0.1", "tenth", "1e21", "many"}) == "2");
    CHECK(client.run({"ZMSCORE", "z", "tenth", "many"}) == "[\"0.10000000000000001\", \"1e+21\"]");
  });
}

TEST_CASE("ranks count from either end") {
  in_both_encodings([](Connection& client, TestServer&) {
    client.run({"ZADD", "z", "1", "a", "2", "b", "2", "c"});
    CHECK(client.run({"ZRANK", "z", "c"}) == "2");
    CHECK(client.run({"ZREVRANK", "z", "c"}) == "0");
    CHECK(client.run({"ZRANK", "z", "x"}) == "(nil)");
    CHECK(client.run({"ZRANK", "z", "b", "WITHSCORE"}) == "[1, \"2\"]");
    CHECK(client.run({"ZRANK", "none", "b", "WITHSCORE"}) == "(nil)");
    CHECK(client.run({"ZRANK", "z", "b", "nonsense"}) == "!ERR syntax error");
    CHECK(client.run({"ZREVRANK", "z", "b", "WITHSCORE", "x"}) ==
          "!ERR wrong number of arguments for 'zrevrank' command");
  });
}

TEST_CASE("ranges by rank, by score and by member are the same, whichever command asks") {
  in_both_encodings([](Connection& client, TestServer&) {
    client.run({"ZADD", "z", "1", "a", "2", "b", "3", "c", "4", "d"});
    CHECK(client.run({"ZRANGE", "z", "1", "-2"}) == "[\"b\", \"c\"]");
    CHECK(client.run({"ZRANGE", "z", "0", "1", "REV"}) == "[\"d\", \"c\"]");
    CHECK(client.run({"ZREVRANGE", "z", "-1", "100"}) == "[\"a\"]");
    CHECK(client.run({"ZRANGE", "z", "3", "1"}) == "[]");
    CHECK(client.run({"ZRANGEBYSCORE", "z", "(1", "3"}) == "[\"b\", \"c\"]");
    CHECK(client.run({"ZREVRANGEBYSCORE", "z", "+inf", "(1", "LIMIT", "1", "1", "WITHSCORES"}) ==
          "[\"c\", \"3\"]");
    CHECK(client.run({"ZRANGE", "z", "(4", "-inf", "BYSCORE", "REV", "LIMIT", "1", "-1"}) ==
          "[\"b\", \"a\"]");
    CHECK(client.run({"ZRANGE", "z", "1", "4", "BYSCORE", "LIMIT", "-1", "2"}) == "[]");
    CHECK(client.run({"ZCOUNT", "z", "2", "(4"}) == "2");
    CHECK(client.run({"ZCOUNT", "z", "4", "2"}) == "0");
    CHECK(client.run({"ZCOUNT", "z", "x", "2"}) == "!ERR min or max is not a float");

    client.run({"ZADD", "l", "0", "a", "0", "b", "0", "c", "0", "d"});
    CHECK(client.run({"ZRANGEBYLEX", "l", "[b", "(d"}) == "[\"b\", \"c\"]");
    CHECK(client.run({"ZREVRANGEBYLEX", "l", "+", "(b", "LIMIT", "0", "1"}) == "[\"d\"]");
    CHECK(client.run({"ZRANGE", "l", "+", "-", "BYLEX", "REV"}) == "[\"d\", \"c\", \"b\", \"a\"]");
    CHECK(client.run({"ZLEXCOUNT", "l", "-", "[bb"}) == "2");
    CHECK(client.run({"ZLEXCOUNT", "l", "+", "-"}) == "0");
    CHECK(client.run({"ZLEXCOUNT", "l", "b", "d"}) ==
          "!ERR min or max not valid string range item");
    CHECK(client.run({"ZRANGE", "z", "0", "1", "LIMIT", "0", "1"}) ==
          "!ERR syntax error, LIMIT is only supported in combination with either BYSCORE or "
          "BYLEX");
    CHECK(client.run({"ZRANGE", "l", "-", "+", "BYLEX", "WITHSCORES"}) ==
          "!ERR syntax error, WITHSCORES not supported in combination with BYLEX");
  });
}

TEST_CASE("ranges are removed, and the key with the last member") {
  in_both_encodings([](Connection& client, TestServer&) {
    client.run({"ZADD", "z", "1", "a", "2", "b", "3", "c", "4", "d", "5", "e"});
    CHECK(client.run({"ZREMRANGEBYRANK", "z", "-1", "-1"}) == "1");
    CHECK(client.run({"ZREMRANGEBYSCORE", "z", "(1", "2"}) == "1");
    CHECK(client.run({"ZREMRANGEBYSCORE", "z", "7", "9"}) == "0");
    CHECK(client.run({"ZRANGE", "z", "0", "-1"}) == "[\"a\", \"c\", \"d\"]");
    CHECK(client.run({"ZREMRANGEBYLEX", "z", "-", "+"}) == "3");
    CHECK(client.run({"EXISTS", "z"}) == "0");
    CHECK(client.run({"ZREMRANGEBYRANK", "z", "0", "-1"}) == "0");
  });
}

TEST_CASE("members are popped from either end, and from the first of several keys") {
  in_both_encodings([](Connection& client, TestServer&) {
    client.run({"ZADD", "z", "1", "a", "2", "b", "3", "c", "4", "d"});
    CHECK(client.run({"ZPOPMIN", "z"}) == "[\"a\", \"1\"]");
    CHECK(client.run({"ZPOPMAX", "z", "2"}) == "[\"d\", \"4\", \"c\", \"3\"]");
    CHECK(client.run({"ZPOPMAX", "z", "0"}) == "[]");
    CHECK(client.run({"ZPOPMIN", "z", "-1"}) == "!ERR value is out of range, must be positive");
    client.run({"ZADD", "y", "1", "q", "2", "r"});
    CHECK(client.run({"ZMPOP", "3", "none", "z", "y", "MIN", "COUNT", "5"}) ==
          "[\"z\", [[\"b\", \"2\"]]]");
    CHECK(client.run({"EXISTS", "z"}) == "0");
    CHECK(client.run({"ZMPOP", "2", "z", "y", "MAX"}) == "[\"y\", [[\"r\", \"2\"]]]");
    CHECK(client.run({"ZMPOP", "1", "none", "MAX"}) == "(nil)");
    CHECK(client.run({"ZMPOP", "0", "y", "MAX"}) == "!ERR numkeys should be greater than 0");
  });
}

TEST_CASE("sorted sets on any cores are joined, intersected and subtracted") {
  in_both_encodings([](Connection& client, TestServer&) {
    client.run({"ZADD", "a", "1", "x", "2", "y", "3", "z"});
    client.run({"ZADD", "b", "10", "y", "20", "z", "30", "w"});
    client.run({"ZADD", "c", "5", "z"});
    CHECK(client.run({"ZUNION", "3", "a", "b", "c", "WITHSCORES"}) ==
          "[\"x\", \"1\", \"y\", \"12\", \"z\", \"28\", \"w\", \"30\"]");
    CHECK(client.run({"ZINTER", "2", "a", "b", "WEIGHTS", "2", "0.5", "AGGREGATE", "MAX",
                      "WITHSCORES"}) == "[\"y\", \"5\", \"z\", \"10\"]");
    CHECK(client.run({"ZDIFF", "2", "a", "b"}) == "[\"x\"]");
    CHECK(client.run({"ZINTERCARD", "2", "a", "b"}) == "2");
    CHECK(client.run({"ZINTERCARD", "2", "a", "b", "LIMIT", "1"}) == "1");
    CHECK(client.run({"ZUNIONSTORE", "d", "2", "a", "none", "WEIGHTS", "-1", "1"}) == "3");
    CHECK(client.run({"ZRANGE", "d", "0", "-1", "WITHSCORES"}) ==
          "[\"z\", \"-3\", \"y\", \"-2\", \"x\", \"-1\"]");
    CHECK(client.run({"ZINTERSTORE", "a", "2", "a", "b", "AGGREGATE", "MIN"}) == "2");
    CHECK(client.run({"ZRANGE", "a", "0", "-1", "WITHSCORES"}) == "[\"y\", \"2\", \"z\", \"3\"]");
    CHECK(client.run({"ZDIFFSTORE", "d", "2", "c", "c"}) == "0");
    CHECK(client.run({"EXISTS", "d"}) == "0");
    CHECK(client.run({"ZRANGESTORE", "d", "b", "+inf", "(10", "BYSCORE", "REV", "LIMIT", "0",
                      "1"}) == "1");
    CHECK(client.run({"ZRANGE", "d", "0", "-1"}) == "[\"w\"]");
    client.run({"SET", "s", "v"});
    CHECK(client.run({"ZUNION", "2", "a", "s", "nonsense"}) == kWrongType);
    CHECK(client.run({"ZUNIONSTORE", "d", "0", "a"}) ==
          "!ERR at least 1 input key is needed for 'zunionstore' command");
    CHECK(client.run({"ZUNION", "2", "a"}) == "!ERR syntax error");
    CHECK(client.run({"ZUNION", "1", "a", "WEIGHTS", "x"}) == "!ERR weight value is not a float");
  });
}

TEST_CASE("a sum of infinities, or of nothing with one, is zero") {
  in_both_encodings([](Connection& client, TestServer&) {
    client.run({"ZADD", "a", "inf", "x"});
    client.run({"ZADD", "b", "-inf", "x"});
    CHECK(client.run({"ZUNION", "2", "a", "b", "WITHSCORES"}) == "[\"x\", \"0\"]");
    CHECK(client.run({"ZINTER", "2", "a", "a", "WEIGHTS", "0", "1", "WITHSCORES"}) ==
          "[\"x\", \"inf\"]");
  });
}

TEST_CASE("members that chance picks are members, different ones where that is asked") {
  in_both_encodings([](Connection& client, TestServer&) {
    add_many(client, "z", 100);
    CHECK(client.run({"ZRANDMEMBER", "none"}) == "(nil)");
    CHECK(client.run({"ZRANDMEMBER", "none", "5"}) == "[]");
    CHECK(client.run({"ZRANDMEMBER", "z", "0"}) == "[]");
    for (const char* count : {"5", "33", "50", "99", "1000"}) {
      const auto picked = sorted(elements_of(client.run({"ZRANDMEMBER", "z", count})));
      CHECK(picked.size() == std::min<size_t>(std::stoul(count), 100));
      CHECK(std::adjacent_find(picked.begin(), picked.end()) == picked.end());
    }
    const auto pairs = elements_of(client.run({"ZRANDMEMBER", "z", "-1000", "WITHSCORES"}));
    CHECK(pairs.size() == 2000);
    std::map<std::string, int> seen;
    for (size_t i = 0; i < pairs.size(); i += 2) {
      CHECK(pairs[i] == "m" + pairs[i + 1]);
      ++seen[pairs[i]];
    }
    CHECK(seen.size() > 90);
    CHECK(client.run({"ZRANDMEMBER", "z", "-9223372036854775800", "WITHSCORES"}) ==
          "!ERR value is out of range");
  });
}

TEST_CASE("a scan of a sorted set finds every member with its score") {
  in_both_encodings([](Connection& client, TestServer&) {
    add_many(client, "z", 1000);
    const auto found = scan_all_of(client, "ZSCAN", "z", {"COUNT", "7"});
    CHECK(found.size() == 2000);
    for (size_t i = 0; i < found.size(); i += 2) CHECK(found[i] == "m" + found[i + 1]);
    CHECK(sorted(scan_all_of(client, "ZSCAN", "z", {"MATCH", "m99?"})).size() == 20);
    CHECK(client.run({"ZSCAN", "none", "0"}) == "[\"0\", []]");
    CHECK(client.run({"ZSCAN", "z", "x"}) == "!ERR invalid cursor");
  });
}

TEST_CASE("the encoding follows the limits, and survives what is done to the key") {
  on_one_core_and_four(
      [](Connection& client, TestServer&) {
        client.run({"CONFIG", "SET", "zset-max-listpack-entries", "3"});
        client.run({"ZADD", "small", "1", "a", "2", "b", "3.5", "c"});
        client.run({"ZADD", "big", "1", "a", "2", "b", "3.5", "c", "4", "d"});
        client.run({"ZADD", "long", "1", std::string(65, 'x')});
        CHECK(client.run({"OBJECT", "ENCODING", "small"}) == "\"listpack\"");
        CHECK(client.run({"OBJECT", "ENCODING", "big"}) == "\"skiplist\"");
        CHECK(client.run({"OBJECT", "ENCODING", "long"}) == "\"skiplist\"");
        for (const std::string key : {"small", "big"}) {
          CAPTURE(key);
          CHECK(client.run({"COPY", key, "copied"}) == "1");
          CHECK(client.run({"OBJECT", "ENCODING", "copied"}) ==
                client.run({"OBJECT", "ENCODING", key}));
          CHECK(client.run({"DEBUG", "DIGEST-VALUE", "copied"}) ==
                client.run({"DEBUG", "DIGEST-VALUE", key}));
          client.run({"ZINCRBY", "copied", "1", "a"});
          CHECK(client.run({"DEBUG", "DIGEST-VALUE", "copied"}) !=
                client.run({"DEBUG", "DIGEST-VALUE", key}));
          CHECK(client.run({"ZSCORE", key, "a"}) == "\"1\"");
          CHECK(client.run({"RENAME", "copied", "moved"}) == "OK");
          CHECK(client.run({"TYPE", "moved"}) == "zset");
          CHECK(client.run({"ZSCORE", "moved", "a"}) == "\"2\"");
          CHECK(client.run({"UNLINK", "moved"}) == "1");
        }
        client.run({"ZRANGESTORE", "stored", "big", "0", "2"});
        CHECK(client.run({"OBJECT", "ENCODING", "stored"}) == "\"listpack\"");
        CHECK(client.run({"GET", "small"}) == kWrongType);
        client.run({"SET", "text", "v"});
        for (const std::vector<std::string>& command :
             std::vector<std::vector<std::string>>{{"ZADD", "text", "1", "a"},
                                                   {"ZSCORE", "text", "a"},
                                                   {"ZPOPMIN", "text"},
                                                   {"ZRANGE", "text", "0", "1"},
                                                   {"ZREMRANGEBYRANK", "text", "0", "1"}}) {
          CHECK(client.run(command) == kWrongType);
        }
      },
      "store none\nenable-debug-command yes\n");
}

TEST_CASE("memory follows a sorted set that grows and is removed in slices") {
  TestServer server({.config = "store none\n"});
  Connection client(server.port());
  const auto used = [&client] {
    const std::string info = client.run({"INFO", "memory"});
    const size_t at = info.find("used_memory:") + 12;
    return std::stol(info.substr(at, info.find('\r', at) - at));
  };
  const long before = used();
  add_many(client, "z", 100'000);
  const long full = used();
  CHECK(full - before > 100'000 * 16);
  CHECK(std::stol(client.run({"MEMORY", "USAGE", "z"})) > (full - before) * 9 / 10);
  CHECK(client.run({"ZREMRANGEBYRANK", "z", "10", "-11"}) == "99980");
  // What is cut off goes at once, its memory bit by bit between the commands.
  long left = used();
  for (int i = 0; i < 10'000 && left > full / 10; ++i) left = used();
  CHECK(left <= full / 10);
  add_many(client, "z", 100'000);
  // All of it, in the same way.
  CHECK(client.run({"ZREMRANGEBYSCORE", "z", "-inf", "inf"}) == "100000");
  CHECK(client.run({"EXISTS", "z"}) == "0");
  left = used();
  for (int i = 0; i < 10'000 && left > full / 10; ++i) left = used();
  CHECK(left <= full / 10);
}

TEST_CASE("sorted sets look over RESP3 as they do in Redis") {
  on_one_core_and_four([](Connection&, TestServer& server) {
    CHECK(over_resp3(server, {"ZADD z 1 a 2.5 b", "ZADD z INCR 1 a", "ZINCRBY z 1 a",
                              "ZADD z NX INCR 1 a"}) == ":2\r\n,2\r\n,3\r\n_\r\n");
    CHECK(over_resp3(server, {"ZSCORE z a", "ZSCORE z x", "ZMSCORE z a x"}) ==
          ",3\r\n_\r\n*2\r\n,3\r\n_\r\n");
    CHECK(over_resp3(server, {"ZRANGE z 0 -1", "ZRANGE z 0 0 WITHSCORES"}) ==
          "*2\r\n$1\r\nb\r\n$1\r\na\r\n*1\r\n*2\r\n$1\r\nb\r\n,2.5\r\n");
    CHECK(over_resp3(server, {"ZRANK z a", "ZRANK z x", "ZRANK z a WITHSCORE"}) ==
          ":1\r\n_\r\n*2\r\n:1\r\n,3\r\n");
    CHECK(over_resp3(server, {"ZUNION 1 z WITHSCORES", "ZDIFF 1 none WITHSCORES"}) ==
          "*2\r\n*2\r\n$1\r\nb\r\n,2.5\r\n*2\r\n$1\r\na\r\n,3\r\n*0\r\n");
    CHECK(over_resp3(server, {"ZRANDMEMBER none", "ZRANDMEMBER none 1", "ZSCAN none 0"}) ==
          "_\r\n*0\r\n*2\r\n$1\r\n0\r\n*0\r\n");
    CHECK(over_resp3(server, {"ZADD one 1 a", "ZRANDMEMBER one 1 WITHSCORES", "ZSCAN one 0"}) ==
          ":1\r\n*1\r\n*2\r\n$1\r\na\r\n,1\r\n*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n");
    CHECK(over_resp3(server, {"ZPOPMIN z", "ZPOPMAX z 1", "ZPOPMIN z", "ZMPOP 1 one MIN",
                              "ZMPOP 1 one MIN"}) ==
          "*2\r\n$1\r\nb\r\n,2.5\r\n*1\r\n*2\r\n$1\r\na\r\n,3\r\n*0\r\n"
          "*2\r\n$3\r\none\r\n*1\r\n*2\r\n$1\r\na\r\n,1\r\n_\r\n");
  });
}
