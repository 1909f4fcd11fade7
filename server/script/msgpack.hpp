#pragma once

#include "server/script/bounded_text.hpp"
#include "server/script/lua.hpp"

// MessagePack (https://github.com/msgpack/msgpack/blob/master/spec-old.md), as far as lua-cmsgpack
// has it: without binary strings and extensions.

namespace tidemark::server::script {

// Appends the value on top of the stack, and takes it. What is nested deeper than 16 tables, and
// what MessagePack has no type for, is nil.
void write_msgpack(lua_State* lua, BoundedText& text);

// Reads values one after the other; raises errors where there is none.
class MsgpackReader {
 public:
  MsgpackReader(lua_State* lua, Bytes bytes) : lua_(lua), rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  size_t left() const { return rest_.size(); }
  // Pushes the next value.
  void read();

 private:
  Bytes take(size_t bytes);
  uint64_t take_number(size_t bytes);
  void read_fixed(unsigned type);
  void read_string(size_t bytes) { push(lua_, take(bytes)); }
  void read_array(uint64_t items);
  void read_map(uint64_t pairs);

  lua_State* lua_;
  Bytes rest_;
};

}  // namespace tidemark::server::script
