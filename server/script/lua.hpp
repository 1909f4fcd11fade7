#pragma once

#include <lua.hpp>

#include <array>
#include <cstddef>

#include "storage/base/bytes.hpp"

// Lua, and the little that every library of ours needs of it.
//
// The library that we link with is Lua compiled as C++: its errors are exceptions, so that what a
// function of ours owns is destroyed where an error passes through it.

namespace tidemark::server::script {

inline void push(lua_State* lua, Bytes bytes) { lua_pushlstring(lua, bytes.data(), bytes.size()); }

// The bytes of a string, or of a number, which becomes one in its place. They live as long as the
// string is on the stack. REQUIRES: it is one of both.
inline Bytes bytes_at(lua_State* lua, int index) {
  size_t size = 0;
  const char* const data = lua_tolstring(lua, index, &size);
  return {data, size};
}

// An argument that has to be a string or a number.
inline Bytes check_bytes(lua_State* lua, int index) {
  size_t size = 0;
  const char* const data = luaL_checklstring(lua, index, &size);
  return {data, size};
}

// Sets a field of the table on top of the stack to the value above it, without metamethods.
inline void raw_set_field(lua_State* lua, int table, Bytes name) {
  push(lua, name);
  lua_insert(lua, -2);
  lua_rawset(lua, table < 0 && table > LUA_REGISTRYINDEX ? table - 1 : table);
}

// The value of a field, without metamethods.
inline void raw_get_field(lua_State* lua, int table, Bytes name) {
  push(lua, name);
  lua_rawget(lua, table < 0 && table > LUA_REGISTRYINDEX ? table - 1 : table);
}

// A function of a library.
struct Function {
  const char* name;
  lua_CFunction run;
};

// Sets the functions in the table on top of the stack.
template <size_t kCount>
void set_functions(lua_State* lua, const Function (&functions)[kCount]) {
  for (const Function& function : functions) {
    lua_pushcfunction(lua, function.run);
    raw_set_field(lua, -2, function.name);
  }
}

}  // namespace tidemark::server::script
