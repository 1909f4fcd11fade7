#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/base/bytes.hpp"

namespace tidemark::server {

// The notation in which a declaration says what arguments its command takes; it is written the way
// a manual writes them, and parsed only when somebody asks (COMMAND DOCS), never to run a command:
//
//   key:key value [condition:{NX|XX}] [GET] [expiration:{EX seconds:integer|KEEPTTL}]
//
//   name            a string                 name:type    of another type: integer double key
//   name<text>      shown to people as text               pattern unix-time
//   name:key1       belongs to key specification 1 (any type may); a bare `key` to 0
//   WORD name       `name` follows the token WORD
//   WORD            a token alone, named as WORD in lower case; name=TOKEN where the name differs
//   name:{a|b}      one of                   name:(a b)   all of, together
//   [a]             may be left out
//   a...            may be repeated          [WORD a]...  repeated with its token, or left out
//
// A token is upper case; it takes the lower-case name after it as its value. Items are divided by
// one space.

enum class ArgumentType : uint8_t {
  string,
  integer,
  real,
  key,
  pattern,
  unix_time,
  pure_token,
  oneof,
  block,
};

// One argument as COMMAND DOCS tells it. The views point into the notation.
struct Argument {
  std::string name;
  Bytes display;  // empty for oneof and block
  ArgumentType type = ArgumentType::string;
  std::optional<Bytes> token;
  std::optional<uint8_t> key_spec;
  bool optional = false;
  bool multiple = false;
  bool multiple_token = false;
  std::vector<Argument> arguments;  // of oneof and block
};

// REQUIRES: a notation for which check_syntax() holds.
std::vector<Argument> parse_syntax(Bytes syntax);

// The name COMMAND DOCS gives the type.
Bytes name_of(ArgumentType type);

// What a walk over the notation finds at an argument, before what is inside or after it is known.
struct SyntaxItem {
  Bytes name;  // of a lone token without a name of its own: empty
  Bytes display;
  ArgumentType type = ArgumentType::string;
  std::optional<Bytes> token;
  std::optional<uint8_t> key_spec;
  bool optional = false;
};

enum class Repeat : uint8_t { no, value, with_token };

// Walks over the notation and tells `sink` of begin(SyntaxItem) and end(Repeat) of every argument,
// nested as they are. A constant expression where the sink's functions are.
template <typename Sink>
class SyntaxWalk {
 public:
  constexpr SyntaxWalk(Bytes text, Sink& sink) : left_(text), sink_(sink) {}

  // Whether the whole text is in the notation.
  constexpr bool run() { return left_.empty() || (list(' ', '\0', 0) && left_.empty()); }

 private:
  static constexpr int kDepthMax = 8;

  static constexpr bool upper(char c) { return c >= 'A' && c <= 'Z'; }
  static constexpr bool lower(char c) { return c >= 'a' && c <= 'z'; }
  static constexpr bool in_token(char c) { return upper(c) || in_number(c) || c == '-'; }
  static constexpr bool in_name(char c) { return lower(c) || in_number(c) || c == '-'; }
  static constexpr bool in_number(char c) { return c >= '0' && c <= '9'; }
  static constexpr bool in_symbol(char c) {
    return c != ' ' && c != ']' && c != '}' && c != ')' && c != '|' && c != '.';
  }

  constexpr char peek() const { return left_.empty() ? '\0' : left_.front(); }
  constexpr bool accept(Bytes text) {
    if (!left_.starts_with(text)) return false;
    left_.remove_prefix(text.size());
    return true;
  }
  constexpr Bytes take(bool (*belongs)(char)) {
    size_t n = 0;
    while (n < left_.size() && belongs(left_[n])) ++n;
    const Bytes taken = left_.substr(0, n);
    left_.remove_prefix(n);
    return taken;
  }

  // Items with `between` between them, up to `close`, which it takes too; '\0' is the end.
  constexpr bool list(char between, char close, int depth) {
    if (depth > kDepthMax) return false;
    for (;;) {
      if (!item(depth)) return false;
      if (peek() == close) {
        if (close != '\0') left_.remove_prefix(1);
        return true;
      }
      if (!accept(Bytes(&between, 1))) return false;
    }
  }

  constexpr bool item(int depth) {
    SyntaxItem found;
    found.optional = accept("[");
    if (upper(peek())) {
      found.token = take(in_token);
      if (value_follows()) left_.remove_prefix(1);
    }
    if (lower(peek())) {
      found.name = take(in_name);
    } else if (found.token) {
      found.type = ArgumentType::pure_token;
    } else {
      return false;
    }
    if (found.type != ArgumentType::pure_token && !value(found, depth)) return false;
    if (found.type == ArgumentType::pure_token) sink_.begin(found);
    return rest_of_item(found);
  }

  // Whether a token's value is next, and not an argument of its own.
  constexpr bool value_follows() const {
    if (left_.size() < 2 || left_[0] != ' ' || !lower(left_[1])) return false;
    size_t end = 1;
    while (end < left_.size() && in_name(left_[end])) ++end;
    return end == left_.size() || left_[end] != '=';
  }

  constexpr bool rest_of_item(const SyntaxItem& found) {
    Repeat repeat = accept("...") ? Repeat::value : Repeat::no;
    if (found.optional) {
      if (!accept("]")) return false;
      if (accept("...")) {
        if (!found.token || repeat != Repeat::no) return false;
        repeat = Repeat::with_token;
      }
    }
    sink_.end(repeat);
    return true;
  }

  // What follows a name. Begins the argument and walks over what is inside, unless it is a token.
  constexpr bool value(SyntaxItem& found, int depth) {
    if (accept("=")) {
      found.token = take(in_symbol);
      found.type = ArgumentType::pure_token;
      return true;
    }
    if (accept("<")) {
      found.display = take([](char c) { return c != '>'; });
      if (found.display.empty() || !accept(">")) return false;
    }
    if (accept(":{")) return group(found, ArgumentType::oneof, '|', '}', depth);
    if (accept(":(")) return group(found, ArgumentType::block, ' ', ')', depth);
    if (accept(":") && !type(found)) return false;
    sink_.begin(found);
    return true;
  }

  constexpr bool group(SyntaxItem& found, ArgumentType type, char between, char close, int depth) {
    if (!found.display.empty()) return false;
    found.type = type;
    sink_.begin(found);
    return list(between, close, depth + 1);
  }

  constexpr bool type(SyntaxItem& found) {
    const Bytes word = take([](char c) { return lower(c) || c == '-'; });
    if (word == "string") {
      found.type = ArgumentType::string;
    } else if (word == "integer") {
      found.type = ArgumentType::integer;
    } else if (word == "double") {
      found.type = ArgumentType::real;
    } else if (word == "key") {
      found.type = ArgumentType::key;
      found.key_spec = 0;
    } else if (word == "pattern") {
      found.type = ArgumentType::pattern;
    } else if (word == "unix-time") {
      found.type = ArgumentType::unix_time;
    } else {
      return false;
    }
    if (in_number(peek())) {
      found.key_spec = static_cast<uint8_t>(peek() - '0');
      left_.remove_prefix(1);
    }
    return true;
  }

  Bytes left_;
  Sink& sink_;
};

// Whether `syntax` is in the notation and names none but the first `key_specs` specifications.
constexpr bool check_syntax(Bytes syntax, size_t key_specs) {
  struct Sink {
    size_t specs = 0;
    constexpr void begin(const SyntaxItem& item) {
      if (item.key_spec && *item.key_spec >= specs) specs = size_t{*item.key_spec} + 1;
    }
    constexpr void end(Repeat) {}
  };
  Sink sink;
  return SyntaxWalk<Sink>(syntax, sink).run() && sink.specs <= key_specs;
}

}  // namespace tidemark::server
