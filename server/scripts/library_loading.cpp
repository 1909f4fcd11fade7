#include "server/scripts/library_loading.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "protocol/encode.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/scripts/core_scripts.hpp"
#include "server/scripts/script_call.hpp"
#include "server/scripts/script_log.hpp"
#include "server/scripts/scripting.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

// How long the code of a library may run while it is loaded, as in Redis.
constexpr double kLoadMs = 500;

// Around a library while it is loaded: it may write to the log, and has little time.
class LoadingHost final : public script::Host {
 public:
  bool call(std::span<const Bytes>, protocol::RespVersion, protocol::Output& reply) override {
    protocol::write_text(reply, '-', "ERR This Redis command is not allowed from script");
    return true;
  }
  std::optional<bool> may_call(std::span<const Bytes>) override { return std::nullopt; }
  void log(script::LogLevel level, Bytes text) override { log_of_script(level, text); }
  std::optional<Bytes> reason_to_stop() override {
    const double took_ms = CycleClock::microseconds(CycleClock::now() - start_) / 1000;
    if (took_ms < kLoadMs) return std::nullopt;
    return "FUNCTION LOAD timeout";
  }

 private:
  const uint64_t start_ = CycleClock::now();
};

using Library = FunctionLibraries::Library;

CoreScripts& scripts_of_first(Server& server) { return server.core(CoreId(0)).data().scripts; }

// Runs the code in the Lua state of the first core, where it stays compiled if it is good. Whether
// its names are free is for the caller to see.
Library load(Server& server, Bytes code, std::string& error) {
  const script::LibraryHead head = script::read_library_head(code);
  error = head.error;
  if (!error.empty()) return nullptr;
  FunctionLibrary library{
      .name = head.name,
      .code = std::string(code),
      .compiled_name = fmt::format("{}:{}", head.name, server.scripting().next_library_version()),
      .functions = {}};
  LoadingHost host;
  auto failure = scripts_of_first(server)
                     .functions(server.settings())
                     .load(library.compiled_name, head.code, host, library.functions);
  if (!failure) return std::make_shared<const FunctionLibrary>(std::move(library));
  error = std::move(*failure);
  return nullptr;
}

// Takes what was compiled of it out of every core's Lua state.
void unload(Server& server, const FunctionLibrary& library) {
  for (const CoreId core : server.router().every_core()) {
    auto* const interpreter = server.core(core).data().scripts.functions_if_any();
    if (interpreter != nullptr) interpreter->unload(library.compiled_name);
  }
}

// Loads it and puts it among `libraries`. Null where that fails, and why.
Library add_to(Server& server, Bytes code, FunctionLibraries& libraries, std::string& error) {
  Library library = load(server, code, error);
  if (library == nullptr) return nullptr;
  if (const auto name = libraries.collision(*library)) {
    unload(server, *library);
    error = fmt::format("ERR Function {} already exists", *name);
    return nullptr;
  }
  libraries.set(library);
  return library;
}

}  // namespace

std::optional<std::string> add_library(Server& server, Bytes code, Replace replace) {
  FunctionLibraries& libraries = server.scripting().libraries();
  const script::LibraryHead head = script::read_library_head(code);
  const Library before = head.error.empty() ? libraries.find(head.name) : nullptr;
  if (before != nullptr && replace == Replace::no) {
    return fmt::format("ERR Library '{}' already exists", head.name);
  }
  std::string error;
  if (add_to(server, code, libraries, error) == nullptr) return error;
  if (before != nullptr) unload(server, *before);
  return std::nullopt;
}

std::optional<std::string> restore_libraries(Server& server, const std::vector<std::string>& codes,
                                             RestorePolicy policy) {
  FunctionLibraries& libraries = server.scripting().libraries();
  FunctionLibraries after;
  if (policy != RestorePolicy::flush) after = libraries;
  std::vector<Library> added;
  std::string error;
  for (const std::string& code : codes) {
    const script::LibraryHead head = script::read_library_head(code);
    const bool is_there = head.error.empty() && after.find(head.name) != nullptr;
    if (is_there && policy != RestorePolicy::replace) {
      error = fmt::format("ERR Library {} already exists", head.name);
    } else if (const Library library = add_to(server, code, after, error)) {
      added.push_back(library);
    }
    if (error.empty()) continue;
    for (const Library& done : added) unload(server, *done);
    return error;
  }
  // What is gone leaves Lua, too.
  for (const auto& [name, library] : libraries.all()) {
    if (after.find(name) != library) unload(server, *library);
  }
  libraries = std::move(after);
  return std::nullopt;
}

bool remove_library(Server& server, Bytes name) {
  FunctionLibraries& libraries = server.scripting().libraries();
  const Library library = libraries.find(name);
  if (library == nullptr) return false;
  libraries.remove(name);
  unload(server, *library);
  return true;
}

void remove_all_libraries(Server& server) {
  server.scripting().libraries() = FunctionLibraries();
  for (const CoreId core : server.router().every_core()) {
    server.core(core).data().scripts.forget_functions();
  }
}

script::FunctionInterpreter* interpreter_with(Context& ctx, const FunctionLibrary& library,
                                              std::string& error) {
  script::FunctionInterpreter& interpreter = scripts_at_hand(ctx).functions(ctx.settings());
  if (interpreter.knows(library.compiled_name)) return &interpreter;
  LoadingHost host;
  std::vector<script::FunctionFacts> functions;
  const script::LibraryHead head = script::read_library_head(library.code);
  auto failure = interpreter.load(library.compiled_name, head.code, host, functions);
  if (!failure) return &interpreter;
  error = std::move(*failure);
  return nullptr;
}

}  // namespace tidemark::server
