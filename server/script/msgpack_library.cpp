// The library `cmsgpack`.

#include <algorithm>
#include <cstdint>
#include <limits>

#include "server/script/libraries.hpp"
#include "server/script/msgpack.hpp"

namespace tidemark::server::script {

namespace {

constexpr const char* kTooMany =
    "too many return values at once; use unpack_one or unpack_limit instead.";

int pack(lua_State* lua) {
  const int count = lua_gettop(lua);
  luaL_argcheck(lua, count > 0, 0, "MessagePack pack needs input.");
  luaL_checkstack(lua, 1, "Too many arguments for MessagePack pack.");
  BoundedText text(lua);
  for (int i = 1; i <= count; ++i) {
    lua_pushvalue(lua, i);
    write_msgpack(lua, text);
  }
  push(lua, text.view());
  return 1;
}

int as_int(lua_State* lua, int argument, int otherwise) {
  const lua_Number number = luaL_optnumber(lua, argument, otherwise);
  constexpr auto kLow = static_cast<lua_Number>(std::numeric_limits<int>::min());
  constexpr auto kHigh = static_cast<lua_Number>(std::numeric_limits<int>::max());
  return static_cast<int>(number >= kLow ? std::min(number, kHigh) : kLow);
}

// Pushes at most `limit` values (0: all) from `offset` on, and where the next one begins, before
// them, unless all were wanted: -1 where nothing is left.
int unpack_from(lua_State* lua, int limit, int offset) {
  const Bytes input = check_bytes(lua, 1);
  const auto size = static_cast<int64_t>(input.size());
  if (offset < 0 || limit < 0) {
    return luaL_error(lua, "Invalid request to unpack with offset of %d and limit of %d.", offset,
                      static_cast<int>(size));
  }
  if (offset > size) {
    return luaL_error(lua, "Start offset %d greater than input length %d.", offset,
                      static_cast<int>(size));
  }
  const bool all = limit == 0 && offset == 0;
  MsgpackReader reader(lua, input.substr(static_cast<size_t>(offset)));
  int pushed = 0;
  for (; !reader.empty() && (limit == 0 || pushed < limit); ++pushed) {
    luaL_checkstack(lua, 8, kTooMany);  // what the reader asks for, and more
    reader.read();
  }
  if (all) return pushed;
  luaL_checkstack(lua, 1, kTooMany);
  const size_t next = input.size() - reader.left();
  lua_pushinteger(lua, reader.empty() ? -1 : static_cast<lua_Integer>(next));
  lua_insert(lua, -pushed - 1);
  return pushed + 1;
}

int unpack(lua_State* lua) { return unpack_from(lua, 0, 0); }

int unpack_one(lua_State* lua) {
  const int offset = as_int(lua, 2, 0);
  lua_settop(lua, 1);
  return unpack_from(lua, 1, offset);
}

int unpack_limit(lua_State* lua) {
  luaL_checknumber(lua, 2);
  const int limit = as_int(lua, 2, 0);
  const int offset = as_int(lua, 3, 0);
  lua_settop(lua, 1);
  return unpack_from(lua, limit, offset);
}

constexpr Function kFunctions[] = {
    {"pack", pack}, {"unpack", unpack}, {"unpack_one", unpack_one}, {"unpack_limit", unpack_limit}};

struct Text {
  const char* name;
  Bytes text;
};

// What scripts that ask for it expect.
constexpr Text kTexts[] = {{"_NAME", "cmsgpack"},
                           {"_VERSION", "lua-cmsgpack 0.4.0"},
                           {"_COPYRIGHT", "Copyright (C) 2012, Salvatore Sanfilippo"},
                           {"_DESCRIPTION", "MessagePack C implementation for Lua"}};

}  // namespace

void push_msgpack_library(lua_State* lua) {
  lua_newtable(lua);
  set_functions(lua, kFunctions);
  for (const Text& text : kTexts) {
    push(lua, text.text);
    raw_set_field(lua, -2, text.name);
  }
}

}  // namespace tidemark::server::script
