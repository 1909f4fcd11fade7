#pragma once

#include "server/script/lua.hpp"

namespace tidemark::server::script {

// Pushes what a reply of a command, as it is on the wire, is in Lua: a number, a string, false for
// null in RESP2 and nil in RESP3, a table for what has items, and a table with one field that says
// what it is (`ok`, `err`, `double`, `map`, `set`, `big_number`, `verbatim_string`) for the others.
// Attributes are left out. REQUIRES: `wire` is one whole reply, of this server's making.
void push_reply(lua_State* lua, Bytes wire);

}  // namespace tidemark::server::script
