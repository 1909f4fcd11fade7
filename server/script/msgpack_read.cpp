#include <bit>
#include <cmath>
#include <cstdint>

#include "server/script/msgpack.hpp"

namespace tidemark::server::script {

namespace {

constexpr const char* kBadFormat = "Bad data format in input.";
constexpr const char* kMissing = "Missing bytes in input.";

// Of `bytes` bytes, with its sign.
int64_t extend(uint64_t value, size_t bytes) {
  const size_t unused = 64 - 8 * bytes;
  return static_cast<int64_t>(value << unused) >> unused;
}

}  // namespace

Bytes MsgpackReader::take(size_t bytes) {
  if (bytes > rest_.size()) luaL_error(lua_, kMissing);
  const Bytes taken = rest_.substr(0, bytes);
  rest_.remove_prefix(bytes);
  return taken;
}

uint64_t MsgpackReader::take_number(size_t bytes) {
  uint64_t number = 0;
  for (const char byte : take(bytes)) number = (number << 8U) | static_cast<unsigned char>(byte);
  return number;
}

void MsgpackReader::read() {
  luaL_checkstack(lua_, 4, "the input is nested too deep");
  const auto type = static_cast<unsigned char>(take(1).front());
  switch (type) {
    case 0xc0:
      return lua_pushnil(lua_);
    case 0xc2:
    case 0xc3:
      return lua_pushboolean(lua_, type == 0xc3);
    case 0xca:
      return lua_pushnumber(lua_, std::bit_cast<float>(static_cast<uint32_t>(take_number(4))));
    case 0xcb:
      return lua_pushnumber(lua_, std::bit_cast<double>(take_number(8)));
    case 0xcc:
    case 0xcd:
    case 0xce:
      return lua_pushnumber(lua_, static_cast<lua_Number>(take_number(size_t{1} << (type - 0xcc))));
    case 0xcf:
      return lua_pushnumber(lua_, static_cast<lua_Number>(extend(take_number(8), 8)));
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3: {
      const size_t bytes = size_t{1} << (type - 0xd0);
      return lua_pushnumber(lua_, static_cast<lua_Number>(extend(take_number(bytes), bytes)));
    }
    case 0xd9:
    case 0xda:
    case 0xdb:
      return read_string(take_number(size_t{1} << (type - 0xd9)));
    case 0xdc:
    case 0xdd:
      return read_array(take_number(size_t{2} << (type - 0xdc)));
    case 0xde:
    case 0xdf:
      return read_map(take_number(size_t{2} << (type - 0xde)));
    default:
      return read_fixed(type);
  }
}

// What has its value or its size in the byte of its type.
void MsgpackReader::read_fixed(unsigned type) {
  if (type <= 0x7f) return lua_pushnumber(lua_, type);
  if (type >= 0xe0) return lua_pushnumber(lua_, static_cast<lua_Number>(type) - 0x100);
  if (type >= 0xa0 && type <= 0xbf) return read_string(type & 0x1fU);
  if (type >= 0x90 && type <= 0x9f) return read_array(type & 0xfU);
  if (type <= 0x8f) return read_map(type & 0xfU);
  luaL_error(lua_, kBadFormat);
}

// Each item takes a byte at least, so that a count that lies is found out soon.
void MsgpackReader::read_array(uint64_t items) {
  lua_newtable(lua_);
  for (uint64_t i = 1; i <= items; ++i) {
    read();
    lua_rawseti(lua_, -2, static_cast<int>(i));
  }
}

void MsgpackReader::read_map(uint64_t pairs) {
  lua_newtable(lua_);
  for (uint64_t i = 0; i < pairs; ++i) {
    read();
    if (lua_isnil(lua_, -1)) luaL_error(lua_, "table index is nil");
    if (lua_type(lua_, -1) == LUA_TNUMBER && std::isnan(lua_tonumber(lua_, -1))) {
      luaL_error(lua_, "table index is NaN");
    }
    read();
    lua_rawset(lua_, -3);
  }
}

}  // namespace tidemark::server::script
