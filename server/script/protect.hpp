#pragma once

#include "server/script/lua.hpp"

// Tables that scripts may read and not change.
//
// Lua 5.1 has no such thing, so a script never gets hold of the table itself: it sees an empty one,
// a view, whose metatable leads to the table for reading, and refuses writing. Whatever else writes
// to tables or looks into them without metamethods (rawset, next, table.insert ...) is a function
// of ours that knows of it.

namespace tidemark::server::script {

// Replaces the table on top of the stack by a view of it. What getmetatable() says of that tells
// nothing, and cannot be changed either.
void protect(lua_State* lua);
// The same, and pushes the view's metatable: for lead_to().
void protect_keeping_metatable(lua_State* lua);
// Makes a view lead to another table: the one on top of the stack, with the view's metatable below
// it. Takes both.
void lead_to(lua_State* lua);

// Whether what is at `index` is a view.
bool is_protected(lua_State* lua, int index);
// Pushes what it is a view of, and returns true; pushes nothing where it is none.
bool push_protected(lua_State* lua, int index);

// Raises an error where the argument is a view.
void check_writable(lua_State* lua, int index);

}  // namespace tidemark::server::script
