#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace tidemark::server::script {
class FunctionInterpreter;
class Interpreter;
}  // namespace tidemark::server::script

namespace tidemark::server {

struct Settings;

// What one core has compiled of scripts and of libraries of functions: each kind in a Lua state of
// its own, which is made when it is first needed. That of scripts is made anew when they are
// flushed, or when it has grown near its limit by what was compiled; that of functions keeps what
// libraries keep to themselves, and lives until all libraries are flushed.
//
// Its core's thread, or exclusive work.
class CoreScripts {
 public:
  CoreScripts();
  ~CoreScripts();
  CoreScripts(const CoreScripts&) = delete;
  CoreScripts& operator=(const CoreScripts&) = delete;

  // `generation` is that of the cache of scripts.
  script::Interpreter& scripts(const Settings& settings, uint64_t generation);
  script::FunctionInterpreter& functions(const Settings& settings);
  void forget_scripts();
  void forget_functions();
  // Null where there is none yet.
  script::FunctionInterpreter* functions_if_any() { return functions_.get(); }

  // Gives back some of what is garbage.
  void collect_some();
  size_t script_bytes() const;
  size_t function_bytes() const;

 private:
  std::unique_ptr<script::Interpreter> scripts_;
  std::unique_ptr<script::FunctionInterpreter> functions_;
  uint64_t generation_ = 0;
};

}  // namespace tidemark::server
