#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/script/interpreter.hpp"
#include "server/script/shebang.hpp"
#include "server/script/state.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server::script {

// What a library says of one of its functions.
struct FunctionFacts {
  std::string name;
  std::optional<std::string> description;
  ScriptFlag flags = ScriptFlag::none;
};

// Runs the functions of libraries. While a library is loaded, its code sees nothing but
// redis.register_function() and its like; what it registers sees what every script does.
class FunctionInterpreter {
 public:
  explicit FunctionInterpreter(const State::Options& options) : state_(options) {}

  State& state() { return state_; }
  const State& state() const { return state_; }

  // Runs the library's code, and keeps what it registers under the library's name, in place of what
  // was there. Returns what is wrong, with a code, and has changed nothing then.
  std::optional<std::string> load(Bytes library, Bytes code, Host& host,
                                  std::vector<FunctionFacts>& functions);
  bool knows(Bytes library) const;
  void unload(Bytes library);
  // REQUIRES: the library is loaded, and has registered the function.
  Ending call(Bytes library, Bytes function, const Input& input, Host& host,
              protocol::Output& reply);

 private:
  State state_;
};

// Whether it may name a library or a function.
bool is_function_name(Bytes name);
inline constexpr Bytes kFunctionNameError =
    "Library names can only contain letters, numbers, or underscores(_) and must be at least one "
    "character long";

// The first line of a library, and the Lua below it.
struct LibraryHead {
  std::string name;
  Bytes code;
  std::string error;  // with a code
};
LibraryHead read_library_head(Bytes code);

}  // namespace tidemark::server::script
