#include "server/script/error_object.hpp"

#include <utility>

#include <fmt/format.h>

namespace tidemark::server::script {

namespace {

constexpr Bytes kCounted = "ignore_error_stats_update";

std::string with_code(Bytes text) {
  constexpr Bytes kLineEnd = "\r\n";
  const size_t first = text.find_first_not_of(kLineEnd);
  text = first == Bytes::npos ? Bytes() : text.substr(first);
  text = text.substr(0, text.find_last_not_of(kLineEnd) + 1);
  const bool has_code = text.find(' ') != Bytes::npos;
  return has_code ? std::string(text) : fmt::format("ERR {}", text);
}

void push_table(lua_State* lua, Bytes text) {
  lua_createtable(lua, 0, 4);
  push(lua, text);
  raw_set_field(lua, -2, "err");
}

// Where the error was raised: the innermost function that is a script's.
void add_place(lua_State* lua) {
  lua_Debug at;
  for (int level = 1; level <= 2; ++level) {
    if (lua_getstack(lua, level, &at) == 0) return;
    lua_getinfo(lua, "nSl", &at);
    if (Bytes(at.what) != "C") break;
  }
  lua_pushstring(lua, at.source);
  raw_set_field(lua, -2, "source");
  lua_pushinteger(lua, at.currentline);
  raw_set_field(lua, -2, "line");
}

// Of an error that is no table. Addresses are not told.
Bytes text_of(lua_State* lua) {
  if (lua_isstring(lua, 1) != 0) return bytes_at(lua, 1);
  if (lua_isboolean(lua, 1)) return lua_toboolean(lua, 1) != 0 ? "true" : "false";
  return lua_typename(lua, lua_type(lua, 1));
}

// Called by Lua where an error is raised: makes an object of ours of whatever it is. A table is not
// changed but copied, since it may be anybody's.
int handle_error(lua_State* lua) {
  if (lua_istable(lua, 1)) {
    raw_get_field(lua, 1, kCounted);
    const bool counted = lua_toboolean(lua, -1) != 0;
    raw_get_field(lua, 1, "err");
    push_table(lua, lua_isstring(lua, -1) != 0 ? bytes_at(lua, -1) : Bytes("ERR unknown error"));
    lua_pushboolean(lua, static_cast<int>(counted));
    raw_set_field(lua, -2, kCounted);
  } else {
    push_error(lua, text_of(lua));
  }
  add_place(lua);
  return 1;
}

// Makes a failure of the error on top of the stack.
void tell(lua_State* lua, Bytes name, Failure& failure) {
  // Lua's own: memory that is not there, an error within the handler.
  if (!lua_istable(lua, -1)) {
    failure.text = fmt::format(
        "ERR {}", lua_isstring(lua, -1) != 0 ? bytes_at(lua, -1) : Bytes("unknown error"));
    return;
  }
  const int error = lua_gettop(lua);
  raw_get_field(lua, error, kCounted);
  failure.counted = lua_toboolean(lua, -1) != 0;
  raw_get_field(lua, error, "err");
  failure.text = bytes_at(lua, -1);
  raw_get_field(lua, error, "source");
  raw_get_field(lua, error, "line");
  if (lua_isstring(lua, -2) != 0 && !name.empty()) {
    failure.text += fmt::format(" script: {}, on {}:{}.", name, bytes_at(lua, -2),
                                static_cast<int64_t>(lua_tointeger(lua, -1)));
  }
  lua_settop(lua, error);
}

}  // namespace

void push_error(lua_State* lua, Bytes text) { push_table(lua, fmt::format("ERR {}", text)); }

void push_coded_error(lua_State* lua, Bytes text) { push_table(lua, with_code(text)); }

void push_counted_error(lua_State* lua, Bytes text) {
  push_coded_error(lua, text);
  lua_pushboolean(lua, 1);
  raw_set_field(lua, -2, kCounted);
}

int raise(lua_State* lua, Bytes text) {
  push_error(lua, text);
  return lua_error(lua);
}

bool run_protected(lua_State* lua, int args, Bytes name, Failure& failure) {
  const int handler = lua_gettop(lua) - args;
  lua_pushcfunction(lua, handle_error);
  lua_insert(lua, handler);
  const bool good = lua_pcall(lua, args, 1, handler) == 0;
  if (good) {
    lua_remove(lua, handler);
  } else {
    tell(lua, name, failure);
    lua_settop(lua, handler - 1);
  }
  return good;
}

}  // namespace tidemark::server::script
