#pragma once

#include <vector>

#include "server/script/function_interpreter.hpp"

namespace tidemark::server::script {

// What a library registers while it is loaded.
class FunctionRegistration {
 public:
  explicit FunctionRegistration(State& state) : state_(state) {}
  FunctionRegistration(const FunctionRegistration&) = delete;
  FunctionRegistration& operator=(const FunctionRegistration&) = delete;

  // Makes the code that runs from now on see register_function() and its like alone, and register
  // here. Pushes a table, which will have the functions by their names. Raises errors of Lua.
  void open(lua_State* lua);
  void close(lua_State* lua);

  std::vector<FunctionFacts>& functions() { return functions_; }

 private:
  static int register_function(lua_State* lua);
  void read_named(lua_State* lua, FunctionFacts& facts);
  void read_flags(lua_State* lua, FunctionFacts& facts);
  void add(lua_State* lua, FunctionFacts facts);

  State& state_;
  std::vector<FunctionFacts> functions_;
};

}  // namespace tidemark::server::script
