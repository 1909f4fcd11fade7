#include "server/script/state.hpp"

#include "server/script/libraries.hpp"
#include "server/script/protect.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server::script {

namespace {

// How many instructions a script runs before it is asked whether it may go on: about a millisecond.
constexpr int kInstructions = 100'000;
// What the collector does at a time, in its own measure of kilobytes: about a tenth of a
// millisecond.
constexpr int kCollectorStep = 100;
// Garbage that is not worth the trouble. Lua's own collector waits until there is as much garbage
// as there was memory in use when it last looked, which may have been a script that used a lot.
constexpr size_t kGarbageBytes = size_t{16} << 10;

// Where the registry has the globals themselves, and the metatable of what scripts see of them.
constexpr Bytes kGlobals = "tidemark.globals";
constexpr Bytes kGlobalsView = "tidemark.globals_view";

int refuse_missing(lua_State* lua) {
  const char* const name = lua_tostring(lua, 2);
  return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'",
                    name != nullptr ? name : "?");
}

using PushLibrary = void (*)(lua_State*);
struct LibraryEntry {
  const char* name;
  PushLibrary push;
};
constexpr LibraryEntry kLibraries[] = {
    {"bit", push_bit_library},          {"cjson", push_json_library},
    {"cmsgpack", push_msgpack_library}, {"coroutine", push_coroutine_library},
    {"math", push_math_library},        {"os", push_os_library},
    {"redis", push_redis_library},      {"string", push_string_library},
    {"struct", push_struct_library},    {"table", push_table_library},
};

// Methods of strings are found in the library, as scripts see it.
void set_string_methods(lua_State* lua, int globals) {
  lua_pushliteral(lua, "");
  lua_createtable(lua, 0, 2);
  raw_get_field(lua, globals, LUA_STRLIBNAME);
  raw_set_field(lua, -2, "__index");
  lua_pushvalue(lua, -1);
  protect(lua);
  raw_set_field(lua, -2, "__metatable");
  lua_setmetatable(lua, -2);
  lua_pop(lua, 1);
}

// Makes the globals, and what scripts see of them.
int open_sandbox(lua_State* lua) {
  lua_newtable(lua);
  const int globals = lua_gettop(lua);
  add_base_functions(lua);
  for (const LibraryEntry& library : kLibraries) {
    library.push(lua);
    protect(lua);
    raw_set_field(lua, globals, library.name);
  }
  set_string_methods(lua, globals);

  lua_pushvalue(lua, globals);
  raw_set_field(lua, LUA_REGISTRYINDEX, kGlobals);
  lua_createtable(lua, 0, 1);
  lua_pushcfunction(lua, refuse_missing);
  raw_set_field(lua, -2, "__index");
  lua_setmetatable(lua, globals);
  lua_pushvalue(lua, globals);
  protect_keeping_metatable(lua);  // the view, its metatable
  raw_set_field(lua, LUA_REGISTRYINDEX, kGlobalsView);
  lua_pushvalue(lua, -1);
  raw_set_field(lua, globals, "_G");
  lua_replace(lua, LUA_GLOBALSINDEX);
  // Of the libraries as they were, nothing is left.
  lua_pushnil(lua);
  raw_set_field(lua, LUA_REGISTRYINDEX, "_LOADED");
  return 0;
}

}  // namespace

State::State(const Options& options)
    : memory_(options.memory_limit),
      random_(options.seed),
      lua_(lua_newstate(&State::allocate, this)) {
  ENSURE(lua_ != nullptr);
  ENSURE(lua_cpcall(lua_, open_sandbox, nullptr) == 0);
  lua_gc(lua_, LUA_GCCOLLECT, 0);
  live_bytes_ = memory_.used();
}

State::~State() { lua_close(lua_); }

void* State::allocate(void* self, void* block, size_t old_size, size_t new_size) noexcept {
  return static_cast<State*>(self)->memory_.resize(block, old_size, new_size);
}

State& State::of(lua_State* lua) {
  void* self = nullptr;
  lua_getallocf(lua, &self);
  return *static_cast<State*>(self);
}

// ---- The run.

// Coroutines inherit this where they are made.
void State::watch(int instructions) {
  lua_sethook(lua_, &State::look_up, LUA_MASKCOUNT, instructions);
}

void State::look_up(lua_State* lua, lua_Debug*) { stop(lua); }

void State::stop(lua_State* lua) {
  Host* const host = of(lua).host_;
  if (host == nullptr) return;
  const auto reason = host->reason_to_stop();
  if (!reason) return;
  // Whoever catches the error gets it again at the next instruction.
  lua_sethook(lua, &State::look_up, LUA_MASKCOUNT, 1);
  push(lua, *reason);
  lua_error(lua);
}

void State::begin(Host& host) {
  ENSURE(host_ == nullptr);
  host_ = &host;
  resp_ = protocol::RespVersion::v2;
  watch(kInstructions);
}

void State::end() {
  host_ = nullptr;
  collect_some();
}

void State::collect_some() {
  if (memory_.used() < live_bytes_ + live_bytes_ / 2 + kGarbageBytes) return;
  if (lua_gc(lua_, LUA_GCSTEP, kCollectorStep) != 0) live_bytes_ = memory_.used();
}

// ---- Globals.

void State::set_global(Bytes name) {
  raw_get_field(lua_, LUA_REGISTRYINDEX, kGlobals);
  lua_insert(lua_, -2);
  raw_set_field(lua_, -2, name);
  lua_pop(lua_, 1);
}

void State::hide_globals() {
  raw_get_field(lua_, LUA_REGISTRYINDEX, kGlobalsView);
  lua_insert(lua_, -2);
  lead_to(lua_);
}

void State::show_globals() {
  raw_get_field(lua_, LUA_REGISTRYINDEX, kGlobalsView);
  raw_get_field(lua_, LUA_REGISTRYINDEX, kGlobals);
  lead_to(lua_);
}

}  // namespace tidemark::server::script
