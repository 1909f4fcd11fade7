// The library `redis`: what scripts may ask of the server.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "server/config/version.hpp"
#include "server/script/error_object.hpp"
#include "server/script/from_reply.hpp"
#include "server/script/libraries.hpp"
#include "server/script/redis_constants.hpp"
#include "server/script/sha1.hpp"
#include "server/script/state.hpp"

namespace tidemark::server::script {

namespace {

using protocol::RespVersion;

Host& host_of(lua_State* lua) {
  Host* const host = State::of(lua).host();
  if (host == nullptr) {
    raise(lua, "redis.call/pcall can only be called inside a script invocation");
  }
  return *host;
}

// A number as Redis makes a string of it: with all its digits, which Lua would round.
void replace_by_text(lua_State* lua, int index) {
  char text[40];
  const int size = std::snprintf(text, sizeof text, "%.17g", lua_tonumber(lua, index));
  push(lua, {text, static_cast<size_t>(size)});
  lua_replace(lua, index);
}

// The arguments as the words of a command. They live as long as they are on the stack.
std::vector<Bytes> words_of(lua_State* lua) {
  const int count = lua_gettop(lua);
  if (count == 0) raise(lua, "Please specify at least one argument for this redis lib call");
  std::vector<Bytes> words;
  words.reserve(static_cast<size_t>(count));
  for (int i = 1; i <= count; ++i) {
    if (lua_type(lua, i) == LUA_TNUMBER) replace_by_text(lua, i);
    if (lua_type(lua, i) != LUA_TSTRING) {
      raise(lua, "Lua redis lib command arguments must be strings or integers");
    }
    words.push_back(bytes_at(lua, i));
  }
  return words;
}

void push_result_of_call(lua_State* lua) {
  Host& host = host_of(lua);
  const std::vector<Bytes> words = words_of(lua);
  protocol::Output reply;
  (void)host.call(words, State::of(lua).resp(), reply);
  // Not only where the script has to end at once: few instructions may call much that takes long.
  State::stop(lua);
  // The arguments may fill the stack.
  lua_settop(lua, 0);
  push_reply(lua, reply.view());
}

bool is_error(lua_State* lua) {
  if (!lua_istable(lua, -1)) return false;
  raw_get_field(lua, -1, "err");
  const bool is = !lua_isnil(lua, -1);
  lua_pop(lua, 1);
  return is;
}

int call(lua_State* lua) {
  push_result_of_call(lua);
  return is_error(lua) ? lua_error(lua) : 1;
}

int call_for_pcall(lua_State* lua) {
  push_result_of_call(lua);
  return 1;
}

// What call() would raise is returned.
int pcall(lua_State* lua) {
  const int count = lua_gettop(lua);
  lua_pushcfunction(lua, call_for_pcall);
  lua_insert(lua, 1);
  if (lua_pcall(lua, count, 1, 0) == LUA_ERRMEM) lua_error(lua);
  return 1;
}

int sha1hex(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise(lua, "wrong number of arguments");
  const bool is_text = lua_isstring(lua, 1) != 0;
  push(lua, sha1_hex(is_text ? bytes_at(lua, 1) : Bytes()));
  return 1;
}

int one_field(lua_State* lua, Bytes name) {
  lua_createtable(lua, 0, 1);
  lua_pushvalue(lua, 1);
  raw_set_field(lua, -2, name);
  return 1;
}

bool is_one_text(lua_State* lua) { return lua_gettop(lua) == 1 && lua_type(lua, 1) == LUA_TSTRING; }

constexpr Bytes kNotOneText = "wrong number or type of arguments";

int error_reply(lua_State* lua) {
  if (is_one_text(lua)) {
    Bytes text = bytes_at(lua, 1);
    if (!text.empty() && text.front() == '-') text.remove_prefix(1);
    push_coded_error(lua, text);
  } else {
    push_error(lua, kNotOneText);
  }
  return 1;
}

int status_reply(lua_State* lua) {
  if (is_one_text(lua)) return one_field(lua, "ok");
  push_error(lua, kNotOneText);
  return 1;
}

int setresp(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise(lua, "redis.setresp() requires one argument.");
  const lua_Integer version = lua_tointeger(lua, 1);
  if (version != 2 && version != 3) return raise(lua, "RESP version must be 2 or 3.");
  State::of(lua).set_resp(version == 2 ? RespVersion::v2 : RespVersion::v3);
  return 0;
}

int set_repl(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise(lua, "redis.set_repl() requires two arguments.");
  const lua_Number flags = lua_tonumber(lua, 1);
  if (!(flags >= 0 && flags <= 3)) {
    return raise(lua,
                 "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
  }
  return 0;
}

int replicate_commands(lua_State* lua) {
  lua_pushboolean(lua, 1);
  return 1;
}

// There is no debugger.
int breakpoint(lua_State* lua) {
  lua_pushboolean(lua, 0);
  return 1;
}
int debug(lua_State*) { return 0; }

int acl_check_cmd(lua_State* lua) {
  const std::vector<Bytes> words = words_of(lua);
  const auto allowed = host_of(lua).may_call(words);
  if (!allowed) return raise(lua, "Invalid command passed to redis.acl_check_cmd()");
  lua_pushboolean(lua, static_cast<int>(*allowed));
  return 1;
}

constexpr Function kFunctions[] = {{"call", call},
                                   {"pcall", pcall},
                                   {"sha1hex", sha1hex},
                                   {"error_reply", error_reply},
                                   {"status_reply", status_reply},
                                   {"setresp", setresp},
                                   {"set_repl", set_repl},
                                   {"replicate_commands", replicate_commands},
                                   {"breakpoint", breakpoint},
                                   {"debug", debug},
                                   {"acl_check_cmd", acl_check_cmd}};

}  // namespace

void push_redis_library(lua_State* lua) {
  lua_newtable(lua);
  set_functions(lua, kFunctions);
  add_redis_constants(lua);
}

}  // namespace tidemark::server::script
