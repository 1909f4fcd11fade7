#include "server/config/words.hpp"

#include <doctest/doctest.h>

#include <random>

using tidemark::server::as_word;
using tidemark::server::quoted;
using tidemark::server::split_words;

namespace {

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  REQUIRE(split_words(line, words));
  return words;
}

bool balanced(std::string_view line) {
  std::vector<std::string> words;
  return split_words(line, words);
}

}  // namespace

TEST_CASE("words are separated by any blanks") {
  CHECK(words_of("").empty());
  CHECK(words_of(" \tport   6379\r") == std::vector<std::string>{"port", "6379"});
}

TEST_CASE("double quotes keep blanks and know escapes") {
  CHECK(words_of(R"(a "b c" "")") == std::vector<std::string>{"a", "b c", ""});
  CHECK(words_of(R"("\n\r\t\b\a\x41\q\"\\")") == std::vector<std::string>{"\n\r\t\b\aAq\"\\"});
  CHECK(words_of(R"("\x4")") == std::vector<std::string>{"x4"});
}

TEST_CASE("single quotes know only themselves") {
  CHECK(words_of(R"('a\'b\n')") == std::vector<std::string>{R"(a'b\n)"});
}

TEST_CASE("a quote that is not closed or not followed by a blank is refused") {
  for (const char* bad : {"\"a", "'a", "\"a\"b", "'a'b", "x \"a\\\"", "\""}) {
    CAPTURE(bad);
    CHECK_FALSE(balanced(bad));
  }
}

TEST_CASE("a word is quoted only where it must be") {
  CHECK(as_word("./data") == "./data");
  CHECK(as_word("") == "\"\"");
  CHECK(as_word("a b") == "\"a b\"");
  CHECK(as_word("#x") == "\"#x\"");
}

TEST_CASE("whatever is quoted comes back byte by byte") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 20, '\0');
    for (char& c : text) c = static_cast<char>(random());
    CAPTURE(text);
    CHECK(words_of(quoted(text)) == std::vector<std::string>{text});
    CHECK(words_of("x " + as_word(text)) == std::vector<std::string>{"x", text});
  }
}
