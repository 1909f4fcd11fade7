#include "server/script/protect.hpp"

namespace tidemark::server::script {

namespace {

constexpr const char* kRefusal = "Attempt to modify a readonly table";
// Where the registry has what getmetatable() says of every view.
constexpr Bytes kSealed = "tidemark.sealed";

// Its address is the key under which a view's metatable has the table it leads to. No script can
// make a value that is equal to it.
const char kMarker = 0;

void push_marker(lua_State* lua) {
  // Lua takes addresses of what nobody may change, too.
  lua_pushlightuserdata(lua, const_cast<char*>(&kMarker));
}

int refuse_assignment(lua_State* lua) { return luaL_error(lua, "%s", kRefusal); }

// For the table on top of the stack pushes an empty one, which leads to it, and the metatable of
// that.
void push_view(lua_State* lua) {
  lua_newtable(lua);
  lua_createtable(lua, 0, 4);
  lua_pushcfunction(lua, refuse_assignment);
  raw_set_field(lua, -2, "__newindex");
  lua_pushvalue(lua, -1);
  lua_pushvalue(lua, -4);
  lead_to(lua);
  lua_pushvalue(lua, -1);
  lua_setmetatable(lua, -3);
}

// A view of nothing, which is also what getmetatable() says of itself.
void push_sealed(lua_State* lua) {
  raw_get_field(lua, LUA_REGISTRYINDEX, kSealed);
  if (!lua_isnil(lua, -1)) return;
  lua_pop(lua, 1);
  lua_newtable(lua);
  push_view(lua);  // nothing, the view, its metatable
  lua_pushvalue(lua, -2);
  raw_set_field(lua, -2, "__metatable");
  lua_pop(lua, 1);
  lua_remove(lua, -2);
  lua_pushvalue(lua, -1);
  raw_set_field(lua, LUA_REGISTRYINDEX, kSealed);
}

}  // namespace

void protect_keeping_metatable(lua_State* lua) {
  push_view(lua);
  push_sealed(lua);
  raw_set_field(lua, -2, "__metatable");
  lua_remove(lua, -3);
}

void protect(lua_State* lua) {
  protect_keeping_metatable(lua);
  lua_pop(lua, 1);
}

void lead_to(lua_State* lua) {
  push_marker(lua);
  lua_pushvalue(lua, -2);
  lua_rawset(lua, -4);
  raw_set_field(lua, -2, "__index");
  lua_pop(lua, 1);
}

bool push_protected(lua_State* lua, int index) {
  if (!lua_istable(lua, index) || lua_getmetatable(lua, index) == 0) return false;
  push_marker(lua);
  lua_rawget(lua, -2);
  lua_remove(lua, -2);
  if (lua_istable(lua, -1)) return true;
  lua_pop(lua, 1);
  return false;
}

bool is_protected(lua_State* lua, int index) {
  if (!push_protected(lua, index)) return false;
  lua_pop(lua, 1);
  return true;
}

void check_writable(lua_State* lua, int index) {
  if (!is_protected(lua, index)) return;
  lua_pushstring(lua, kRefusal);
  lua_error(lua);
}

}  // namespace tidemark::server::script
