#include "server/script/from_reply.hpp"

#include <charconv>
#include <cstdlib>
#include <string>

#include "server/script/error_object.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server::script {

namespace {

constexpr Bytes kLineEnd = "\r\n";

// What is left of the wire.
class Reader {
 public:
  explicit Reader(Bytes wire) : rest_(wire) {}

  char type() {
    ENSURE(!rest_.empty());
    const char type = rest_.front();
    rest_.remove_prefix(1);
    return type;
  }
  Bytes line() {
    const size_t end = rest_.find(kLineEnd);
    ENSURE(end != Bytes::npos);
    const Bytes line = rest_.substr(0, end);
    rest_.remove_prefix(end + kLineEnd.size());
    return line;
  }
  int64_t integer() {
    const Bytes digits = line();
    int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }
  Bytes body(size_t bytes) {
    ENSURE(rest_.size() >= bytes + kLineEnd.size());
    const Bytes body = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes + kLineEnd.size());
    return body;
  }

 private:
  Bytes rest_;
};

void push_item(lua_State* lua, Reader& reader);

// Pushes a table whose one field is the value on top of the stack, which it takes.
void wrap(lua_State* lua, Bytes name) {
  lua_createtable(lua, 0, 1);
  lua_insert(lua, -2);
  raw_set_field(lua, -2, name);
}

void push_bulk(lua_State* lua, Reader& reader) {
  const int64_t size = reader.integer();
  if (size < 0) return lua_pushboolean(lua, 0);
  push(lua, reader.body(static_cast<size_t>(size)));
}

void push_array(lua_State* lua, Reader& reader) {
  const int64_t count = reader.integer();
  if (count < 0) return lua_pushboolean(lua, 0);
  lua_createtable(lua, static_cast<int>(count), 0);
  for (int64_t i = 1; i <= count; ++i) {
    push_item(lua, reader);
    lua_rawseti(lua, -2, static_cast<int>(i));
  }
}

void push_map(lua_State* lua, Reader& reader) {
  const int64_t pairs = reader.integer();
  lua_createtable(lua, 0, static_cast<int>(pairs));
  for (int64_t i = 0; i < pairs; ++i) {
    push_item(lua, reader);
    push_item(lua, reader);
    lua_rawset(lua, -3);
  }
  wrap(lua, "map");
}

void push_set(lua_State* lua, Reader& reader) {
  const int64_t count = reader.integer();
  lua_createtable(lua, 0, static_cast<int>(count));
  for (int64_t i = 0; i < count; ++i) {
    push_item(lua, reader);
    lua_pushboolean(lua, 1);
    lua_rawset(lua, -3);
  }
  wrap(lua, "set");
}

void push_verbatim(lua_State* lua, Reader& reader) {
  const Bytes body = reader.body(static_cast<size_t>(reader.integer()));
  lua_createtable(lua, 0, 2);
  push(lua, body.substr(0, 3));
  raw_set_field(lua, -2, "format");
  push(lua, body.substr(4));
  raw_set_field(lua, -2, "string");
  wrap(lua, "verbatim_string");
}

// What the reply behind it is said to be, which scripts are not told.
void push_behind_attribute(lua_State* lua, Reader& reader) {
  for (int64_t left = reader.integer() * 2; left > 0; --left) {
    push_item(lua, reader);
    lua_pop(lua, 1);
  }
  push_item(lua, reader);
}

void push_line(lua_State* lua, Reader& reader, Bytes name) {
  push(lua, reader.line());
  wrap(lua, name);
}

// Our replies are some levels deep at most.
void push_item(lua_State* lua, Reader& reader) {
  luaL_checkstack(lua, 6, "the reply is nested too deep");
  switch (reader.type()) {
    case '+':
      return push_line(lua, reader, "ok");
    case '-':
      return push_counted_error(lua, reader.line());
    case ':':
      return lua_pushnumber(lua, static_cast<lua_Number>(reader.integer()));
    case '$':
      return push_bulk(lua, reader);
    case '*':
    case '>':
      return push_array(lua, reader);
    case '%':
      return push_map(lua, reader);
    case '~':
      return push_set(lua, reader);
    case '_':
      reader.line();
      return lua_pushnil(lua);
    case '#':
      return lua_pushboolean(lua, static_cast<int>(reader.line() == "t"));
    case ',':
      lua_pushnumber(lua, std::strtod(std::string(reader.line()).c_str(), nullptr));
      return wrap(lua, "double");
    case '(':
      return push_line(lua, reader, "big_number");
    case '=':
      return push_verbatim(lua, reader);
    case '|':
      return push_behind_attribute(lua, reader);
    default:
      ENSURE(false);
  }
}

}  // namespace

void push_reply(lua_State* lua, Bytes wire) {
  Reader reader(wire);
  push_item(lua, reader);
}

}  // namespace tidemark::server::script
