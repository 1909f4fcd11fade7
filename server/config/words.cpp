#include "server/config/words.hpp"

#include <algorithm>
#include <optional>

namespace tidemark::server {
namespace {

constexpr std::string_view kBlanks(" \t\n\r\v\f\0", 7);

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

char unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// Takes what follows a backslash within double quotes. REQUIRES: rest is not empty.
char take_escape(std::string_view& rest) {
  if (rest.size() >= 3 && rest[0] == 'x') {
    const std::optional<unsigned> high = hex_digit(rest[1]);
    const std::optional<unsigned> low = hex_digit(rest[2]);
    if (high && low) {
      rest.remove_prefix(3);
      return static_cast<char>(*high * 16 + *low);
    }
  }
  const char c = unescaped(rest[0]);
  rest.remove_prefix(1);
  return c;
}

// Takes the rest of a quoted part, up to and with its closing quote.
bool take_quoted(std::string_view& rest, char quote, std::string& word) {
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == quote) return rest.empty() || is_blank(rest.front());
    if (c == '\\' && quote == '"' && !rest.empty()) {
      word += take_escape(rest);
    } else if (c == '\\' && quote == '\'' && rest.starts_with('\'')) {
      word += '\'';
      rest.remove_prefix(1);
    } else {
      word += c;
    }
  }
  return false;
}

// Takes one word. REQUIRES: rest begins with what is no blank.
bool take_word(std::string_view& rest, std::string& word) {
  while (!rest.empty() && !is_blank(rest.front())) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"' || c == '\'') return take_quoted(rest, c, word);
    word += c;
  }
  return true;
}

}  // namespace

bool split_words(std::string_view line, std::vector<std::string>& words) {
  words.clear();
  for (;;) {
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
    if (line.empty()) return true;
    std::string word;
    if (!take_word(line, word)) return false;
    words.push_back(std::move(word));
  }
}

std::string quoted(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  static constexpr std::string_view kRaw = "\n\r\t\b\a";
  static constexpr std::string_view kNames = "nrtba";
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += {'\\', c};
    } else if (const size_t at = kRaw.find(c); at != std::string_view::npos) {
      result += {'\\', kNames[at]};
    } else if (byte < ' ' || byte > '~') {
      result += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string as_word(std::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '\'' && c != '#' && c != '\\';
  });
  return plain ? std::string(text) : quoted(text);
}

}  // namespace tidemark::server
