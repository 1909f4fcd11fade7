#pragma once

#include "server/core/running_scripts.hpp"
#include "server/core/script_cache.hpp"
#include "server/scripts/function_libraries.hpp"

namespace tidemark::server {

// What the server has of scripts and functions, for all cores.
class Scripting {
 public:
  // What EVALSHA knows.
  ScriptCache& cache() { return cache_; }
  // Those that are in the way.
  RunningScripts& running() { return running_; }
  // Any core.
  const FunctionLibraries& libraries() const { return libraries_; }
  // Exclusive work.
  FunctionLibraries& libraries() { return libraries_; }
  uint64_t next_library_version() { return ++library_version_; }

 private:
  ScriptCache cache_;
  RunningScripts running_;
  FunctionLibraries libraries_;
  uint64_t library_version_ = 0;
};

}  // namespace tidemark::server
