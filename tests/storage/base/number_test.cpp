#include "storage/base/number.hpp"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>
#include <random>
#include <string>

using namespace tidemark;

namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

std::string printed(double value) {
  std::array<char, 64> text;
  const int size = std::snprintf(text.data(), text.size(), "%.17g", value);
  return std::string(text.data(), static_cast<size_t>(size));
}

}  // namespace

TEST_CASE("an integer has one spelling") {
  CHECK(parse_int64("0") == 0);
  CHECK(parse_int64("-1") == -1);
  CHECK(parse_int64("9223372036854775807") == kMax);
  CHECK(parse_int64("-9223372036854775808") == kMin);
  for (const Bytes text :
       {Bytes(""), Bytes("-"), Bytes("--1"), Bytes("-0"), Bytes("00"), Bytes("01"), Bytes("-01"),
        Bytes("+1"), Bytes(" 1"), Bytes("1 "), Bytes("1\0", 2), Bytes("1x"), Bytes("0x1"),
        Bytes("9223372036854775808"), Bytes("-9223372036854775809"), Bytes("99999999999999999999"),
        Bytes("123456789012345678901")}) {
    CAPTURE(text);
    CHECK_FALSE(parse_int64(text));
  }
  CHECK(parse_uint64("18446744073709551615") == std::numeric_limits<uint64_t>::max());
  CHECK_FALSE(parse_uint64("18446744073709551616"));
  CHECK_FALSE(parse_uint64("-1"));
}

TEST_CASE("integers of every length are written as the C library writes them, and read back") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 100000; ++i) {
    const auto value = static_cast<int64_t>(random()) >> (random() % 64);
    const std::string text = to_text(value);
    REQUIRE(text == std::to_string(value));
    REQUIRE(parse_int64(text) == value);
  }
  for (uint64_t power = 1; power != 0 && power <= uint64_t{1} << 63; power *= 10) {
    for (const uint64_t value : {power - 1, power, power + 1}) {
      std::array<char, kInt64CharsMax> text;
      const std::string written(text.data(), format_uint64(text.data(), value));
      CHECK(written == std::to_string(value));
      CHECK(parse_uint64(written) == value);
    }
    if (power > std::numeric_limits<uint64_t>::max() / 10) break;
  }
  CHECK(to_text(kMin) == "-9223372036854775808");
  CHECK(to_text(kMax) == "9223372036854775807");
}

TEST_CASE("a byte that is no digit is found wherever it stands") {
  const std::string digits = "12345678901234567890";
  for (size_t length = 1; length <= digits.size(); ++length) {
    for (size_t at = 0; at < length; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        if (byte >= '0' && byte <= '9') continue;
        std::string text = digits.substr(0, length);
        text[at] = static_cast<char>(byte);
        REQUIRE_FALSE(parse_uint64(text));
      }
    }
  }
}

// Each verdict is redis-server 7.0.15's on the score of a ZADD.
TEST_CASE("a float is the whole text and neither a NaN nor out of range") {
  CHECK(parse_double("1") == 1.0);
  CHECK(parse_double("+1") == 1.0);
  CHECK(parse_double("1.5") == 1.5);
  CHECK(parse_double("1e5") == 100000.0);
  CHECK(parse_double("0x10") == 16.0);
  CHECK(parse_double("0x1p3") == 8.0);
  CHECK(parse_double(".5") == 0.5);
  CHECK(parse_double("5.") == 5.0);
  CHECK(parse_double("-0.0") == 0.0);
  CHECK(parse_double("4.9e-324") == 4.9e-324);
  CHECK(parse_double("1e-310") == 1e-310);
  const double infinity = std::numeric_limits<double>::infinity();
  for (const auto* text : {"inf", "+inf", "INF", "infinity", "+Infinity"}) {
    CHECK(parse_double(text) == infinity);
  }
  CHECK(parse_double("-inf") == -infinity);
  const std::string nines(400, '9');
  const std::string vanishing = "0." + std::string(400, '0') + "1";
  const std::string endless(6000, '1');
  for (const Bytes text :
       {Bytes(""),       Bytes("-"),      Bytes("+"),       Bytes("nan"),  Bytes("-nan"),
        Bytes("nan(1)"), Bytes(" 1"),     Bytes("1 "),      Bytes("\t1"),  Bytes("1\0", 2),
        Bytes("1e400"),  Bytes("1e-400"), Bytes("e5"),      Bytes("1e"),   Bytes("1e+"),
        Bytes("0x"),     Bytes("0b1"),    Bytes("1_0"),     Bytes("1d"),   Bytes("+-1"),
        Bytes("-+1"),    Bytes(nines),    Bytes(vanishing), Bytes(endless)}) {
    CAPTURE(text);
    CHECK_FALSE(parse_double(text));
  }
  CHECK(parse_long_double("1e4000") == 1e4000L);
  CHECK_FALSE(parse_long_double("1e5000"));
  CHECK_FALSE(parse_long_double("nan"));
  CHECK_FALSE(parse_long_double(" 1"));
}

TEST_CASE("every double is written with 17 digits and read back the same") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 50000; ++i) {
    auto value = std::bit_cast<double>(random());
    if (i % 3 == 1) value = static_cast<double>(static_cast<int64_t>(random()) >> (random() % 64));
    if (i % 3 == 2) value = std::ldexp(static_cast<double>(random() % 100000), -7);
    if (std::isnan(value) || std::isinf(value)) continue;
    const std::string text = to_text(value);
    REQUIRE(text.size() <= kDoubleCharsMax);
    REQUIRE(text == printed(value));
    REQUIRE(parse_double(text) == value);
  }
  CHECK(to_text(0.1) == "0.10000000000000001");
  CHECK(to_text(3.0) == "3");
  CHECK(to_text(-0.0) == "-0");
  CHECK(to_text(1e17) == "1e+17");
  CHECK(to_text(-std::numeric_limits<double>::max()) == "-1.7976931348623157e+308");
  CHECK(to_text(-std::numeric_limits<double>::denorm_min()) == "-4.9406564584124654e-324");
  CHECK(to_text(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(to_text(-std::numeric_limits<double>::infinity()) == "-inf");
  CHECK(to_text(std::numeric_limits<double>::quiet_NaN()) == "nan");
}

// As redis-server 7.0.15 answers INCRBYFLOAT from zero.
TEST_CASE("fixed notation has no exponent and no needless zeros") {
  CHECK(to_fixed_text(3.0L) == "3");
  CHECK(to_fixed_text(1e3L) == "1000");
  CHECK(to_fixed_text(5.5L) == "5.5");
  CHECK(to_fixed_text(0.1L) == "0.1");
  CHECK(to_fixed_text(-0.0L) == "0");
  CHECK(to_fixed_text(1e-20L) == "0");
  CHECK(to_fixed_text(-1e-20L) == "0");
  CHECK(to_fixed_text(1e4000L).size() == 4000);
  CHECK(to_fixed_text(std::numeric_limits<long double>::max()).size() == 4933);
}
