#pragma once

#include <string>
#include <utility>

#include "server/script/lua.hpp"
#include "server/script/state.hpp"

namespace tidemark::server::script {

// Bytes that a library makes for a script, which may have as many as Lua may have memory: a table
// that names the same long string a million times is small. And as long as the script may run.
class BoundedText {
 public:
  explicit BoundedText(lua_State* lua)
      : lua_(lua), state_(State::of(lua)), limit_(state_.memory_limit()) {}

  void append(Bytes bytes) {
    if (bytes.size() > limit_ - text_.size()) luaL_error(lua_, "not enough memory");
    text_.append(bytes);
    state_.count_bytes(lua_, bytes.size());
  }
  void append(char byte) { append(Bytes(&byte, 1)); }
  void append_zeros(size_t count) {
    if (count > limit_ - text_.size()) luaL_error(lua_, "not enough memory");
    text_.append(count, '\0');
    state_.count_bytes(lua_, count);
  }

  Bytes view() const { return text_; }
  size_t size() const { return text_.size(); }
  void clear() { text_.clear(); }

 private:
  lua_State* lua_;
  State& state_;
  const size_t limit_;
  std::string text_;
};

}  // namespace tidemark::server::script
