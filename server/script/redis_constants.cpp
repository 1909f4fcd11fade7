#include "server/script/redis_constants.hpp"

#include <cstdint>
#include <string>

#include "server/config/version.hpp"
#include "server/script/error_object.hpp"
#include "server/script/state.hpp"

namespace tidemark::server::script {

namespace {

struct Number {
  const char* name;
  int value;
};

constexpr Number kNumbers[] = {
    {"LOG_DEBUG", static_cast<int>(LogLevel::debug)},
    {"LOG_VERBOSE", static_cast<int>(LogLevel::verbose)},
    {"LOG_NOTICE", static_cast<int>(LogLevel::notice)},
    {"LOG_WARNING", static_cast<int>(LogLevel::warning)},
    {"REPL_NONE", 0},
    {"REPL_AOF", 1},
    {"REPL_SLAVE", 2},
    {"REPL_REPLICA", 2},
    {"REPL_ALL", 3},
};

// "7.2.4" is 0x00070204.
constexpr uint32_t version_number() {
  uint32_t number = 0;
  uint32_t part = 0;
  for (const char c : kRedisVersion) {
    if (c == '.') {
      number = (number | part) << 8;
      part = 0;
    } else {
      part = part * 10 + static_cast<uint32_t>(c - '0');
    }
  }
  return number | part;
}

int log(lua_State* lua) {
  const int count = lua_gettop(lua);
  if (count < 2) return raise(lua, "redis.log() requires two arguments or more.");
  if (lua_isnumber(lua, 1) == 0) return raise(lua, "First argument must be a number (log level).");
  const lua_Number level = lua_tonumber(lua, 1);
  if (!(level >= static_cast<int>(LogLevel::debug) &&
        level <= static_cast<int>(LogLevel::warning))) {
    return raise(lua, "Invalid debug level.");
  }
  std::string text;
  for (int i = 2; i <= count; ++i) {
    if (lua_isstring(lua, i) == 0) continue;
    if (i > 2) text += ' ';
    text += bytes_at(lua, i);
  }
  if (Host* const host = State::of(lua).host()) host->log(static_cast<LogLevel>(level), text);
  return 0;
}

}  // namespace

void add_redis_constants(lua_State* lua) {
  for (const Number& number : kNumbers) {
    lua_pushinteger(lua, number.value);
    raw_set_field(lua, -2, number.name);
  }
  push(lua, kRedisVersion);
  raw_set_field(lua, -2, "REDIS_VERSION");
  lua_pushnumber(lua, version_number());
  raw_set_field(lua, -2, "REDIS_VERSION_NUM");
  lua_pushcfunction(lua, log);
  raw_set_field(lua, -2, "log");
}

}  // namespace tidemark::server::script
