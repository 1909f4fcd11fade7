#include "storage/value/bits.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

using namespace tidemark;
using namespace tidemark::storage;

namespace {

constexpr auto kMin = std::numeric_limits<int64_t>::min();
constexpr auto kMax = std::numeric_limits<int64_t>::max();

// A string as the bits that it is, to be slow and right.
std::vector<bool> bits_of(Bytes text) {
  std::vector<bool> bits;
  for (const char c : text) {
    for (int i = 7; i >= 0; --i) bits.push_back((static_cast<uint8_t>(c) >> i & 1) != 0);
  }
  return bits;
}

// Mostly runs of one byte, so that searches have something to skip.
std::string random_text(std::mt19937_64& random, size_t length_max) {
  std::string text;
  const size_t length = random() % (length_max + 1);
  while (text.size() < length) {
    const char byte =
        random() % 2 == 0 ? '\0' : static_cast<char>(random() % 3 == 0 ? random() : 255);
    text.append(std::min<size_t>(1 + random() % 40, length - text.size()), byte);
  }
  return text;
}

FieldType type(Bytes text) { return parse_field_type(text).value(); }

}  // namespace

TEST_CASE("bit 0 is the most significant of the first byte, and there are zeros beyond the end") {
  std::string text = "\x80\x01";
  CHECK(bit_at(text, 0));
  CHECK_FALSE(bit_at(text, 1));
  CHECK(bit_at(text, 15));
  CHECK_FALSE(bit_at(text, 16));
  CHECK_FALSE(bit_at("", 0));
  CHECK_FALSE(bit_at(text, std::numeric_limits<uint64_t>::max()));
  set_bit(text.data(), 0, false);
  set_bit(text.data(), 6, true);
  set_bit(text.data(), 6, true);
  CHECK(text == std::string("\x02\x01"));
}

TEST_CASE("bits are counted and found as one by one, in any range") {
  std::mt19937_64 random(20);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random_text(random, 200);
    CAPTURE(round);
    const auto bits = bits_of(text);
    REQUIRE(count_ones(text) == static_cast<uint64_t>(std::count(bits.begin(), bits.end(), true)));
    if (text.empty()) continue;
    BitRange range{.first = random() % bits.size(), .last = random() % bits.size()};
    if (range.first > range.last) std::swap(range.first, range.last);
    const auto begin = bits.begin() + static_cast<ptrdiff_t>(range.first);
    const auto end = bits.begin() + static_cast<ptrdiff_t>(range.last) + 1;
    REQUIRE(count_ones(text, range) == static_cast<uint64_t>(std::count(begin, end, true)));
    for (const bool wanted : {false, true}) {
      const auto found = std::find(begin, end, wanted);
      const auto expected =
          found == end ? std::nullopt
                       : std::optional<uint64_t>(static_cast<uint64_t>(found - bits.begin()));
      REQUIRE(find_bit(text, wanted, range) == expected);
    }
  }
}

TEST_CASE("bits are combined as one by one, as if the shorter strings went on with zeros") {
  std::mt19937_64 random(21);
  for (int round = 0; round < 300; ++round) {
    const auto operation = static_cast<BitOperation>(random() % 4);
    const size_t sources = operation == BitOperation::invert ? 1 : 1 + random() % 4;
    std::vector<std::string> texts;
    for (size_t i = 0; i < sources; ++i) {
      texts.push_back(random_text(random, round % 10 == 0 ? 20000 : 100));
    }
    size_t length = 0;
    for (const std::string& text : texts) length = std::max(length, text.size());
    std::string expected;
    for (size_t i = 0; i < length; ++i) {
      const auto byte = [&](const std::string& text) { return i < text.size() ? text[i] : '\0'; };
      char combined = byte(texts.front());
      if (operation == BitOperation::invert) combined = static_cast<char>(~combined);
      for (size_t j = 1; j < sources; ++j) {
        if (operation == BitOperation::conjoin) combined &= byte(texts[j]);
        if (operation == BitOperation::disjoin) combined |= byte(texts[j]);
        if (operation == BitOperation::differ) combined ^= byte(texts[j]);
      }
      expected += combined;
    }
    std::string result(length, '?');
    const std::vector<Bytes> views(texts.begin(), texts.end());
    combine_bits(operation, views, result.data());
    CAPTURE(round);
    REQUIRE(result == expected);
  }
}

TEST_CASE("a field's type is a letter and a width that its numbers have") {
  CHECK(type("i64").is_signed);
  CHECK(type("u63").width == 63);
  for (const Bytes text :
       {Bytes(""), Bytes("i"), Bytes("u0"), Bytes("u64"), Bytes("i65"), Bytes("i0"), Bytes("U8"),
        Bytes("u08"), Bytes("u-1"), Bytes("8"), Bytes("u8 ")}) {
    CAPTURE(text);
    CHECK_FALSE(parse_field_type(text).has_value());
  }
  CHECK(type("i1").min() == -1);
  CHECK(type("i1").max() == 0);
  CHECK(type("i64").min() == kMin);
  CHECK(type("i64").max() == kMax);
  CHECK(type("u63").max() == kMax);
  CHECK(type("u63").min() == 0);
  CHECK(type("u1").max() == 1);
}

TEST_CASE("a field of any width at any offset is read back, and its neighbours stay") {
  std::mt19937_64 random(22);
  for (int round = 0; round < 5000; ++round) {
    std::string text = random_text(random, 40) + std::string(20, '\x5a');
    const bool is_signed = random() % 2 == 0;
    const FieldType field{.is_signed = is_signed,
                          .width = static_cast<uint8_t>(1 + random() % (is_signed ? 64 : 63))};
    const uint64_t offset = random() % (text.size() * 8 - field.width + 1);
    const int64_t value =
        fit_field(field, static_cast<int64_t>(random()), FieldOverflow::wrap).value();
    auto expected = bits_of(text);
    for (unsigned i = 0; i < field.width; ++i) {
      expected[offset + i] = (static_cast<uint64_t>(value) >> (field.width - 1 - i) & 1) != 0;
    }
    set_field(text.data(), offset, field, value);
    CAPTURE(round);
    REQUIRE(bits_of(text) == expected);
    REQUIRE(field_at(text, offset, field) == value);
  }
}

TEST_CASE("a field that reaches beyond the end reads zeros there") {
  CHECK(field_at("\xff", 0, type("u16")) == 0xff00);
  CHECK(field_at("\xff", 4, type("i8")) == -16);
  CHECK(field_at("", 0, type("i64")) == 0);
  CHECK(field_at("\xff", uint64_t{1} << 40, type("u8")) == 0);
}

TEST_CASE("a number beyond what a field can hold wraps, saturates or fails") {
  using enum FieldOverflow;
  CHECK(fit_field(type("u8"), 256, wrap) == 0);
  CHECK(fit_field(type("u8"), 257, saturate) == 255);
  CHECK(fit_field(type("u8"), -1, wrap) == 255);
  CHECK(fit_field(type("u8"), -1, saturate) == 255);
  CHECK(fit_field(type("u8"), -1, fail) == std::nullopt);
  CHECK(fit_field(type("u63"), kMin, wrap) == 0);
  CHECK(fit_field(type("u63"), kMin, saturate) == kMax);
  CHECK(fit_field(type("i8"), 128, wrap) == -128);
  CHECK(fit_field(type("i8"), 128, saturate) == 127);
  CHECK(fit_field(type("i8"), -129, saturate) == -128);
  CHECK(fit_field(type("i8"), -129, wrap) == 127);
  CHECK(fit_field(type("i64"), kMin, fail) == kMin);
}

TEST_CASE("a sum beyond what a field can hold wraps, saturates or fails") {
  using enum FieldOverflow;
  CHECK(add_to_field(type("u8"), 250, 10, wrap) == 4);
  CHECK(add_to_field(type("u8"), 250, 10, saturate) == 255);
  CHECK(add_to_field(type("u8"), 250, 10, fail) == std::nullopt);
  CHECK(add_to_field(type("u8"), 5, -10, wrap) == 251);
  CHECK(add_to_field(type("u8"), 5, -10, saturate) == 0);
  CHECK(add_to_field(type("u63"), kMax, kMax, saturate) == kMax);
  CHECK(add_to_field(type("u63"), kMax, kMax, wrap) == kMax - 1);
  CHECK(add_to_field(type("u63"), 0, kMin, wrap) == 0);
  CHECK(add_to_field(type("u63"), 1, kMin, saturate) == 0);
  CHECK(add_to_field(type("i64"), kMax, 1, wrap) == kMin);
  CHECK(add_to_field(type("i64"), kMax, 1, saturate) == kMax);
  CHECK(add_to_field(type("i64"), kMin, -1, saturate) == kMin);
  CHECK(add_to_field(type("i64"), kMin, -1, fail) == std::nullopt);
  CHECK(add_to_field(type("i5"), 15, 1, wrap) == -16);
  CHECK(add_to_field(type("i5"), -16, 40, saturate) == 15);
}
