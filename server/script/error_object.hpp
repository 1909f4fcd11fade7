#pragma once

#include <string>

#include "server/script/lua.hpp"

// Errors as scripts see them: a table whose `err` is the text with its code.

namespace tidemark::server::script {

// Pushes one with the code ERR.
void push_error(lua_State* lua, Bytes text);
// Pushes one whose text starts with its code. A single word is no code, but an ERR.
void push_coded_error(lua_State* lua, Bytes text);
// The same, for one that was counted when it came about, as that of a command is.
void push_counted_error(lua_State* lua, Bytes text);
// Raises one with the code ERR.
int raise(lua_State* lua, Bytes text);

// An error that ended a script.
struct Failure {
  std::string text;      // with its code, and where it happened
  bool counted = false;  // INFO's statistics have it already
};

// Runs the function below `args` arguments on the stack, and leaves its one result; or removes all
// of them and says why it failed, where `name` is the script's.
bool run_protected(lua_State* lua, int args, Bytes name, Failure& failure);

}  // namespace tidemark::server::script
