#pragma once

#include "server/script/lua.hpp"

// Code as text, and never as bytecode, of which Lua believes every word.

namespace tidemark::server::script {

// Pushes the function that the code is, or a message, and returns whether it is the function.
// `name` is what errors call it: "@user_script".
bool load_code(lua_State* lua, Bytes code, const char* name);

// Lua's loadstring() and load().
int load_from_string(lua_State* lua);
int load_from_function(lua_State* lua);

}  // namespace tidemark::server::script
