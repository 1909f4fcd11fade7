#pragma once

#include <cstddef>
#include <cstdint>

#include "protocol/reply.hpp"
#include "server/script/host.hpp"
#include "server/script/lua.hpp"
#include "server/script/memory.hpp"
#include "server/script/random.hpp"

namespace tidemark::server::script {

// One Lua state with the sandbox that scripts see: the libraries that can do no harm, every table
// of them read-only, no file, no process, no bytecode, and a limit to what it may allocate.
//
// One thread at a time.
class State {
 public:
  struct Options {
    size_t memory_limit;
    uint64_t seed;  // of math.random
  };
  explicit State(const Options& options);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // The state that runs a function of ours.
  static State& of(lua_State* lua);

  lua_State* lua() const { return lua_; }
  size_t memory_bytes() const { return memory_.used(); }
  size_t memory_limit() const { return memory_.limit(); }
  void set_memory_limit(size_t limit) { memory_.set_limit(limit); }
  Random& random() { return random_; }

  // ---- The run under way.
  // From begin() to end(); null elsewhere.
  Host* host() const { return host_; }
  void begin(Host& host);
  void end();
  // Gives back some of what is garbage, if there is much. Also from time to time.
  void collect_some();
  // Raises the error that the host has a reason for, if it has one, again and again.
  static void stop(lua_State* lua);
  // A library has made so many bytes, in no time as Lua's instructions tell it: from time to time
  // it is stop().
  void count_bytes(lua_State* lua, size_t bytes) {
    bytes_made_ += bytes;
    if (bytes_made_ < kBytesBetweenLooks) return;
    bytes_made_ = 0;
    stop(lua);
  }
  // redis.setresp().
  protocol::RespVersion resp() const { return resp_; }
  void set_resp(protocol::RespVersion resp) { resp_ = resp; }

  // Sets a global variable, which scripts may read, to the value on top of the stack, and takes it.
  void set_global(Bytes name);
  // Lets scripts see the table on top of the stack, which it takes, in place of the globals; until
  // show_globals().
  void hide_globals();
  void show_globals();

 private:
  static constexpr size_t kBytesBetweenLooks = size_t{64} << 10;

  static void* allocate(void* self, void* block, size_t old_size, size_t new_size) noexcept;
  static void look_up(lua_State* lua, lua_Debug* at);
  void watch(int instructions);

  Memory memory_;
  Random random_;
  size_t live_bytes_ = 0;  // when the collector had gone through all of it
  size_t bytes_made_ = 0;
  lua_State* lua_;
  Host* host_ = nullptr;
  protocol::RespVersion resp_ = protocol::RespVersion::v2;
};

}  // namespace tidemark::server::script
