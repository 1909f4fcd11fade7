#include "server/config/value_text.hpp"

#include <doctest/doctest.h>

#include <limits>

using tidemark::server::memory_text;
using tidemark::server::parse_loose_integer;
using tidemark::server::parse_memory;
using tidemark::server::split_at_spaces;

TEST_CASE("amounts of memory take units of 1000 and of 1024 in any case") {
  CHECK(parse_memory("7") == 7);
  CHECK(parse_memory("7b") == 7);
  CHECK(parse_memory("2k") == 2000);
  CHECK(parse_memory("2KB") == 2048);
  CHECK(parse_memory("3M") == 3'000'000);
  CHECK(parse_memory("3mb") == 3U << 20);
  CHECK(parse_memory("1g") == 1'000'000'000);
  CHECK(parse_memory("1Gb") == 1U << 30);
  CHECK(parse_memory("00012") == 12);
}

TEST_CASE("an amount without digits is nothing, as in Redis") {
  CHECK(parse_memory("") == 0);
  CHECK(parse_memory("kb") == 0);
}

TEST_CASE("an amount of memory has no sign, no fraction, no blanks and no other unit") {
  for (const char* bad : {"-1", "-0", "+5", " 5", "5 ", "1.5gb", "0x10", "1 mb", "1t", "1p"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_memory(bad));
  }
}

TEST_CASE("an amount that does not fit is the largest one, never a small one") {
  constexpr uint64_t kLargest = std::numeric_limits<uint64_t>::max();
  CHECK(parse_memory("18446744073709551615") == kLargest);
  CHECK(parse_memory("18446744073709551616") == kLargest);
  CHECK(parse_memory("17179869184gb") == kLargest);
  CHECK_FALSE(parse_memory(std::string(200, '9')));
}

TEST_CASE("an amount is written with the largest unit that is exact, and reads back") {
  CHECK(memory_text(0) == "0");
  CHECK(memory_text(3000) == "3000");
  CHECK(memory_text(64ULL << 20) == "64mb");
  CHECK(memory_text(1ULL << 30) == "1gb");
  for (const uint64_t bytes : {1ULL, 1023ULL, 1024ULL, 1ULL << 20, 5ULL << 29, ~0ULL}) {
    CHECK(parse_memory(memory_text(bytes)) == bytes);
  }
}

TEST_CASE("integers in lists may have a plus and leading zeros but nothing else") {
  CHECK(parse_loose_integer("+5") == 5);
  CHECK(parse_loose_integer("-05") == -5);
  for (const char* bad : {"", "+", "+-5", "5x", " 5", "9223372036854775808"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_loose_integer(bad));
  }
}

TEST_CASE("two spaces in a row have an empty piece in between") {
  CHECK(split_at_spaces("").empty());
  CHECK(split_at_spaces("a") == std::vector<std::string>{"a"});
  CHECK(split_at_spaces("a  b ") == std::vector<std::string>{"a", "", "b", ""});
}
