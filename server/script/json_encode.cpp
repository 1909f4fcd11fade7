// Lua values as JSON, as Lua CJSON writes them.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "server/script/bounded_text.hpp"
#include "server/script/json.hpp"
#include "server/script/protect.hpp"

namespace tidemark::server::script {

namespace {

class Encoder {
 public:
  Encoder(lua_State* lua, const JsonOptions& options) : lua_(lua), options_(options), text_(lua) {}

  // Of the value on top of the stack, which stays.
  void write_value();
  Bytes text() const { return text_.view(); }

 private:
  void write_string(Bytes bytes);
  void write_number();
  void write_table();
  void write_array(int count);
  void write_object();
  void write_key();
  int array_length();
  void refuse(int index, const char* why);

  lua_State* lua_;
  const JsonOptions& options_;
  BoundedText text_;
  int depth_ = 0;
};

void Encoder::refuse(int index, const char* why) {
  luaL_error(lua_, "Cannot serialise %s: %s", lua_typename(lua_, lua_type(lua_, index)), why);
}

void Encoder::write_value() {
  switch (lua_type(lua_, -1)) {
    case LUA_TSTRING:
      return write_string(bytes_at(lua_, -1));
    case LUA_TNUMBER:
      return write_number();
    case LUA_TBOOLEAN:
      return text_.append(lua_toboolean(lua_, -1) != 0 ? "true" : "false");
    case LUA_TTABLE:
      return write_table();
    case LUA_TNIL:
      return text_.append("null");
    case LUA_TLIGHTUSERDATA:
      if (lua_touserdata(lua_, -1) == nullptr) return text_.append("null");
      [[fallthrough]];
    default:
      refuse(-1, "type not supported");
  }
}

// What a byte is within a string, where it is not itself; empty where it is.
Bytes escape_of(char c, char (&room)[8]) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '/':
      return "\\/";
    case '\b':
      return "\\b";
    case '\t':
      return "\\t";
    case '\n':
      return "\\n";
    case '\f':
      return "\\f";
    case '\r':
      return "\\r";
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte != 0x7f) return {};
  const int size = std::snprintf(room, sizeof room, "\\u%04x", byte);
  return {room, static_cast<size_t>(size)};
}

void Encoder::write_string(Bytes bytes) {
  char room[8];
  text_.append('"');
  size_t plain = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const Bytes escape = escape_of(bytes[i], room);
    if (escape.empty()) continue;
    text_.append(bytes.substr(plain, i - plain));
    text_.append(escape);
    plain = i + 1;
  }
  text_.append(bytes.substr(plain));
  text_.append('"');
}

void Encoder::write_number() {
  using Invalid = JsonOptions::Invalid;
  const lua_Number number = lua_tonumber(lua_, -1);
  if (!std::isfinite(number)) {
    const auto invalid = static_cast<Invalid>(options_.encode_invalid);
    if (invalid == Invalid::null) return text_.append("null");
    if (invalid == Invalid::refuse) refuse(-1, "must not be NaN or Inf");
    if (std::isnan(number)) return text_.append("nan");
    return text_.append(number > 0 ? "inf" : "-inf");
  }
  char digits[40];
  const int size = std::snprintf(digits, sizeof digits, "%.*g", options_.number_precision, number);
  text_.append({digits, static_cast<size_t>(size)});
}

// The number of items where the table is an array: all its keys are positive integers. -1 where it
// is an object, as an empty table is.
int Encoder::array_length() {
  int64_t longest = 0;
  int64_t items = 0;
  for (lua_pushnil(lua_); lua_next(lua_, -2) != 0; lua_pop(lua_, 1)) {
    const lua_Number key = lua_type(lua_, -2) == LUA_TNUMBER ? lua_tonumber(lua_, -2) : 0;
    const bool is_index =
        key >= 1 && key <= std::numeric_limits<int>::max() && std::floor(key) == key;
    if (!is_index) {
      lua_pop(lua_, 2);
      return -1;
    }
    longest = std::max(longest, static_cast<int64_t>(key));
    ++items;
  }
  const bool is_sparse = options_.sparse_ratio > 0 && longest > items * options_.sparse_ratio &&
                         longest > options_.sparse_safe;
  if (is_sparse) {
    if (options_.sparse_convert == 0) refuse(-1, "excessively sparse array");
    return -1;
  }
  return items == 0 ? -1 : static_cast<int>(longest);
}

void Encoder::write_table() {
  if (++depth_ > options_.encode_depth_max || lua_checkstack(lua_, 4) == 0) {
    luaL_error(lua_, "Cannot serialise, excessive nesting (%d)", depth_);
  }
  const bool is_view = push_protected(lua_, -1);
  const int count = array_length();
  if (count < 0) {
    write_object();
  } else {
    write_array(count);
  }
  if (is_view) lua_pop(lua_, 1);
  --depth_;
}

void Encoder::write_array(int count) {
  text_.append('[');
  for (int i = 1; i <= count; ++i) {
    if (i > 1) text_.append(',');
    lua_rawgeti(lua_, -1, i);
    write_value();
    lua_pop(lua_, 1);
  }
  text_.append(']');
}

void Encoder::write_object() {
  text_.append('{');
  bool first = true;
  for (lua_pushnil(lua_); lua_next(lua_, -2) != 0; lua_pop(lua_, 1)) {
    if (!first) text_.append(',');
    first = false;
    write_key();
    text_.append(':');
    write_value();
  }
  text_.append('}');
}

// Of the entry on top of the stack.
void Encoder::write_key() {
  switch (lua_type(lua_, -2)) {
    case LUA_TSTRING:
      return write_string(bytes_at(lua_, -2));
    case LUA_TNUMBER:
      text_.append('"');
      lua_pushvalue(lua_, -2);
      write_number();
      lua_pop(lua_, 1);
      return text_.append('"');
    default:
      refuse(-2, "table key must be a number or string");
  }
}

}  // namespace

int encode_json(lua_State* lua, const JsonOptions& options) {
  luaL_argcheck(lua, lua_gettop(lua) == 1, 1, "expected 1 argument");
  Encoder encoder(lua, options);
  encoder.write_value();
  push(lua, encoder.text());
  return 1;
}

}  // namespace tidemark::server::script
