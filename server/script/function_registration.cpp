#include "server/script/function_registration.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "server/script/error_object.hpp"
#include "server/script/protect.hpp"
#include "server/script/redis_constants.hpp"

namespace tidemark::server::script {

namespace {

// Where the registry has the registration under way, and the functions that it has so far.
constexpr Bytes kUnderWay = "tidemark.registration";
constexpr Bytes kFunctions = "tidemark.registration.functions";

int refuse_missing(lua_State* lua) {
  const char* const name = lua_tostring(lua, 2);
  return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'",
                    name != nullptr ? name : "?");
}

// Makes the table on top of the stack raise an error for what it does not have, and read-only.
void seal(lua_State* lua) {
  lua_createtable(lua, 0, 1);
  lua_pushcfunction(lua, refuse_missing);
  raw_set_field(lua, -2, "__index");
  lua_setmetatable(lua, -2);
}

// Names of functions are the same whatever the case of their letters.
bool are_same(Bytes one, Bytes other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [&lower](char a, char b) { return lower(a) == lower(b); });
}

void set_nil(lua_State* lua, Bytes name) {
  lua_pushnil(lua);
  raw_set_field(lua, LUA_REGISTRYINDEX, name);
}

}  // namespace

void FunctionRegistration::open(lua_State* lua) {
  lua_newtable(lua);
  lua_pushvalue(lua, -1);
  raw_set_field(lua, LUA_REGISTRYINDEX, kFunctions);
  lua_pushlightuserdata(lua, this);
  raw_set_field(lua, LUA_REGISTRYINDEX, kUnderWay);

  lua_newtable(lua);
  lua_newtable(lua);
  add_redis_constants(lua);
  lua_pushcfunction(lua, register_function);
  raw_set_field(lua, -2, "register_function");
  seal(lua);
  protect(lua);
  raw_set_field(lua, -2, "redis");
  seal(lua);
  state_.hide_globals();
}

void FunctionRegistration::close(lua_State* lua) {
  state_.show_globals();
  set_nil(lua, kFunctions);
  set_nil(lua, kUnderWay);
}

int FunctionRegistration::register_function(lua_State* lua) {
  raw_get_field(lua, LUA_REGISTRYINDEX, kUnderWay);
  auto* const self = static_cast<FunctionRegistration*>(lua_touserdata(lua, -1));
  lua_pop(lua, 1);
  if (self == nullptr) {
    return raise(lua, "redis.register_function can only be called on FUNCTION LOAD command");
  }
  const int count = lua_gettop(lua);
  FunctionFacts facts;
  if (count == 1) {
    if (!lua_istable(lua, 1)) {
      return raise(lua,
                   "calling redis.register_function with a single argument is only applicable to "
                   "Lua table (representing named arguments).");
    }
    self->read_named(lua, facts);
  } else if (count == 2) {
    if (lua_isstring(lua, 1) == 0) {
      return raise(lua, "first argument to redis.register_function must be a string");
    }
    if (!lua_isfunction(lua, 2)) {
      return raise(lua, "second argument to redis.register_function must be a function");
    }
    facts.name = bytes_at(lua, 1);
  } else {
    return raise(lua, "wrong number of arguments to redis.register_function");
  }
  self->add(lua, std::move(facts));
  return 0;
}

// Leaves the callback on top of the stack.
void FunctionRegistration::read_named(lua_State* lua, FunctionFacts& facts) {
  constexpr int kArguments = 1;
  bool has_name = false;
  lua_pushnil(lua);  // the callback's place
  const int callback = lua_gettop(lua);
  for (lua_pushnil(lua); lua_next(lua, kArguments) != 0; lua_pop(lua, 1)) {
    const Bytes key = lua_type(lua, -2) == LUA_TSTRING ? bytes_at(lua, -2) : Bytes();
    const bool is_text = lua_isstring(lua, -1) != 0;
    if (key == "function_name") {
      if (!is_text) {
        raise(lua, "function_name argument given to redis.register_function must be a string");
      }
      facts.name = bytes_at(lua, -1);
      has_name = true;
    } else if (key == "description") {
      if (!is_text) {
        raise(lua, "description argument given to redis.register_function must be a string");
      }
      facts.description = std::string(bytes_at(lua, -1));
    } else if (key == "callback") {
      if (!lua_isfunction(lua, -1)) {
        raise(lua, "callback argument given to redis.register_function must be a function");
      }
      lua_pushvalue(lua, -1);
      lua_replace(lua, callback);
    } else if (key == "flags") {
      if (!lua_istable(lua, -1)) {
        raise(lua,
              "flags argument to redis.register_function must be a table representing function "
              "flags");
      }
      read_flags(lua, facts);
    } else {
      raise(lua, "unknown argument given to redis.register_function");
    }
  }
  if (!has_name) raise(lua, "redis.register_function must get a function name argument");
  if (lua_isnil(lua, callback)) {
    raise(lua, "redis.register_function must get a callback argument");
  }
}

// Of the array on top of the stack.
void FunctionRegistration::read_flags(lua_State* lua, FunctionFacts& facts) {
  for (int i = 1;; ++i) {
    lua_rawgeti(lua, -1, i);
    const bool is_end = lua_isnil(lua, -1);
    const auto flag =
        lua_type(lua, -1) == LUA_TSTRING ? find_flag(bytes_at(lua, -1)) : std::nullopt;
    lua_pop(lua, 1);
    if (is_end) return;
    if (!flag) raise(lua, "unknown flag given");
    facts.flags = facts.flags | *flag;
  }
}

// With the callback on top of the stack.
void FunctionRegistration::add(lua_State* lua, FunctionFacts facts) {
  if (!is_function_name(facts.name)) raise(lua, kFunctionNameError);
  const bool is_there = std::any_of(
      functions_.begin(), functions_.end(),
      [&facts](const FunctionFacts& other) { return are_same(other.name, facts.name); });
  if (is_there) raise(lua, "Function already exists in the library");
  raw_get_field(lua, LUA_REGISTRYINDEX, kFunctions);
  lua_insert(lua, -2);
  raw_set_field(lua, -2, facts.name);
  functions_.push_back(std::move(facts));
}

}  // namespace tidemark::server::script
