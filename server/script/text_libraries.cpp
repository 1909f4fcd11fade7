// The libraries string, table, math and os.

#include <array>
#include <cmath>
#include <ctime>
#include <limits>

#include "server/script/libraries.hpp"
#include "server/script/protect.hpp"
#include "server/script/state.hpp"

namespace tidemark::server::script {

namespace {

// ---- string

// dump() is harmless where nothing reads bytecode.
constexpr const char* kStringFunctions[] = {"byte",  "char",    "dump", "format", "len",
                                            "lower", "reverse", "sub",  "upper"};

// Lua's own would go through any number of repetitions of nothing, and finds out late that there is
// no memory.
int rep(lua_State* lua) {
  const Bytes text = check_bytes(lua, 1);
  const lua_Number wanted = luaL_checknumber(lua, 2);
  if (text.empty() || !(wanted >= 1)) {
    lua_pushliteral(lua, "");
    return 1;
  }
  const size_t most = State::of(lua).memory_limit() / text.size();
  if (wanted > static_cast<lua_Number>(most)) {
    return luaL_error(lua, "resulting string too large");
  }
  luaL_Buffer buffer;
  luaL_buffinit(lua, &buffer);
  for (auto left = static_cast<size_t>(wanted); left > 0; --left) {
    luaL_addlstring(&buffer, text.data(), text.size());
  }
  luaL_pushresult(&buffer);
  return 1;
}

// ---- table

constexpr const char* kTableFunctions[] = {"concat", "foreach", "foreachi", "getn", "insert",
                                           "maxn",   "remove",  "setn",     "sort"};

// ---- math

constexpr const char* kMathFunctions[] = {
    "abs",   "acos", "asin",  "atan", "atan2", "ceil", "cos",   "cosh", "deg", "exp",
    "floor", "fmod", "frexp", "huge", "ldexp", "log",  "log10", "max",  "min", "mod",
    "modf",  "pi",   "pow",   "rad",  "sin",   "sinh", "sqrt",  "tan",  "tanh"};

int random(lua_State* lua) {
  constexpr int32_t kTop = std::numeric_limits<int32_t>::max();
  const lua_Number drawn = (State::of(lua).random().next() % kTop) / static_cast<lua_Number>(kTop);
  switch (lua_gettop(lua)) {
    case 0:
      lua_pushnumber(lua, drawn);
      return 1;
    case 1: {
      const int high = luaL_checkint(lua, 1);
      luaL_argcheck(lua, 1 <= high, 1, "interval is empty");
      lua_pushnumber(lua, std::floor(drawn * high) + 1);
      return 1;
    }
    case 2: {
      const int low = luaL_checkint(lua, 1);
      const int high = luaL_checkint(lua, 2);
      luaL_argcheck(lua, low <= high, 2, "interval is empty");
      const lua_Number width = static_cast<lua_Number>(high) - low + 1;
      lua_pushnumber(lua, std::floor(drawn * width) + low);
      return 1;
    }
    default:
      return luaL_error(lua, "wrong number of arguments");
  }
}

int randomseed(lua_State* lua) {
  State::of(lua).random().seed(luaL_checkint(lua, 1));
  return 0;
}

constexpr Function kRandomFunctions[] = {{"random", random}, {"randomseed", randomseed}};

// ---- os

int clock(lua_State* lua) {
  lua_pushnumber(lua, static_cast<lua_Number>(std::clock()) / CLOCKS_PER_SEC);
  return 1;
}

constexpr Function kOsFunctions[] = {{"clock", clock}};

// Opens a library of Lua's and pushes a table with what is kept of it.
template <size_t kCount>
void push_kept(lua_State* lua, Library library, const char* name,
               const char* const (&names)[kCount]) {
  open_original(lua, library, name);
  raw_get_field(lua, LUA_GLOBALSINDEX, name);
  lua_newtable(lua);
  keep(lua, lua_gettop(lua) - 1, names);
  lua_remove(lua, -2);
}

}  // namespace

void push_string_library(lua_State* lua) {
  push_kept(lua, luaopen_string, LUA_STRLIBNAME, kStringFunctions);
  lua_pushcfunction(lua, rep);
  raw_set_field(lua, -2, "rep");
  add_pattern_functions(lua);
}

void push_table_library(lua_State* lua) {
  push_kept(lua, luaopen_table, LUA_TABLIBNAME, kTableFunctions);
  make_writable_only(lua, "insert");
  make_see_through(lua, "foreach");
}

void push_math_library(lua_State* lua) {
  push_kept(lua, luaopen_math, LUA_MATHLIBNAME, kMathFunctions);
  set_functions(lua, kRandomFunctions);
}

void push_os_library(lua_State* lua) {
  lua_newtable(lua);
  set_functions(lua, kOsFunctions);
}

}  // namespace tidemark::server::script
