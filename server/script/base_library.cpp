// Lua's own functions, as far as scripts may have them. What would read code from files or reach
// into other functions is left out; what would read bytecode, or touch protected tables, is
// replaced.

#include <algorithm>
#include <cstdint>

#include "server/script/libraries.hpp"
#include "server/script/load_code.hpp"
#include "server/script/protect.hpp"

namespace tidemark::server::script {

namespace {

constexpr const char* kKept[] = {
    "assert", "error",  "gcinfo",   "getmetatable", "ipairs",       "next", "rawequal", "rawget",
    "rawset", "select", "tonumber", "tostring",     "setmetatable", "type", "xpcall",   "_VERSION"};

// The pairs of a protected table are its own, but the table is not given away.
int pairs(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_pushvalue(lua, 1);
  lua_pushnil(lua);
  return 3;
}

// An index that nobody can have is as good as another one.
int64_t index_at(lua_State* lua, int argument) {
  constexpr lua_Number kFar = 9007199254740992.0;  // 2^53
  const lua_Number number = luaL_checknumber(lua, argument);
  return static_cast<int64_t>(number >= -kFar ? std::min(number, kFar) : -kFar);
}

// Lua's own trusts `last - first + 1` not to overflow, and compilers rely on that.
int unpack(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  const int64_t first = lua_isnoneornil(lua, 2) ? 1 : index_at(lua, 2);
  const int64_t last =
      lua_isnoneornil(lua, 3) ? static_cast<int64_t>(lua_objlen(lua, 1)) : index_at(lua, 3);
  if (first > last) return 0;
  const int64_t count = last - first + 1;
  if (count > LUAI_MAXCSTACK || lua_checkstack(lua, static_cast<int>(count)) == 0) {
    return luaL_error(lua, "too many results to unpack");
  }
  for (int64_t at = first; at <= last; ++at) lua_rawgeti(lua, 1, static_cast<int>(at));
  return static_cast<int>(count);
}

// As Lua's, but an error of redis.call() is told as its text, which is what scripts for Redis
// expect here.
int pcall(lua_State* lua) {
  luaL_checkany(lua, 1);
  const int status = lua_pcall(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0);
  if (status != 0 && lua_istable(lua, -1)) {
    raw_get_field(lua, -1, "err");
    lua_remove(lua, lua_isstring(lua, -1) != 0 ? -2 : -1);
  }
  lua_pushboolean(lua, static_cast<int>(status == 0));
  lua_insert(lua, 1);
  return lua_gettop(lua);
}

// Collecting is a script's business as far as it concerns itself; when the collector runs is not.
int collectgarbage(lua_State* lua) {
  static const char* const kOptions[] = {"collect", "count",    "step",       "stop",
                                         "restart", "setpause", "setstepmul", nullptr};
  switch (luaL_checkoption(lua, 1, "collect", kOptions)) {
    case 0:
      lua_pushnumber(lua, lua_gc(lua, LUA_GCCOLLECT, 0));
      return 1;
    case 1:
      lua_pushnumber(lua, lua_gc(lua, LUA_GCCOUNT, 0) + lua_gc(lua, LUA_GCCOUNTB, 0) / 1024.0);
      return 1;
    case 2:
      lua_pushboolean(lua, lua_gc(lua, LUA_GCSTEP, luaL_optint(lua, 2, 0)));
      return 1;
    default:
      lua_pushnumber(lua, 0);
      return 1;
  }
}

constexpr const char* kCoroutineFunctions[] = {"create", "resume", "running",
                                               "status", "wrap",   "yield"};

constexpr Function kFunctions[] = {{"collectgarbage", collectgarbage},
                                   {"load", load_from_function},
                                   {"loadstring", load_from_string},
                                   {"pcall", pcall},
                                   {"unpack", unpack}};

}  // namespace

void add_base_functions(lua_State* lua) {
  open_original(lua, luaopen_base, "");
  keep(lua, LUA_GLOBALSINDEX, kKept);
  make_see_through(lua, "next");
  make_see_through(lua, "rawget");
  make_writable_only(lua, "rawset");
  make_writable_only(lua, "setmetatable");
  set_functions(lua, kFunctions);
  raw_get_field(lua, -1, "next");
  lua_pushcclosure(lua, pairs, 1);
  raw_set_field(lua, -2, "pairs");
}

void push_coroutine_library(lua_State* lua) {
  raw_get_field(lua, LUA_GLOBALSINDEX, LUA_COLIBNAME);
  lua_newtable(lua);
  keep(lua, lua_gettop(lua) - 1, kCoroutineFunctions);
  lua_remove(lua, -2);
}

}  // namespace tidemark::server::script
