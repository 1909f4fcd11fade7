// JSON as Lua values, as Lua CJSON reads it.

#include <cstdlib>
#include <optional>
#include <string>

#include "server/script/json.hpp"

namespace tidemark::server::script {

namespace {

enum class Token : int {
  object_begin,
  object_end,
  array_begin,
  array_end,
  string,
  number,
  boolean,
  null,
  colon,
  comma,
  end,
  error,
};

constexpr const char* kTokenNames[] = {"T_OBJ_BEGIN", "T_OBJ_END", "T_ARR_BEGIN", "T_ARR_END",
                                       "T_STRING",    "T_NUMBER",  "T_BOOLEAN",   "T_NULL",
                                       "T_COLON",     "T_COMMA",   "T_END"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Numbers that strtod() takes and JSON does not have: hexadecimal, with zeros or '+' in front, NaN
// and infinities.
bool is_no_json_number(const char* text) {
  if (*text == '+') return true;
  if (*text == '-') ++text;
  if (*text == '0') return lower(text[1]) == 'x' || is_digit(text[1]);
  if (is_digit(*text)) return false;
  const std::string word{lower(text[0]), text[0] == 0 ? '\0' : lower(text[1]),
                         text[0] == 0 || text[1] == 0 ? '\0' : lower(text[2])};
  return word == "inf" || word == "nan";
}

std::optional<unsigned> hex_digit(char c) {
  const char letter = lower(c);
  if (is_digit(letter)) return static_cast<unsigned>(letter - '0');
  if (letter >= 'a' && letter <= 'f') return static_cast<unsigned>(letter - 'a' + 10);
  return std::nullopt;
}

void append_utf8(unsigned code, std::string& text) {
  const auto tail = [&text](unsigned bits) { text += static_cast<char>(0x80U | (bits & 0x3fU)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xc0U | (code >> 6U));
    tail(code);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xe0U | (code >> 12U));
    tail(code >> 6U);
    tail(code);
  } else {
    text += static_cast<char>(0xf0U | (code >> 18U));
    tail(code >> 12U);
    tail(code >> 6U);
    tail(code);
  }
}

// Takes tokens from text that ends with a zero, as every string of Lua does; a zero within it ends
// it, too.
class Decoder {
 public:
  Decoder(lua_State* lua, const JsonOptions& options, Bytes text)
      : lua_(lua), options_(options), begin_(text.data()), at_(text.data()) {}

  // Pushes the value that the whole of the text is.
  void read_all() {
    next();
    read_value();
    next();
    if (token_ != Token::end) refuse("the end");
  }

 private:
  void next();
  void take(Token token, size_t bytes) {
    token_ = token;
    at_ += bytes;
  }
  void fail(const char* why, const char* at) {
    token_ = Token::error;
    error_ = why;
    token_at_ = at;
  }
  bool is_word(Bytes word) const { return Bytes(at_).starts_with(word); }
  void next_word();
  void next_number();
  void next_string();
  bool take_escape();
  bool take_code();
  std::optional<unsigned> read_code(const char* at) const;

  void read_value();
  void read_array();
  void read_object();
  void descend();
  void refuse(const char* expected);

  lua_State* lua_;
  const JsonOptions& options_;
  const char* const begin_;
  const char* at_;
  int depth_ = 0;

  // The token at hand.
  Token token_ = Token::end;
  const char* token_at_ = nullptr;
  const char* error_ = nullptr;
  std::string string_;
  lua_Number number_ = 0;
  bool boolean_ = false;
};

void Decoder::next() {
  while (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r') ++at_;
  token_at_ = at_;
  switch (*at_) {
    case '\0':
      return take(Token::end, 0);
    case '{':
      return take(Token::object_begin, 1);
    case '}':
      return take(Token::object_end, 1);
    case '[':
      return take(Token::array_begin, 1);
    case ']':
      return take(Token::array_end, 1);
    case ':':
      return take(Token::colon, 1);
    case ',':
      return take(Token::comma, 1);
    case '"':
      return next_string();
    default:
      return next_word();
  }
}

void Decoder::next_word() {
  const bool lenient = options_.decode_invalid != 0;
  if (*at_ == '-' || is_digit(*at_)) {
    if (!lenient && is_no_json_number(at_)) return fail("invalid number", at_);
    return next_number();
  }
  if (is_word("true") || is_word("false")) {
    boolean_ = *at_ == 't';
    return take(Token::boolean, boolean_ ? 4 : 5);
  }
  if (is_word("null")) return take(Token::null, 4);
  if (lenient && is_no_json_number(at_)) return next_number();
  fail("invalid token", at_);
}

void Decoder::next_number() {
  char* end = nullptr;
  number_ = std::strtod(at_, &end);
  if (end == at_) return fail("invalid number", at_);
  take(Token::number, static_cast<size_t>(end - at_));
}

void Decoder::next_string() {
  string_.clear();
  ++at_;
  while (*at_ != '"') {
    if (*at_ == '\0') return fail("unexpected end of string", at_);
    if (*at_ == '\\') {
      if (!take_escape()) return;
    } else {
      string_ += *at_++;
    }
  }
  take(Token::string, 1);
}

bool Decoder::take_escape() {
  constexpr Bytes kLetters = "\"\\/bfnrt";
  constexpr Bytes kBytes = "\"\\/\b\f\n\r\t";
  if (at_[1] == 'u') return take_code();
  const size_t letter = at_[1] == '\0' ? Bytes::npos : kLetters.find(at_[1]);
  if (letter == Bytes::npos) {
    fail("invalid escape code", at_);
    return false;
  }
  string_ += kBytes[letter];
  at_ += 2;
  return true;
}

// The four digits of a \uXXXX.
std::optional<unsigned> Decoder::read_code(const char* at) const {
  if (at[0] != '\\' || at[1] != 'u') return std::nullopt;
  unsigned code = 0;
  for (int i = 2; i < 6; ++i) {
    const auto digit = hex_digit(at[i]);
    if (!digit) return std::nullopt;
    code = code * 16 + *digit;
  }
  return code;
}

bool Decoder::take_code() {
  const auto first = read_code(at_);
  bool good = first.has_value();
  unsigned code = first.value_or(0);
  size_t bytes = 6;
  if (code >= 0xd800 && code <= 0xdfff) {
    // Two of them are one beyond what sixteen bits can tell.
    const auto second = code < 0xdc00 ? read_code(at_ + bytes) : std::nullopt;
    good = second && *second >= 0xdc00 && *second <= 0xdfff;
    if (good) code = 0x10000 + ((code & 0x3ffU) << 10U) + (*second & 0x3ffU);
    bytes += 6;
  }
  if (!good) {
    fail("invalid unicode escape code", at_);
    return false;
  }
  append_utf8(code, string_);
  at_ += bytes;
  return true;
}

// ---- Values.

void Decoder::refuse(const char* expected) {
  const char* const found =
      token_ == Token::error ? error_ : kTokenNames[static_cast<size_t>(token_)];
  luaL_error(lua_, "Expected %s but found %s at character %d", expected, found,
             static_cast<int>(token_at_ - begin_) + 1);
}

void Decoder::descend() {
  if (++depth_ <= options_.decode_depth_max && lua_checkstack(lua_, 4) != 0) return;
  luaL_error(lua_, "Found too many nested data structures (%d) at character %d", depth_,
             static_cast<int>(at_ - begin_));
}

void Decoder::read_value() {
  switch (token_) {
    case Token::string:
      return push(lua_, string_);
    case Token::number:
      return lua_pushnumber(lua_, number_);
    case Token::boolean:
      return lua_pushboolean(lua_, static_cast<int>(boolean_));
    case Token::null:
      return lua_pushlightuserdata(lua_, nullptr);
    case Token::array_begin:
      return read_array();
    case Token::object_begin:
      return read_object();
    default:
      refuse("value");
  }
}

void Decoder::read_array() {
  descend();
  lua_newtable(lua_);
  next();
  for (int i = 1; token_ != Token::array_end; ++i) {
    read_value();
    lua_rawseti(lua_, -2, i);
    next();
    if (token_ == Token::array_end) break;
    if (token_ != Token::comma) refuse("comma or array end");
    next();
    if (token_ == Token::array_end) refuse("value");
  }
  --depth_;
}

void Decoder::read_object() {
  descend();
  lua_newtable(lua_);
  next();
  while (token_ != Token::object_end) {
    if (token_ != Token::string) refuse("object key string");
    push(lua_, string_);
    next();
    if (token_ != Token::colon) refuse("colon");
    next();
    read_value();
    lua_rawset(lua_, -3);
    next();
    if (token_ == Token::object_end) break;
    if (token_ != Token::comma) refuse("comma or object end");
    next();
    if (token_ == Token::object_end) refuse("object key string");
  }
  --depth_;
}

}  // namespace

int decode_json(lua_State* lua, const JsonOptions& options) {
  luaL_argcheck(lua, lua_gettop(lua) == 1, 1, "expected 1 argument");
  const Bytes text = check_bytes(lua, 1);
  if (text.size() >= 2 && (text[0] == '\0' || text[1] == '\0')) {
    return luaL_error(lua, "JSON parser does not support UTF-16 or UTF-32");
  }
  Decoder decoder(lua, options, text);
  decoder.read_all();
  return 1;
}

}  // namespace tidemark::server::script
