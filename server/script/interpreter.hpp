#pragma once

#include <optional>
#include <span>
#include <string>

#include "protocol/output.hpp"
#include "protocol/reply.hpp"
#include "server/script/state.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server::script {

// What a run needs beside the code.
struct Input {
  std::span<const Bytes> keys;
  std::span<const Bytes> args;
  protocol::RespVersion client = protocol::RespVersion::v2;  // what the reply is for
  size_t reply_bytes_max = 0;
};

// How a run went. Its reply, be it an error, is written in either case.
struct Ending {
  bool failed = false;   // the reply is an error
  bool counted = false;  // which the statistics have already
};

// Runs the scripts of EVAL, which it knows by the names they were compiled under. Its state keeps
// all of them until it is thrown away.
class Interpreter {
 public:
  explicit Interpreter(const State::Options& options) : state_(options) {}

  State& state() { return state_; }
  const State& state() const { return state_; }

  bool knows(Bytes name) const;
  // Returns what is wrong with it, with a code, or nothing.
  std::optional<std::string> compile(Bytes name, Bytes code);
  // REQUIRES: knows(name).
  Ending run(Bytes name, const Input& input, Host& host, protocol::Output& reply);

 private:
  State state_;
};

// Pushes an array of strings.
void push_array(lua_State* lua, std::span<const Bytes> items);
// Writes an error as a reply.
void write_error(Bytes text, protocol::Output& reply);
// Calls work(lua) where Lua may raise errors. False where it raised one: there was no memory.
template <typename Work>
bool in_lua(lua_State* lua, Work& work) {
  const auto call = [](lua_State* on) {
    auto& given = *static_cast<Work*>(lua_touserdata(on, 1));
    lua_pop(on, 1);
    given(on);
    return 0;
  };
  if (lua_cpcall(lua, call, &work) == 0) return true;
  lua_pop(lua, 1);
  return false;
}

}  // namespace tidemark::server::script
