#include "server/script/load_code.hpp"

#include <utility>

namespace tidemark::server::script {

namespace {

// What makes Lua take a chunk for bytecode is its first byte. Behind a blank it is text, and an
// error that says so.
constexpr char kBytecode = LUA_SIGNATURE[0];

bool is_bytecode(Bytes code) { return !code.empty() && code.front() == kBytecode; }

const char* give_blank(size_t* size) {
  *size = 1;
  return " ";
}

struct Source {
  Bytes code;
  bool blank_first;
};

const char* read_source(lua_State*, void* data, size_t* size) {
  auto& source = *static_cast<Source*>(data);
  if (std::exchange(source.blank_first, false)) return give_blank(size);
  const Bytes code = std::exchange(source.code, {});
  *size = code.size();
  return code.data();
}

// Where load() has the function that it reads from, and the piece that the parser has in hand.
constexpr int kReader = 1;
constexpr int kName = 2;
constexpr int kPiece = 3;

struct Pieces {
  bool first = true;
  bool held = false;  // the piece is there, and not given to the parser yet
};

const char* read_piece(lua_State* lua, void* data, size_t* size) {
  auto& pieces = *static_cast<Pieces*>(data);
  if (!std::exchange(pieces.held, false)) {
    luaL_checkstack(lua, 2, "too many nested functions");
    lua_pushvalue(lua, kReader);
    lua_call(lua, 0, 1);
    if (lua_isnil(lua, -1)) {
      *size = 0;
      return nullptr;
    }
    if (lua_isstring(lua, -1) == 0) luaL_error(lua, "reader function must return a string");
    lua_replace(lua, kPiece);
    if (std::exchange(pieces.first, false) && is_bytecode(bytes_at(lua, kPiece))) {
      pieces.held = true;
      return give_blank(size);
    }
  }
  const Bytes piece = bytes_at(lua, kPiece);
  *size = piece.size();
  return piece.data();
}

// What Lua's functions return: the function, or nil and a message.
int loaded(lua_State* lua, int status) {
  if (status == 0) return 1;
  lua_pushnil(lua);
  lua_insert(lua, -2);
  return 2;
}

}  // namespace

// In all of these the name is on the stack while the parser runs: Lua 5.1 makes a string of it that
// nothing else holds, and that a collection in the midst of parsing would free.

bool load_code(lua_State* lua, Bytes code, const char* name) {
  lua_pushstring(lua, name);
  Source source{.code = code, .blank_first = is_bytecode(code)};
  const bool good = lua_load(lua, read_source, &source, name) == 0;
  lua_remove(lua, -2);
  return good;
}

int load_from_string(lua_State* lua) {
  const Bytes code = check_bytes(lua, 1);
  const char* const name = luaL_optstring(lua, 2, code.data());
  return loaded(lua, load_code(lua, code, name) ? 0 : LUA_ERRSYNTAX);
}

int load_from_function(lua_State* lua) {
  luaL_checktype(lua, kReader, LUA_TFUNCTION);
  const char* const name = luaL_optstring(lua, kName, "=(load)");
  lua_settop(lua, kPiece);
  lua_pushstring(lua, name);
  lua_replace(lua, kName);
  Pieces pieces;
  return loaded(lua, lua_load(lua, read_piece, &pieces, lua_tostring(lua, kName)));
}

}  // namespace tidemark::server::script
