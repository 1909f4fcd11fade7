// SORT and SORT_RO, with keys, and what patterns lead to, on all of four cores.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/wire/collections.hpp"
#include "tests/wire/connection.hpp"

using tidemark::test::Connection;
using tidemark::test::elements_of;
using tidemark::test::on_one_core_and_four;
using tidemark::test::over_resp3;
using tidemark::test::TestServer;

namespace {

constexpr const char* kWrongType =
    "!WRONGTYPE Operation against a key holding the wrong kind of value";
constexpr const char* kNoNumber = "!ERR One or more scores can't be converted into double";
constexpr const char* kNoInteger = "!ERR value is not an integer or out of range";

}  // namespace

TEST_CASE("numbers are sorted by value and texts by their bytes") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"RPUSH", "l", "10", "9", "-1", "2.5", "1e2", "0x10", "2.50"});
    CHECK(client.run({"SORT", "l"}) ==
          "[\"-1\", \"2.5\", \"2.50\", \"9\", \"10\", \"0x10\", \"1e2\"]");
    CHECK(client.run({"SORT", "l", "DESC"}) ==
          "[\"1e2\", \"0x10\", \"10\", \"9\", \"2.50\", \"2.5\", \"-1\"]");
    CHECK(client.run({"SORT", "l", "ALPHA"}) ==
          "[\"-1\", \"0x10\", \"10\", \"1e2\", \"2.5\", \"2.50\", \"9\"]");
    CHECK(client.run({"SORT_RO", "l", "DESC", "ASC", "ALPHA", "DESC", "LIMIT", "1", "2"}) ==
          "[\"2.50\", \"2.5\"]");
    client.run({"SADD", "s", "3", "1", "2"});
    CHECK(client.run({"SORT", "s", "DESC"}) == "[\"3\", \"2\", \"1\"]");
    client.run({"ZADD", "z", "1", "30", "2", "4", "3", "x"});
    CHECK(client.run({"SORT", "z"}) == kNoNumber);
    CHECK(client.run({"SORT", "z", "ALPHA"}) == "[\"30\", \"4\", \"x\"]");
    CHECK(client.run({"SORT", "none"}) == "[]");
  });
}

TEST_CASE("SORT refuses what makes no sense") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"SET", "text", "x"});
    client.run({"RPUSH", "l", "2", "1"});
    CHECK(client.run({"SORT", "text"}) == kWrongType);
    CHECK(client.run({"SORT", "text", "STORE", "to"}) == kWrongType);
    for (const char* word : {"nonsense", "LIMIT", "BY", "GET", "STORE", ""}) {
      CAPTURE(word);
      CHECK(client.run({"SORT", "text", word}) == "!ERR syntax error");
    }
    CHECK(client.run({"SORT", "l", "LIMIT", "1"}) == "!ERR syntax error");
    CHECK(client.run({"SORT_RO", "l", "STORE", "to"}) == "!ERR syntax error");
    for (const char* number : {"x", "", "1.5", "9223372036854775808", "-9223372036854775809"}) {
      CAPTURE(number);
      CHECK(client.run({"SORT", "l", "LIMIT", number, "1"}) == kNoInteger);
      CHECK(client.run({"SORT", "l", "LIMIT", "0", number}) == kNoInteger);
    }
    for (const char* element : {"x", " ", "1 ", "nan", "1e400", "1e-400"}) {
      CAPTURE(element);
      client.run({"RPUSH", "odd", "1", element});
      CHECK(client.run({"SORT", "odd"}) == kNoNumber);
      CHECK(client.run({"SORT", "odd", "BY", "nosort"}).size() > 2);
      client.run({"DEL", "odd"});
    }
    client.run({"RPUSH", "odd", " 1", "", "-inf", "inf", "+2"});
    CHECK(client.run({"SORT", "odd"}) == "[\"-inf\", \"\", \" 1\", \"+2\", \"inf\"]");
  });
}

TEST_CASE("LIMIT takes any numbers") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"RPUSH", "l", "3", "1", "2"});
    const auto limit = [&client](const char* offset, const char* count) {
      const std::string sorted = client.run({"SORT", "l", "LIMIT", offset, count});
      // What is not sorted is cut in the same way.
      CHECK(elements_of(client.run({"SORT", "l", "BY", "nosort", "LIMIT", offset, count})).size() ==
            elements_of(sorted).size());
      return sorted;
    };
    const std::string all = "[\"1\", \"2\", \"3\"]";
    CHECK(limit("0", "-1") == all);
    CHECK(limit("-1", "-9223372036854775808") == all);
    CHECK(limit("-9223372036854775808", "9223372036854775807") == all);
    CHECK(limit("-2147483648", "2147483648") == all);
    CHECK(limit("0", "0") == "[]");
    CHECK(limit("1", "1") == "[\"2\"]");
    CHECK(limit("2", "5") == "[\"3\"]");
    CHECK(limit("3", "1") == "[]");
    CHECK(limit("9223372036854775807", "9223372036854775807") == "[]");
    CHECK(limit("1", "9223372036854775807") == "[\"2\", \"3\"]");
  });
}

TEST_CASE("patterns lead to keys on any core") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    constexpr int kElements = 30;
    for (int i = 0; i < kElements; ++i) {
      const std::string element = std::to_string(i);
      client.run({"RPUSH", "l", element});
      client.run({"SET", "weight_" + element, std::to_string(1000 - i)});
      if (i % 2 == 0) client.run({"SET", "name_" + element + "_x", "n" + element});
    }
    CHECK(client.run({"SORT", "l", "BY", "weight_*", "LIMIT", "0", "3"}) ==
          "[\"29\", \"28\", \"27\"]");
    CHECK(client.run({"SORT", "l", "BY", "weight_*", "LIMIT", "0", "2", "GET", "#", "GET",
                      "name_*_x", "GET", "weight_*", "GET", "none", "GET", "l*"}) ==
          "[\"29\", (nil), \"971\", (nil), (nil), \"28\", \"n28\", \"972\", (nil), (nil)]");
    CHECK(client.run({"SORT", "l", "BY", "weight_*", "STORE", "to", "LIMIT", "0", "2", "GET",
                      "name_*_x", "GET", "#"}) == "4");
    CHECK(client.run({"LRANGE", "to", "0", "-1"}) == "[\"\", \"29\", \"n28\", \"28\"]");
    // Who has none comes first, and stays in its place among these.
    CHECK(client.run({"SORT", "l", "BY", "name_*_x", "ALPHA", "LIMIT", "13", "4"}) ==
          "[\"27\", \"29\", \"0\", \"10\"]");
    CHECK(client.run({"SORT", "l", "BY", "none_*", "LIMIT", "28", "9"}) == "[\"8\", \"9\"]");
    // What a key of another type holds is nothing.
    CHECK(client.run({"SORT", "l", "LIMIT", "0", "1", "GET", "l*", "BY", "l*"}) == "[(nil)]");
  });
}

TEST_CASE("behind an arrow is the field of a hash") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    for (int i = 0; i < 9; ++i) {
      const std::string element = std::to_string(i);
      client.run({"RPUSH", "l", element});
      client.run({"HSET", "h_" + element, "weight", std::to_string(10 - i), "name", "n" + element});
    }
    client.run({"HSET", "h_0", "name", std::string(1000, 'x')});  // no longer packed
    CHECK(client.run({"SORT", "l", "BY", "h_*->weight", "LIMIT", "0", "2", "GET", "h_*->weight",
                      "GET", "h_*->name", "GET", "h_*->none", "GET", "h_*->", "GET", "h_*"}) ==
          "[\"2\", \"n8\", (nil), (nil), (nil), \"3\", \"n7\", (nil), (nil), (nil)]");
    CHECK(client.run({"SORT", "l", "LIMIT", "0", "1", "GET", "h_*->name"}) ==
          "[\"" + std::string(1000, 'x') + "\"]");
    CHECK(client.run({"SORT", "l", "BY", "h_*->name", "LIMIT", "0", "1"}) ==
          "!ERR One or more scores can't be converted into double");
    client.run({"SET", "h_3->weight", "a string"});
    CHECK(client.run({"SORT", "l", "LIMIT", "3", "1", "GET", "h_*->weight"}) == "[\"7\"]");
  });
}

TEST_CASE("BY something without a place for the element sorts nothing") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"RPUSH", "l", "b", "c", "a"});
    CHECK(client.run({"SORT", "l", "BY", "nosort"}) == "[\"b\", \"c\", \"a\"]");
    CHECK(client.run({"SORT", "l", "BY", "nosort", "DESC", "LIMIT", "1", "5"}) == "[\"c\", \"b\"]");
    CHECK(client.run({"SORT", "l", "BY", "x_*", "BY", "nosort", "BY", "y_*", "GET", "#"}) ==
          "[\"b\", \"c\", \"a\"]");
    client.run({"ZADD", "z", "3", "a", "1", "b", "2", "7"});
    CHECK(client.run({"SORT", "z", "BY", "nosort"}) == "[\"b\", \"7\", \"a\"]");
    CHECK(client.run({"SORT", "z", "BY", "nosort", "DESC", "LIMIT", "0", "2"}) == "[\"a\", \"7\"]");
    client.run({"SADD", "s", "c", "b", "a", "d"});
    CHECK(client.run({"SORT", "s", "BY", "nosort", "STORE", "to"}) == "4");
    CHECK(client.run({"LRANGE", "to", "0", "-1"}) == "[\"a\", \"b\", \"c\", \"d\"]");
  });
}

TEST_CASE("the words of SORT may be keys and patterns") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"RPUSH", "l", "2", "1"});
    for (int i = 0; i < 12; ++i) client.run({"SET", "x" + std::to_string(i) + "_1", "one"});
    for (int i = 0; i < 12; ++i) {
      const std::string to = "to:" + std::to_string(i);
      CHECK(client.run({"SORT", "l", "STORE", "BY", "GET", "x" + std::to_string(i) + "_*"}) == "2");
      CHECK(client.run({"LRANGE", "BY", "0", "-1"}) == "[\"one\", \"\"]");
      CHECK(client.run({"SORT", "l", "STORE", "LIMIT", "STORE", to}) == "2");
      CHECK(client.run({"EXISTS", "LIMIT"}) == "0");
      CHECK(client.run({"LLEN", to}) == "2");
      CHECK(client.run({"SORT", "l", "BY", "STORE", "GET", "#", "GET", "STORE"}) ==
            "[\"2\", (nil), \"1\", (nil)]");
    }
  });
}

TEST_CASE("STORE makes a list, in place of what was there") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"RPUSH", "l", "3", "1", "2"});
    for (int i = 0; i < 12; ++i) {
      const std::string to = "to:" + std::to_string(i);
      client.run({"SET", to, "text", "EX", "1000"});
      CHECK(client.run({"SORT", "l", "STORE", "elsewhere", "STORE", to}) == "3");
      CHECK(client.run({"LRANGE", to, "0", "-1"}) == "[\"1\", \"2\", \"3\"]");
      CHECK(client.run({"TTL", to}) == "-1");
      CHECK(client.run({"OBJECT", "ENCODING", to}) == "\"listpack\"");
      CHECK(client.run({"SORT", "none", "STORE", to}) == "0");
      CHECK(client.run({"EXISTS", to, "elsewhere"}) == "0");
    }
    CHECK(client.run({"SORT", "l", "STORE", "l", "DESC"}) == "3");
    CHECK(client.run({"LRANGE", "l", "0", "-1"}) == "[\"3\", \"2\", \"1\"]");
    CHECK(client.run({"SORT", "l", "LIMIT", "3", "1", "STORE", "l"}) == "0");
    CHECK(client.run({"EXISTS", "l"}) == "0");
  });
}

TEST_CASE("many elements are sorted in all of their forms") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    constexpr int kElements = 3000;
    for (int i = 0; i < kElements; ++i) {
      const std::string element = std::to_string((i * 7919) % kElements);
      client.send({"RPUSH", "l", element});
      client.send({"SADD", "s", element});
      client.send({"ZADD", "z", std::to_string(i), "m" + element});
    }
    for (int i = 0; i < 3 * kElements; ++i) client.receive();
    for (const char* key : {"l", "s"}) {
      CAPTURE(key);
      const auto sorted = elements_of(client.run({"SORT", key}));
      REQUIRE(sorted.size() == kElements);
      for (int i = 0; i < kElements; ++i)
        REQUIRE(sorted[static_cast<size_t>(i)] == std::to_string(i));
      CHECK(client.run({"SORT", key, "LIMIT", "100", "2"}) == "[\"100\", \"101\"]");
      CHECK(client.run({"SORT", key, "DESC", "LIMIT", "2998", "7"}) == "[\"1\", \"0\"]");
    }
    CHECK(client.run({"SORT", "z", "ALPHA", "LIMIT", "0", "3"}) == "[\"m0\", \"m1\", \"m10\"]");
    CHECK(client.run({"SORT", "z", "BY", "nosort", "DESC", "LIMIT", "2999", "1"}) == "[\"m0\"]");
  });
}

TEST_CASE("over RESP3 what is not there is null") {
  TestServer server({.cores = 4});
  CHECK(over_resp3(server, {"RPUSH l 1", "SORT l GET x_* GET #"}) ==
        ":1\r\n*2\r\n_\r\n$1\r\n1\r\n");
}
