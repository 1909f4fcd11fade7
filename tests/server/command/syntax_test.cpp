#include "server/command/syntax.hpp"

#include <doctest/doctest.h>

using namespace tidemark;
using namespace tidemark::server;

TEST_CASE("a bare word is a string that people see under its name") {
  const auto arguments = parse_syntax("value");
  REQUIRE(arguments.size() == 1);
  CHECK(arguments[0].name == "value");
  CHECK(arguments[0].type == ArgumentType::string);
  CHECK_FALSE(arguments[0].token);
  CHECK_FALSE(arguments[0].key_spec);
  CHECK_FALSE(arguments[0].optional);
  CHECK_FALSE(arguments[0].multiple);
}

TEST_CASE("a key belongs to the first key specification unless a digit says another") {
  const auto arguments = parse_syntax("source:key destination:key1 [BY by<pattern>:pattern2]");
  REQUIRE(arguments.size() == 3);
  CHECK(arguments[0].key_spec == 0);
  CHECK(arguments[1].key_spec == 1);
  CHECK(arguments[2].key_spec == 2);
  CHECK(arguments[2].type == ArgumentType::pattern);
  CHECK(arguments[2].name == "by");
  CHECK(arguments[2].display == "pattern");
}

TEST_CASE("a token takes the lower-case name behind it and is alone otherwise") {
  const auto arguments = parse_syntax("[GET] [EX seconds:integer] NO ONE change=CH free=");
  REQUIRE(arguments.size() == 6);
  CHECK(arguments[0].type == ArgumentType::pure_token);
  CHECK(arguments[0].name == "get");
  CHECK(arguments[0].token == "GET");
  CHECK(arguments[1].type == ArgumentType::integer);
  CHECK(arguments[1].name == "seconds");
  CHECK(arguments[1].token == "EX");
  CHECK(arguments[2].name == "no");
  CHECK(arguments[3].name == "one");
  CHECK(arguments[4].name == "change");
  CHECK(arguments[4].token == "CH");
  CHECK(arguments[5].name == "free");
  CHECK(arguments[5].token == "");
}

TEST_CASE("groups nest, and repetition is of a value or of its token too") {
  const auto arguments = parse_syntax(
      "value... [GET field...] [GET field]... data:(key:key kind:{A|B at:(x:double y:double)})...");
  REQUIRE(arguments.size() == 4);
  CHECK(arguments[0].multiple);
  CHECK_FALSE(arguments[0].multiple_token);
  CHECK(arguments[1].multiple);
  CHECK_FALSE(arguments[1].multiple_token);
  CHECK(arguments[1].optional);
  CHECK(arguments[2].multiple);
  CHECK(arguments[2].multiple_token);
  const Argument& data = arguments[3];
  CHECK(data.type == ArgumentType::block);
  CHECK(data.multiple);
  REQUIRE(data.arguments.size() == 2);
  const Argument& kind = data.arguments[1];
  CHECK(kind.type == ArgumentType::oneof);
  REQUIRE(kind.arguments.size() == 2);
  CHECK(kind.arguments[0].name == "a");
  CHECK(kind.arguments[1].arguments.at(1).type == ArgumentType::real);
}

TEST_CASE("what is not in the notation is refused") {
  static_assert(check_syntax("", 0));
  static_assert(check_syntax("key:key value [c:{NX|XX}] [GET] [LIMIT l:(a:integer b)]", 1));
  static_assert(check_syntax("a:key1", 2));
  for (const Bytes wrong : {" a",         "a ",     "a  b",      "[a",      "a]",   "[a]]", "a:",
                            "a:nonsense", "a:{b|c", "a:{b c}",   "a:(b|c)", "a:()", "a<",   "a<>",
                            "a<b>:{c|d}", "[a]...", "[a...]...", "[]",      "...",  ":key", "a....",
                            "a:{b|c})",   "|",      "a|b",       "1a"}) {
    CAPTURE(wrong);
    CHECK_FALSE(check_syntax(wrong, 9));
  }
}

TEST_CASE("a notation may not name a key specification that is not there") {
  static_assert(check_syntax("key:key", 1));
  static_assert(!check_syntax("key:key", 0));
  static_assert(!check_syntax("key:key other:key1", 1));
}

TEST_CASE("groups nest only so deep") {
  std::string deep = "a";
  for (int i = 0; i < 8; ++i) deep = "a:(" + deep + ")";
  CHECK(check_syntax(deep, 0));
  CHECK_FALSE(check_syntax("a:(" + deep + ")", 0));
}
