#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "server/script/msgpack.hpp"
#include "server/script/protect.hpp"

namespace tidemark::server::script {

namespace {

constexpr int kDepthMax = 16;

constexpr unsigned kNil = 0xc0;
constexpr unsigned kFalse = 0xc2;
constexpr unsigned kTrue = 0xc3;

class Writer {
 public:
  Writer(lua_State* lua, BoundedText& text) : lua_(lua), text_(text) {}

  // Takes the value on top of the stack.
  void write(int depth);

 private:
  void byte(unsigned value) { text_.append(static_cast<char>(value)); }
  // A type and a number of so many bytes, the highest first.
  void typed(unsigned type, uint64_t value, unsigned bytes) {
    byte(type);
    for (unsigned left = bytes; left > 0; --left) {
      byte(static_cast<unsigned>(value >> (8 * (left - 1))) & 0xffU);
    }
  }
  void write_string(Bytes bytes);
  void write_number(lua_Number number);
  void write_integer(int64_t value);
  void write_table(int depth);
  void write_items(size_t count, int depth);
  void write_pairs(int depth);

  lua_State* lua_;
  BoundedText& text_;
};

void Writer::write(int depth) {
  luaL_checkstack(lua_, 4, "in function cmsgpack.pack");
  switch (lua_type(lua_, -1)) {
    case LUA_TSTRING:
      write_string(bytes_at(lua_, -1));
      break;
    case LUA_TBOOLEAN:
      byte(lua_toboolean(lua_, -1) != 0 ? kTrue : kFalse);
      break;
    case LUA_TNUMBER:
      write_number(lua_tonumber(lua_, -1));
      break;
    case LUA_TTABLE:
      if (depth == kDepthMax) {
        byte(kNil);
      } else {
        write_table(depth);
      }
      break;
    default:
      byte(kNil);
      break;
  }
  lua_pop(lua_, 1);
}

void Writer::write_string(Bytes bytes) {
  const size_t size = bytes.size();
  if (size < 32) {
    byte(0xa0U | static_cast<unsigned>(size));
  } else if (size <= 0xff) {
    typed(0xd9, size, 1);
  } else if (size <= 0xffff) {
    typed(0xda, size, 2);
  } else {
    typed(0xdb, size, 4);
  }
  text_.append(bytes);
}

void Writer::write_number(lua_Number number) {
  constexpr lua_Number kTop = 9223372036854775808.0;  // 2^63
  if (number >= -kTop && number < kTop && std::floor(number) == number) {
    return write_integer(static_cast<int64_t>(number));
  }
  const auto small = static_cast<float>(number);
  if (static_cast<lua_Number>(small) == number) {
    typed(0xca, std::bit_cast<uint32_t>(small), 4);
  } else {
    typed(0xcb, std::bit_cast<uint64_t>(number), 8);
  }
}

void Writer::write_integer(int64_t value) {
  const auto bits = static_cast<uint64_t>(value);
  if (value >= 0) {
    if (value <= 0x7f) return byte(static_cast<unsigned>(value));
    if (value <= 0xff) return typed(0xcc, bits, 1);
    if (value <= 0xffff) return typed(0xcd, bits, 2);
    if (value <= 0xffffffff) return typed(0xce, bits, 4);
    return typed(0xcf, bits, 8);
  }
  if (value >= -32) return byte(static_cast<unsigned>(bits) & 0xffU);
  if (value >= std::numeric_limits<int8_t>::min()) return typed(0xd0, bits, 1);
  if (value >= std::numeric_limits<int16_t>::min()) return typed(0xd1, bits, 2);
  if (value >= std::numeric_limits<int32_t>::min()) return typed(0xd2, bits, 4);
  typed(0xd3, bits, 8);
}

// Whether the keys of the table on top of the stack are 1, 2, ... without a gap; then how many.
bool is_array(lua_State* lua, size_t& count) {
  count = 0;
  lua_Number longest = 0;
  for (lua_pushnil(lua); lua_next(lua, -2) != 0; lua_pop(lua, 1)) {
    const lua_Number key = lua_type(lua, -2) == LUA_TNUMBER ? lua_tonumber(lua, -2) : 0;
    if (!(key >= 1) || std::floor(key) != key) {
      lua_pop(lua, 2);
      return false;
    }
    longest = std::max(longest, key);
    ++count;
  }
  return longest == static_cast<lua_Number>(count);
}

void Writer::write_table(int depth) {
  const bool is_view = push_protected(lua_, -1);
  size_t count = 0;
  if (is_array(lua_, count)) {
    write_items(count, depth);
  } else {
    write_pairs(depth);
  }
  if (is_view) lua_pop(lua_, 1);
}

void Writer::write_items(size_t count, int depth) {
  if (count <= 15) {
    byte(0x90U | static_cast<unsigned>(count));
  } else if (count <= 0xffff) {
    typed(0xdc, count, 2);
  } else {
    typed(0xdd, count, 4);
  }
  for (size_t i = 1; i <= count; ++i) {
    lua_rawgeti(lua_, -1, static_cast<int>(i));
    write(depth + 1);
  }
}

void Writer::write_pairs(int depth) {
  size_t count = 0;
  for (lua_pushnil(lua_); lua_next(lua_, -2) != 0; lua_pop(lua_, 1)) ++count;
  if (count <= 15) {
    byte(0x80U | static_cast<unsigned>(count));
  } else if (count <= 0xffff) {
    typed(0xde, count, 2);
  } else {
    typed(0xdf, count, 4);
  }
  for (lua_pushnil(lua_); lua_next(lua_, -2) != 0;) {
    lua_pushvalue(lua_, -2);
    write(depth + 1);
    write(depth + 1);
  }
}

}  // namespace

void write_msgpack(lua_State* lua, BoundedText& text) { Writer(lua, text).write(0); }

}  // namespace tidemark::server::script
