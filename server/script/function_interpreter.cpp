#include "server/script/function_interpreter.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "server/script/error_object.hpp"
#include "server/script/function_registration.hpp"
#include "server/script/load_code.hpp"
#include "server/script/to_reply.hpp"
#include "storage/base/letter_case.hpp"

namespace tidemark::server::script {

namespace {

constexpr Bytes kNoMemory = "ERR not enough memory";

// Where the registry has the functions of a library.
std::string place_of(Bytes library) { return fmt::format("tidemark.library.{}", library); }

std::string lower_case(Bytes text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

}  // namespace

bool is_function_name(Bytes name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

LibraryHead read_library_head(Bytes code) {
  LibraryHead head;
  bool whole = true;
  const auto line = read_first_line(code, whole);
  if (!whole || (line && line->words.empty())) {
    head.error = "ERR Invalid library metadata";
  } else if (!line) {
    head.error = "ERR Missing library metadata";
  }
  if (!head.error.empty()) return head;
  head.code = line->rest;
  const Bytes engine = Bytes(line->words.front()).substr(2);
  std::optional<std::string> name;
  for (size_t i = 1; i < line->words.size(); ++i) {
    const Bytes word = line->words[i];
    constexpr Bytes kName = "name=";
    if (lower_case(word.substr(0, kName.size())) != kName) {
      head.error = fmt::format("ERR Invalid metadata value given: {}", word);
      return head;
    }
    if (name) {
      head.error = "ERR Invalid metadata value, name argument was given multiple times";
      return head;
    }
    name = std::string(word.substr(kName.size()));
  }
  if (!name) {
    head.error = "ERR Library name was not given";
  } else if (!is_function_name(*name)) {
    head.error = fmt::format("ERR {}", kFunctionNameError);
  } else if (lower_case(engine) != "lua") {
    head.error = fmt::format("ERR Engine '{}' not found", engine);
  }
  head.name = name.value_or(std::string());
  return head;
}

std::optional<std::string> FunctionInterpreter::load(Bytes library, Bytes code, Host& host,
                                                     std::vector<FunctionFacts>& functions) {
  FunctionRegistration registration(state_);
  Failure failure;
  std::string error;
  auto run = [&](lua_State* lua) {
    if (!load_code(lua, code, "@user_function")) {
      error = fmt::format("ERR Error compiling function: {}", bytes_at(lua, -1));
      return;
    }
    registration.open(lua);
    lua_insert(lua, -2);
    if (!run_protected(lua, 0, {}, failure)) {
      error = fmt::format("ERR Error registering functions: {}", failure.text);
    } else if (registration.functions().empty()) {
      error = "ERR No functions registered";
    } else {
      lua_pop(lua, 1);
      raw_set_field(lua, LUA_REGISTRYINDEX, place_of(library));
    }
  };
  auto close = [&](lua_State* lua) { registration.close(lua); };
  state_.begin(host);
  if (!in_lua(state_.lua(), run)) error = kNoMemory;
  // What it needs is there already, so that it does not fail.
  (void)in_lua(state_.lua(), close);
  state_.end();
  if (!error.empty()) return error;
  functions = std::move(registration.functions());
  return std::nullopt;
}

bool FunctionInterpreter::knows(Bytes library) const {
  bool known = false;
  auto look = [&](lua_State* lua) {
    raw_get_field(lua, LUA_REGISTRYINDEX, place_of(library));
    known = lua_istable(lua, -1);
  };
  return in_lua(state_.lua(), look) && known;
}

void FunctionInterpreter::unload(Bytes library) {
  auto forget = [&](lua_State* lua) {
    lua_pushnil(lua);
    raw_set_field(lua, LUA_REGISTRYINDEX, place_of(library));
  };
  (void)in_lua(state_.lua(), forget);
}

Ending FunctionInterpreter::call(Bytes library, Bytes function, const Input& input, Host& host,
                                 protocol::Output& reply) {
  Ending ending;
  Failure failure;
  auto run = [&](lua_State* lua) {
    raw_get_field(lua, LUA_REGISTRYINDEX, place_of(library));
    raw_get_field(lua, -1, function);
    push_array(lua, input.keys);
    push_array(lua, input.args);
    if (!run_protected(lua, 2, function, failure)) return;
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
