#include "server/script/libraries.hpp"

#include "server/script/protect.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server::script {

namespace {

int call_original(lua_State* lua) { return lua_tocfunction(lua, lua_upvalueindex(1))(lua); }

int if_writable(lua_State* lua) {
  check_writable(lua, 1);
  return call_original(lua);
}

int see_through(lua_State* lua) {
  if (push_protected(lua, 1)) lua_replace(lua, 1);
  return call_original(lua);
}

void wrap(lua_State* lua, const char* name, lua_CFunction wrapper) {
  raw_get_field(lua, -1, name);
  ENSURE(lua_iscfunction(lua, -1) != 0);
  lua_pushcclosure(lua, wrapper, 1);
  raw_set_field(lua, -2, name);
}

}  // namespace

void open_original(lua_State* lua, Library library, const char* name) {
  lua_pushcfunction(lua, library);
  lua_pushstring(lua, name);
  lua_call(lua, 1, 0);
}

void make_writable_only(lua_State* lua, const char* name) { wrap(lua, name, if_writable); }

void make_see_through(lua_State* lua, const char* name) { wrap(lua, name, see_through); }

}  // namespace tidemark::server::script
