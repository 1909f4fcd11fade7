#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/command/context.hpp"
#include "server/scripts/function_libraries.hpp"

// How libraries of functions get into Lua.

namespace tidemark::server {

// ---- With all cores stopped, or before they run. Each returns what is wrong, with a code, and has
// changed nothing then.

enum class Replace : uint8_t { no, yes };

// Runs the code of a library in the Lua state of the first core, and adds what it registers to the
// server's libraries.
std::optional<std::string> add_library(Server& server, Bytes code, Replace replace);

// What becomes of the libraries that are there when others come.
enum class RestorePolicy : uint8_t { append, flush, replace };

// Adds all of these, or none: those of a payload, or of a file.
std::optional<std::string> restore_libraries(Server& server, const std::vector<std::string>& codes,
                                             RestorePolicy policy);

// False where there is none of this name.
bool remove_library(Server& server, Bytes name);
void remove_all_libraries(Server& server);

// ---- Any core.

// The Lua state that runs the library's functions, with the library in it: on other cores than the
// first it is compiled when it is first called. Null where that fails, and why.
script::FunctionInterpreter* interpreter_with(Context& ctx, const FunctionLibrary& library,
                                              std::string& error);

}  // namespace tidemark::server
