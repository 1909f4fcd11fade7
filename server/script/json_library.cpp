// The library `cjson`.

#include <limits>
#include <new>

#include "server/script/json.hpp"
#include "server/script/libraries.hpp"

namespace tidemark::server::script {

namespace {

constexpr int kAnyInt = std::numeric_limits<int>::max();

// Each function of an instance has its options.
JsonOptions& options_of(lua_State* lua) {
  return *static_cast<JsonOptions*>(lua_touserdata(lua, lua_upvalueindex(1)));
}

int encode(lua_State* lua) { return encode_json(lua, options_of(lua)); }
int decode(lua_State* lua) { return decode_json(lua, options_of(lua)); }

// ---- Functions that set an option where they are given a value, and return what it is.

void take_arguments(lua_State* lua, int most) {
  luaL_argcheck(lua, lua_gettop(lua) <= most, most + 1, "found too many arguments");
  lua_settop(lua, most);
}

void integer_option(lua_State* lua, int argument, int& option, int low, int high) {
  if (!lua_isnil(lua, argument)) {
    const lua_Integer wanted = luaL_checkinteger(lua, argument);
    if (wanted < low || wanted > high) {
      lua_pushfstring(lua, "expected integer between %d and %d", low, high);
      luaL_argerror(lua, 1, lua_tostring(lua, -1));
    }
    option = static_cast<int>(wanted);
  }
  lua_pushinteger(lua, option);
}

// One of some words, of which the first two are also false and true.
void word_option(lua_State* lua, int argument, int& option, const char* const* words) {
  if (lua_isboolean(lua, argument)) {
    option = lua_toboolean(lua, argument);
  } else if (!lua_isnil(lua, argument)) {
    option = luaL_checkoption(lua, argument, nullptr, words);
  }
  if (option <= 1) {
    lua_pushboolean(lua, option);
  } else {
    lua_pushstring(lua, words[option]);
  }
}

constexpr const char* kSwitch[] = {"off", "on", nullptr};
constexpr const char* kSwitchOrNull[] = {"off", "on", "null", nullptr};

int encode_sparse_array(lua_State* lua) {
  JsonOptions& options = options_of(lua);
  take_arguments(lua, 3);
  word_option(lua, 1, options.sparse_convert, kSwitch);
  integer_option(lua, 2, options.sparse_ratio, 0, kAnyInt);
  integer_option(lua, 3, options.sparse_safe, 0, kAnyInt);
  return 3;
}

template <int JsonOptions::*kOption, int kHigh>
int integer(lua_State* lua) {
  take_arguments(lua, 1);
  integer_option(lua, 1, options_of(lua).*kOption, 1, kHigh);
  return 1;
}

template <int JsonOptions::*kOption>
int word(lua_State* lua) {
  take_arguments(lua, 1);
  word_option(lua, 1, options_of(lua).*kOption, kSwitch);
  return 1;
}

int encode_invalid_numbers(lua_State* lua) {
  take_arguments(lua, 1);
  word_option(lua, 1, options_of(lua).encode_invalid, kSwitchOrNull);
  return 1;
}

int make_instance(lua_State* lua) {
  push_json_library(lua);
  return 1;
}

constexpr Function kFunctions[] = {
    {"encode", encode},
    {"decode", decode},
    {"encode_sparse_array", encode_sparse_array},
    {"encode_max_depth", integer<&JsonOptions::encode_depth_max, kAnyInt>},
    {"decode_max_depth", integer<&JsonOptions::decode_depth_max, kAnyInt>},
    {"encode_number_precision", integer<&JsonOptions::number_precision, 14>},
    {"encode_keep_buffer", word<&JsonOptions::keep_buffer>},
    {"encode_invalid_numbers", encode_invalid_numbers},
    {"decode_invalid_numbers", word<&JsonOptions::decode_invalid>},
    {"new", make_instance}};

}  // namespace

void push_json_library(lua_State* lua) {
  lua_newtable(lua);
  new (lua_newuserdata(lua, sizeof(JsonOptions))) JsonOptions;
  for (const Function& function : kFunctions) {
    lua_pushvalue(lua, -1);
    lua_pushcclosure(lua, function.run, 1);
    raw_set_field(lua, -3, function.name);
  }
  lua_pop(lua, 1);
  lua_pushlightuserdata(lua, nullptr);
  raw_set_field(lua, -2, "null");
  push(lua, "cjson");
  raw_set_field(lua, -2, "_NAME");
  push(lua, "2.1.0");
  raw_set_field(lua, -2, "_VERSION");
}

}  // namespace tidemark::server::script
