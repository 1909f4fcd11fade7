#include "storage/value/string.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

using namespace tidemark;
using namespace tidemark::storage;

TEST_CASE("a range counts from either end, includes both ends and is clamped") {
  CHECK(get_range("Hello World", 0, 4) == "Hello");
  CHECK(get_range("Hello World", -5, -1) == "World");
  CHECK(get_range("Hello World", 0, -1) == "Hello World");
  CHECK(get_range("Hello World", 6, 1000) == "World");
  CHECK(get_range("Hello World", -1000, 1) == "He");
  CHECK(get_range("Hello World", 5, 4) == "");
  CHECK(get_range("Hello World", -1, -5) == "");
  CHECK(get_range("Hello World", 11, 20) == "");
  CHECK(get_range("", 0, -1) == "");
  CHECK(get_range("", -10, 10) == "");
  constexpr auto kMin = std::numeric_limits<int64_t>::min();
  constexpr auto kMax = std::numeric_limits<int64_t>::max();
  CHECK(get_range("abc", kMin, kMax) == "abc");
  CHECK(get_range("abc", kMin, kMin) == "a");
  CHECK(get_range("abc", -100, -50) == "a");
  CHECK(get_range("abc", kMax, kMax) == "");
}

TEST_CASE("a sum of integers is refused where it overflows or there is no integer") {
  CHECK(*add("10", 5) == 15);
  CHECK(*add("-9223372036854775808", 1) == -9223372036854775807);
  CHECK(add("9223372036854775807", 1).error() == Errc::overflow);
  CHECK(add("-9223372036854775808", -1).error() == Errc::overflow);
  for (const Bytes text : {Bytes(" 1"), Bytes("1 "), Bytes("01"), Bytes("+1"), Bytes("1.0"),
                           Bytes(""), Bytes("9223372036854775808")}) {
    CHECK(add(text, 1).error() == Errc::not_an_integer);
  }
}

TEST_CASE("a sum of floats is plain and without trailing zeros") {
  CHECK(*add_float("10.50", 0.1L) == "10.6");
  CHECK(*add_float("5.0e3", 200.0L) == "5200");
  CHECK(*add_float("3", 1.0L) == "4");
  CHECK(*add_float("1", -1.0L) == "0");
  CHECK(*add_float("17179869184", 1.5L) == "17179869185.5");
  CHECK(add_float("abc", 1).error() == Errc::not_a_float);
  CHECK(add_float(" 1", 1).error() == Errc::not_a_float);
  CHECK(add_float("1e4932", std::numeric_limits<long double>::max()).error() ==
        Errc::nan_or_infinity);
}

TEST_CASE("the longest common subsequence is the one that Redis answers") {
  const Bytes a = "ohmytext";
  const Bytes b = "mynewtext";
  const auto text = lcs(a, b, LcsWant::text);
  REQUIRE(text);
  CHECK(text->text == "mytext");
  CHECK(lcs(a, b, LcsWant::length)->length == 6);

  const auto runs = lcs(a, b, LcsWant::runs);
  REQUIRE(runs);
  CHECK(runs->length == 6);
  REQUIRE(runs->runs.size() == 2);
  CHECK(runs->runs[0].a_start == 4);
  CHECK(runs->runs[0].a_end == 7);
  CHECK(runs->runs[0].b_start == 5);
  CHECK(runs->runs[0].b_end == 8);
  CHECK(runs->runs[1].a_start == 2);
  CHECK(runs->runs[1].a_end == 3);
  CHECK(runs->runs[1].b_start == 0);
  CHECK(runs->runs[1].length() == 2);

  CHECK(lcs(a, b, LcsWant::runs, 4)->runs.size() == 1);
  // Among equally long ones: as redis-server 7.0.15 answers.
  CHECK(lcs("abcbdab", "bdcaba", LcsWant::text)->text == "bdab");
  const auto tied = lcs("abcbdab", "bdcaba", LcsWant::runs);
  REQUIRE(tied->runs.size() == 2);
  CHECK(tied->runs[0].a_start == 5);
  CHECK(tied->runs[0].b_end == 4);
  CHECK(tied->runs[1].a_start == 3);
  CHECK(tied->runs[1].b_end == 1);
  CHECK(lcs("", b, LcsWant::text)->text.empty());
  CHECK(lcs("abc", "xyz", LcsWant::runs)->runs.empty());
}

TEST_CASE("a subsequence whose table would not fit is refused") {
  const std::string a(1000, 'a');
  CHECK(lcs(a, a, LcsWant::text, 0, 1000 * 1000).error() == Errc::out_of_memory);
  CHECK(lcs(a, a, LcsWant::length, 0, 1000 * 1000)->length == 1000);
}
