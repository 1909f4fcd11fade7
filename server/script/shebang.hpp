#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/base/bytes.hpp"

namespace tidemark::server::script {

// What a script or a function says of itself.
enum class ScriptFlag : uint8_t {
  none = 0,
  no_writes = 1U << 0,
  allow_oom = 1U << 1,
  allow_stale = 1U << 2,
  no_cluster = 1U << 3,
  allow_cross_slot_keys = 1U << 4,
  // It says nothing, as scripts before Redis 7: what it may do is asked of each command.
  unsaid = 1U << 5,
};
constexpr ScriptFlag operator|(ScriptFlag a, ScriptFlag b) {
  return static_cast<ScriptFlag>(static_cast<uint8_t>(a) | static_cast<uint8_t>(b));
}
constexpr bool has(ScriptFlag set, ScriptFlag flag) {
  return (static_cast<uint8_t>(set) & static_cast<uint8_t>(flag)) != 0;
}

// By its name: "no-writes".
std::optional<ScriptFlag> find_flag(Bytes name);
// The names of those that are set.
std::vector<Bytes> names_of(ScriptFlag flags);

// The first line of code that begins with "#!". What follows it keeps its line end, so that lines
// count as they are written.
struct FirstLine {
  std::vector<std::string> words;  // none where quotes do not match
  Bytes rest;
};
// Nothing where there is no such line; false in `whole` where it does not end.
std::optional<FirstLine> read_first_line(Bytes code, bool& whole);

// What a script for EVAL is: its flags, and the Lua in it.
struct Script {
  ScriptFlag flags = ScriptFlag::unsaid;
  Bytes code;
  std::string error;  // what is wrong with its first line, with a code
};
Script read_script(Bytes body);

}  // namespace tidemark::server::script
