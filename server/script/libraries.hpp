#pragma once

#include "server/script/lua.hpp"

// The libraries that scripts see. Each function pushes its table, not protected yet.

namespace tidemark::server::script {

// Sets the functions of Lua itself in the table on top of the stack, and pushes nothing.
void add_base_functions(lua_State* lua);
// Sets the functions about patterns in the table on top of the stack, and pushes nothing.
void add_pattern_functions(lua_State* lua);
void push_coroutine_library(lua_State* lua);
void push_string_library(lua_State* lua);
void push_table_library(lua_State* lua);
void push_math_library(lua_State* lua);
void push_os_library(lua_State* lua);
void push_bit_library(lua_State* lua);
void push_json_library(lua_State* lua);
void push_msgpack_library(lua_State* lua);
void push_struct_library(lua_State* lua);
// What a running script has as `redis`.
void push_redis_library(lua_State* lua);

// ---- For those that take what they can use of Lua's own libraries.

// A function of Lua's that must not see what stands for a protected table.
using Library = lua_CFunction;
// Opens a library of Lua's, which pushes nothing and leaves its global table, or its functions in
// the table of globals.
void open_original(lua_State* lua, Library library, const char* name);
// Copies fields of the table at `from` to the table on top of the stack.
template <size_t kCount>
void keep(lua_State* lua, int from, const char* const (&names)[kCount]) {
  for (const char* const name : names) {
    raw_get_field(lua, from, name);
    raw_set_field(lua, -2, name);
  }
}
// Replaces a function in the table on top of the stack by one that refuses a protected table as its
// first argument, and calls the original elsewhere.
void make_writable_only(lua_State* lua, const char* name);
// The same for one that gets the protected table itself, which it only reads.
void make_see_through(lua_State* lua, const char* name);

}  // namespace tidemark::server::script
