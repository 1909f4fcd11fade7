#include "storage/base/glob.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>

using namespace tidemark;

namespace {

// Random texts and patterns of the bytes that mean something, with what redis-server 7.0.15 said
// when asked KEYS pattern: a 1 for each of the texts that matches.
constexpr std::array kTexts = std::to_array<Bytes>(
    {"*",    "-b",   "-cac", "\?",  "\?c", "[",    "[-a",    "[b\?", "[bba", "\\",
     "]",    "]a\?", "]aa",  "]ba", "^",   "^a]b", "a",      "a-c",  "a-c[", "a[",
     "a[a^", "aa",   "abB",  "ac",  "ac-", "b",    "b\\b\\", "b]b",  "bb",   "bbb-",
     "bbb^", "c[b",  "c\\b", "c]^", "c^c", "ca",   "cab",    "cb\?", "cc-",  "cc["});

struct Recorded {
  Bytes pattern;
  Bytes verdicts;
};
constexpr std::array kRecorded = std::to_array<Recorded>({
    {"[\?^*\\*", "1001000000000010000000000000000000000000"},
    {"*\\\?", "0001000100010000000000000000000000000100"},
    {"[cb*", "1000000000000000000000000100000000000000"},
    {"a[[]**", "0000000000000000000110000000000000000000"},
    {"*[-^\?[", "0001010100010010001110001000011001000111"},
    {"c\?[b[]", "0000000000000000000000000000000110001001"},
    {"[bb\?**", "1001000000000000000000000100000000000000"},
    {"[*c[^\\[", "1000010000000010000000000000000000000000"},
    {"[bac", "0000000000000000100000000100000000000000"},
    {"[\\*[", "1000010000000000000000000000000000000000"},
    {"]\\a\?", "0000000000011000000000000000000000000000"},
    {"[*\\", "1000000001000000000000000000000000000000"},
    {"\\a[a^", "0000000000000000000001000000000000000000"},
    {"[*\?*[\\", "1001010001000000000000000000000000000000"},
    {"[*[bcc*", "1000010000000000000000000100000000000000"},
    {"*b[^*", "0000000110000100000000100010111000000100"},
    {"[*[^]", "1000010000000010000000000000000000000000"},
    {"**[a]a", "0000000000001000000001000000000000000000"},
    {"[bcb", "0000000000000000000000000100000000000000"},
    {"[ba]b*", "0000000000000000000000100000111000000000"},
    {"[*aac-\\", "1000000001100010100000000100000000000000"},
    {"**\\[b*a", "0000000010000000000000000000000000000000"},
    {"\?c[^b*", "0000000000000000000000001000000000000011"},
    {"[b*\?[[", "1001010000000000000000000100000000000000"},
    {"[^--\\*b", "0000000000100010100000000000000000000000"},
    {"*c[a\?-", "0000000000000000000000001000000000010010"},
    {"c*[[^", "0000000000000000000000000000000001000001"},
    {"c[\?a\\", "0000000000000000000000000000000000010000"},
    {"[cb", "0000000000000000000000000100000000000000"},
    {"[**[*\?]", "1001010000000000000000000000000000000000"},
    {"[*b^[", "1000010000000010000000000100000000000000"},
    {"[*a[^[", "1000010000000010100000000000000000000000"},
    {"*][\\[b[", "0000000000000001000000000001000000000000"},
    {"[c^\?b[b", "0001010000000010000000000100000000000000"},
    {"*c[-*[a", "0000000000000000001000001000000000010011"},
    {"[c\\*\\^", "1000000000000010000000000000000000000000"},
    {"[\\b\\\?", "0001000000000000000000000100000000000000"},
    {"[[**", "1000010000000000000000000000000000000000"},
    {"*\\-*[c", "0010000000000000010000000000000000000000"},
    {"[\\*[\\", "1000010001000000000000000000000000000000"},
    {"c**[b\?^", "0000000000000000000000000000000111001100"},
    {"c[ac*", "0000000000000000000000000000000000010000"},
    {"[*[[", "1000010000000000000000000000000000000000"},
    {"a[*\\*c", "0000000000000000000000010000000000000000"},
    {"[c-]*a^", "1000000000100010100000000100000000000000"},
    {"*[\\[\?b[", "0101010100010001001100000101100110001101"},
    {"]*[-a[a", "0000000000001100000000000000000000000000"},
    {"[[*c^c", "1000010000000010000000000000000000000000"},
    {"\?[^b", "0000100000000000000101010000000000010000"},
    {"[[[ba", "0000010000000000100000000100000000000000"},
    {"[[\\\?[\?c", "0001010000000000000000000000000000000000"},
    {"b[c[*bb", "0000000000000000000000000000100000000000"},
    {"[\?b[", "0001010000000000000000000100000000000000"},
    {"**[\\a*", "1000001010001100100001000000000000010000"},
    {"[^*^\\c", "0001010001100000100000000100000000000000"},
    {"[*^^\?[", "1001010000000010000000000000000000000000"},
    {"\?\\^**", "0000000000000000000000000000000000100000"},
    {"[\\[[bb\\", "0000010001000000000000000100000000000000"},
    {"[a\?c", "0001000000000000100000000000000000000000"},
    {"*[[a", "0000011010001100101101000000000000010001"},
});

// The definition, recursive and slow: what a pattern without sets and escapes matches.
bool matches_by_definition(Bytes pattern, Bytes text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return matches_by_definition(pattern.substr(1), text) ||
           (!text.empty() && matches_by_definition(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
         matches_by_definition(pattern.substr(1), text.substr(1));
}

}  // namespace

TEST_CASE("patterns match what they match in Redis") {
  for (const Recorded& recorded : kRecorded) {
    for (size_t i = 0; i < kTexts.size(); ++i) {
      CAPTURE(recorded.pattern);
      CAPTURE(kTexts[i]);
      CHECK(glob_matches(recorded.pattern, kTexts[i]) == (recorded.verdicts[i] == '1'));
    }
  }
}

TEST_CASE("the odd patterns") {
  CHECK(glob_matches("", ""));
  CHECK_FALSE(glob_matches("", "a"));
  CHECK_FALSE(glob_matches("*", ""));
  CHECK_FALSE(glob_matches("**", ""));
  CHECK_FALSE(glob_matches("?", ""));
  CHECK_FALSE(glob_matches("[]", "a"));
  CHECK(glob_matches("[^]", "a"));
  CHECK(glob_matches("[a", "a"));
  CHECK_FALSE(glob_matches("[", "["));
  CHECK(glob_matches("[a-c", "b"));
  CHECK(glob_matches("[c-a]", "b"));
  CHECK(glob_matches("[a-]", "-") == false);  // a range from 'a' down to ']', never closed
  CHECK(glob_matches("[\\]]", "]"));
  CHECK(glob_matches("a\\", "a\\"));
  CHECK(glob_matches("a\\*", "a*"));
  CHECK_FALSE(glob_matches("a\\*", "ab"));
  CHECK(glob_matches(Bytes("*\0?", 3), Bytes("x\0y", 3)));
  CHECK(glob_matches("\xff?", "\xff\xfe"));
}

TEST_CASE("case is ignored on request, and only that of ASCII") {
  CHECK_FALSE(glob_matches("HELLO*", "hello world"));
  CHECK(glob_matches("HELLO*", "hello world", GlobCase::ignored));
  CHECK(glob_matches("[A-C]\\X", "bx", GlobCase::ignored));
  CHECK_FALSE(glob_matches("\xc4", "\xe4", GlobCase::ignored));
}

TEST_CASE("random patterns of stars match by the definition") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto some = [&random](Bytes alphabet, size_t size_max) {
    std::string text(random() % (size_max + 1), ' ');
    for (char& c : text) c = alphabet[random() % alphabet.size()];
    return text;
  };
  for (int i = 0; i < 20000; ++i) {
    const std::string pattern = some("ab*?", 7);
    const std::string text = some("ab", 8);
    CAPTURE(pattern);
    CAPTURE(text);
    // Nothing but the empty pattern matches an empty text.
    const bool expected = text.empty() ? pattern.empty() : matches_by_definition(pattern, text);
    REQUIRE(glob_matches(pattern, text) == expected);
  }
}

// A matcher that is exponential in the stars would not live to see the end of this.
TEST_CASE("a pattern with more than a thousand stars before its last matches nothing") {
  const auto stars = [](size_t count) {
    std::string pattern;
    for (size_t i = 0; i < count; ++i) pattern += "*?";
    return pattern;
  };
  const std::string text(2000, 'a');
  CHECK(glob_matches(stars(1000), text));
  CHECK_FALSE(glob_matches(stars(1001), text));
  CHECK(glob_matches(stars(1000) + "*", text));
}

TEST_CASE("a pattern made to hurt ends") {
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "a*";
  pattern += "b";
  CHECK_FALSE(glob_matches(pattern, std::string(20000, 'a')));
}
