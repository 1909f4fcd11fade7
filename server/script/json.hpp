#pragma once

#include "server/script/lua.hpp"

namespace tidemark::server::script {

// How one instance of the library `cjson` turns Lua into JSON and back. Scripts set it.
struct JsonOptions {
  enum class Invalid : int { refuse = 0, allow = 1, null = 2 };  // of NaN and infinities

  int sparse_convert = 0;  // an array that is too sparse becomes an object, and no error
  int sparse_ratio = 2;
  int sparse_safe = 10;
  int encode_depth_max = 1000;
  int decode_depth_max = 1000;
  int number_precision = 14;
  int keep_buffer = 1;  // accepted, without effect
  int encode_invalid = static_cast<int>(Invalid::refuse);
  int decode_invalid = static_cast<int>(Invalid::allow);
};

// Lua functions of one argument; raise errors in the words of Lua CJSON.
int encode_json(lua_State* lua, const JsonOptions& options);
int decode_json(lua_State* lua, const JsonOptions& options);

}  // namespace tidemark::server::script
