#include "server/script/interpreter.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "protocol/encode.hpp"
#include "server/script/error_object.hpp"
#include "server/script/load_code.hpp"
#include "server/script/to_reply.hpp"

namespace tidemark::server::script {

namespace {

// Where the registry has a script of this name.
std::string place_of(Bytes name) { return fmt::format("tidemark.script.{}", name); }

constexpr Bytes kNoMemory = "ERR not enough memory";

}  // namespace

void push_array(lua_State* lua, std::span<const Bytes> items) {
  lua_createtable(lua, static_cast<int>(items.size()), 0);
  int at = 0;
  for (const Bytes item : items) {
    push(lua, item);
    lua_rawseti(lua, -2, ++at);
  }
}

void write_error(Bytes text, protocol::Output& reply) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
  protocol::write_text(reply, '-', line);
}

bool Interpreter::knows(Bytes name) const {
  bool known = false;
  auto look = [&](lua_State* lua) {
    raw_get_field(lua, LUA_REGISTRYINDEX, place_of(name));
    known = lua_isfunction(lua, -1);
  };
  return in_lua(state_.lua(), look) && known;
}

std::optional<std::string> Interpreter::compile(Bytes name, Bytes code) {
  std::string error;
  auto load = [&](lua_State* lua) {
    if (load_code(lua, code, "@user_script")) {
      raw_set_field(lua, LUA_REGISTRYINDEX, place_of(name));
    } else {
      error = fmt::format("ERR Error compiling script (new function): {}", bytes_at(lua, -1));
    }
  };
  if (!in_lua(state_.lua(), load)) error = kNoMemory;
  return error.empty() ? std::nullopt : std::optional(error);
}

Ending Interpreter::run(Bytes name, const Input& input, Host& host, protocol::Output& reply) {
  Ending ending;
  Failure failure;
  auto run = [&](lua_State* lua) {
    push_array(lua, input.keys);
    state_.set_global("KEYS");
    push_array(lua, input.args);
    state_.set_global("ARGV");
    raw_get_field(lua, LUA_REGISTRYINDEX, place_of(name));
    if (!run_protected(lua, 0, name, failure)) return;
    const ReplyForm form{
        .client = input.client, .script = state_.resp(), .bytes_max = input.reply_bytes_max};
    ending.failed = !write_reply(lua, form, reply, ending.counted);
  };
  state_.begin(host);
  if (!in_lua(state_.lua(), run)) failure.text = kNoMemory;
  state_.end();
  if (!failure.text.empty()) {
    write_error(failure.text, reply);
    ending = {.failed = true, .counted = failure.counted};
  }
  return ending;
}

}  // namespace tidemark::server::script
