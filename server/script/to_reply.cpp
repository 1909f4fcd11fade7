#include "server/script/to_reply.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "protocol/encode.hpp"

namespace tidemark::server::script {

namespace {

using protocol::Reply;
using protocol::RespVersion;

// Towards zero. What an integer has no room for is the least one, as on Redis's machines.
int64_t to_integer(lua_Number number) {
  constexpr auto kLeast = std::numeric_limits<int64_t>::min();
  const bool fits = number >= -9223372036854775808.0 && number < 9223372036854775808.0;
  return fits ? static_cast<int64_t>(number) : kLeast;
}

// In a line of the wire, whoever sends line ends would end it.
std::string one_line(Bytes text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
  return line;
}

// Tables in tables: each level takes some of the thread's own stack, more so under a sanitizer.
constexpr size_t kDepthMax = 1000;

class Writer {
 public:
  Writer(lua_State* lua, const ReplyForm& form, protocol::Output& out)
      : lua_(lua), form_(form), out_(out), begin_(out.size()) {}

  // Takes the value on top of the stack.
  void write_value();
  bool too_long() const { return too_long_; }

 private:
  void write_boolean();
  void write_table();
  void write_array();
  void write_map();
  void write_set();
  // False where that lacks a part: then it means nothing.
  bool write_verbatim();
  // Pushes the field of the table on top of the stack, where it is of that type; else nothing.
  bool push_field(Bytes name, int type);
  bool ran_over() {
    too_long_ = too_long_ || out_.size() - begin_ > form_.bytes_max;
    return too_long_;
  }

  lua_State* lua_;
  const ReplyForm& form_;
  protocol::Output& out_;
  const size_t begin_;
  bool too_long_ = false;
  size_t depth_ = 0;
};

void Writer::write_value() {
  if (ran_over()) return lua_pop(lua_, 1);
  if (depth_ == kDepthMax || lua_checkstack(lua_, 4) == 0) {
    protocol::write_text(out_, '-', "ERR reached lua stack limit");
    return lua_pop(lua_, 1);
  }
  ++depth_;
  switch (lua_type(lua_, -1)) {
    case LUA_TSTRING:
      protocol::write_bulk(out_, bytes_at(lua_, -1));
      break;
    case LUA_TBOOLEAN:
      write_boolean();
      break;
    case LUA_TNUMBER:
      protocol::write_integer(out_, to_integer(lua_tonumber(lua_, -1)));
      break;
    case LUA_TTABLE:
      write_table();
      break;
    default:
      protocol::write_null(out_, form_.client);
      break;
  }
  --depth_;
  lua_pop(lua_, 1);
}

void Writer::write_boolean() {
  const bool value = lua_toboolean(lua_, -1) != 0;
  if (form_.script == RespVersion::v3) return protocol::write_boolean(out_, form_.client, value);
  if (value) return protocol::write_integer(out_, 1);
  protocol::write_null(out_, form_.client);
}

bool Writer::push_field(Bytes name, int type) {
  raw_get_field(lua_, -1, name);
  if (lua_type(lua_, -1) == type) return true;
  lua_pop(lua_, 1);
  return false;
}

void Writer::write_table() {
  if (push_field("err", LUA_TSTRING)) {
    protocol::write_text(out_, '-', one_line(bytes_at(lua_, -1)));
  } else if (push_field("ok", LUA_TSTRING)) {
    protocol::write_text(out_, '+', one_line(bytes_at(lua_, -1)));
  } else if (push_field("double", LUA_TNUMBER)) {
    protocol::write_real(out_, form_.client, lua_tonumber(lua_, -1));
  } else if (push_field("map", LUA_TTABLE)) {
    write_map();
  } else if (push_field("set", LUA_TTABLE)) {
    write_set();
  } else if (push_field("big_number", LUA_TSTRING)) {
    protocol::encode(Reply::big_number(one_line(bytes_at(lua_, -1))), form_.client, out_);
  } else if (push_field("verbatim_string", LUA_TTABLE)) {
    if (!write_verbatim()) {
      lua_pop(lua_, 1);
      return write_array();
    }
  } else {
    return write_array();
  }
  lua_pop(lua_, 1);
}

void Writer::write_array() {
  // Up to the first that is not there.
  size_t count = 0;
  for (bool more = true; more;) {
    lua_rawgeti(lua_, -1, static_cast<int>(count) + 1);
    more = !lua_isnil(lua_, -1);
    if (more) ++count;
    lua_pop(lua_, 1);
  }
  protocol::write_array_header(out_, count);
  for (size_t i = 1; i <= count; ++i) {
    lua_rawgeti(lua_, -1, static_cast<int>(i));
    write_value();
    if (too_long_) return;
  }
}

size_t count_entries(lua_State* lua) {
  size_t count = 0;
  for (lua_pushnil(lua); lua_next(lua, -2) != 0; lua_pop(lua, 1)) ++count;
  return count;
}

void Writer::write_map() {
  protocol::write_map_header(out_, form_.client, count_entries(lua_));
  for (lua_pushnil(lua_); lua_next(lua_, -2) != 0;) {
    lua_pushvalue(lua_, -2);
    write_value();
    write_value();
    if (too_long_) return lua_pop(lua_, 1);
  }
}

void Writer::write_set() {
  protocol::write_set_header(out_, form_.client, count_entries(lua_));
  for (lua_pushnil(lua_); lua_next(lua_, -2) != 0;) {
    lua_pop(lua_, 1);
    lua_pushvalue(lua_, -1);
    write_value();
    if (too_long_) return lua_pop(lua_, 1);
  }
}

bool Writer::write_verbatim() {
  raw_get_field(lua_, -1, "format");
  raw_get_field(lua_, -2, "string");
  const bool whole = lua_type(lua_, -1) == LUA_TSTRING && lua_type(lua_, -2) == LUA_TSTRING;
  if (whole) {
    std::string format(bytes_at(lua_, -2));
    format.resize(3, ' ');
    protocol::encode(Reply::verbatim(format, bytes_at(lua_, -1)), form_.client, out_);
  }
  lua_pop(lua_, 2);
  return whole;
}

}  // namespace

bool write_reply(lua_State* lua, const ReplyForm& form, protocol::Output& out, bool& counted) {
  bool is_error = false;
  if (lua_istable(lua, -1)) {
    raw_get_field(lua, -1, "err");
    is_error = lua_type(lua, -1) == LUA_TSTRING;
    raw_get_field(lua, -2, "ignore_error_stats_update");
    counted = is_error && lua_toboolean(lua, -1) != 0;
    lua_pop(lua, 2);
  }
  protocol::Output reply;
  Writer writer(lua, form, reply);
  writer.write_value();
  if (writer.too_long()) {
    reply.clear();
    protocol::write_text(reply, '-', "ERR the script's reply is too long");
    is_error = true;
  }
  out.append(reply.view());
  return !is_error;
}

}  // namespace tidemark::server::script
