// What of the library `string` is about patterns: find, match, gmatch and gsub.

#include <algorithm>

#include "server/script/bounded_text.hpp"
#include "server/script/libraries.hpp"
#include "server/script/pattern.hpp"

namespace tidemark::server::script {

namespace {

// A pattern ends at its first zero.
Bytes check_pattern(lua_State* lua, int argument) {
  const Bytes pattern = check_bytes(lua, argument);
  return pattern.substr(0, pattern.find('\0'));
}

// Where to begin: counted from the end where it is negative, and never outside of the text.
size_t start_of(lua_State* lua, int argument, size_t size) {
  const lua_Number wanted = luaL_optnumber(lua, argument, 1);
  const auto length = static_cast<lua_Number>(size);
  const lua_Number from = wanted < 0 ? wanted + length : wanted - 1;
  return from > 0 ? static_cast<size_t>(std::min(from, length)) : 0;
}

bool has_special(Bytes pattern) { return pattern.find_first_of("^$*+?.([%-") != Bytes::npos; }

// The first match at or after `from`. Returns where it begins, or null.
const char* search(PatternMatch& match, Bytes text, Bytes pattern, size_t from, const char*& end) {
  const bool anchored = pattern.starts_with('^');
  const char* const items = pattern.data() + (anchored ? 1 : 0);
  const char* const text_end = text.data() + text.size();
  for (const char* at = text.data() + from; at <= text_end; ++at) {
    end = match.match_at(at, items);
    if (end != nullptr) return at;
    if (anchored) break;
  }
  return nullptr;
}

int push_range(lua_State* lua, size_t begin, size_t end) {
  lua_pushinteger(lua, static_cast<lua_Integer>(begin) + 1);
  lua_pushinteger(lua, static_cast<lua_Integer>(end));
  return 2;
}

int nothing(lua_State* lua) {
  lua_pushnil(lua);
  return 1;
}

int find(lua_State* lua) {
  const Bytes text = check_bytes(lua, 1);
  const Bytes pattern = check_pattern(lua, 2);
  const size_t from = start_of(lua, 3, text.size());
  const bool plain = lua_toboolean(lua, 4) != 0;
  if (plain || !has_special(pattern)) {
    const Bytes part = plain ? check_bytes(lua, 2) : pattern;
    const size_t found = find_plain(text, part, from);
    return found == Bytes::npos ? nothing(lua) : push_range(lua, found, found + part.size());
  }
  PatternMatch match(lua, text, pattern);
  const char* end = nullptr;
  const char* const at = search(match, text, pattern, from, end);
  if (at == nullptr) return nothing(lua);
  const int range = push_range(lua, static_cast<size_t>(at - text.data()),
                               static_cast<size_t>(end - text.data()));
  return range + match.push_captures(nullptr, nullptr);
}

int match_text(lua_State* lua) {
  const Bytes text = check_bytes(lua, 1);
  const Bytes pattern = check_pattern(lua, 2);
  PatternMatch match(lua, text, pattern);
  const char* end = nullptr;
  const char* const at = search(match, text, pattern, start_of(lua, 3, text.size()), end);
  return at == nullptr ? nothing(lua) : match.push_captures(at, end);
}

// The text, the pattern and where to go on are upvalues.
int next_match(lua_State* lua) {
  const Bytes text = bytes_at(lua, lua_upvalueindex(1));
  const Bytes pattern = bytes_at(lua, lua_upvalueindex(2));
  const char* const text_end = text.data() + text.size();
  PatternMatch match(lua, text, pattern);
  const auto from = static_cast<ptrdiff_t>(lua_tointeger(lua, lua_upvalueindex(3)));
  for (const char* at = text.data() + from; at <= text_end; ++at) {
    const char* const end = match.match_at(at, pattern.data());
    if (end == nullptr) continue;
    const ptrdiff_t next = end - text.data() + (end == at ? 1 : 0);
    lua_pushinteger(lua, next);
    lua_replace(lua, lua_upvalueindex(3));
    return match.push_captures(at, end);
  }
  return 0;
}

int gmatch(lua_State* lua) {
  check_bytes(lua, 1);
  const Bytes pattern = check_pattern(lua, 2);
  lua_settop(lua, 1);
  push(lua, pattern);
  lua_pushinteger(lua, 0);
  lua_pushcclosure(lua, next_match, 3);
  return 1;
}

// ---- gsub

constexpr int kReplacement = 3;

// With %0 to %9 for what was matched.
void append_template(lua_State* lua, PatternMatch& match, const char* at, const char* end,
                     BoundedText& text) {
  const Bytes replacement = bytes_at(lua, kReplacement);
  for (size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '%') {
      text.append(replacement[i]);
      continue;
    }
    const char digit = ++i < replacement.size() ? replacement[i] : '\0';
    if (digit < '0' || digit > '9') {
      text.append(digit);
    } else if (digit == '0') {
      text.append({at, static_cast<size_t>(end - at)});
    } else {
      match.push_capture(digit - '1', at, end);
      text.append(bytes_at(lua, -1));
      lua_pop(lua, 1);
    }
  }
}

// Appends what replaces a match.
void append_replacement(lua_State* lua, PatternMatch& match, const char* at, const char* end,
                        BoundedText& text) {
  const Bytes whole(at, static_cast<size_t>(end - at));
  switch (lua_type(lua, kReplacement)) {
    case LUA_TFUNCTION: {
      lua_pushvalue(lua, kReplacement);
      const int arguments = match.push_captures(at, end);
      lua_call(lua, arguments, 1);
      break;
    }
    case LUA_TTABLE:
      match.push_capture(0, at, end);
      lua_gettable(lua, kReplacement);
      break;
    default:
      return append_template(lua, match, at, end, text);
  }
  if (lua_toboolean(lua, -1) == 0) {
    text.append(whole);
  } else if (lua_isstring(lua, -1) != 0) {
    text.append(bytes_at(lua, -1));
  } else {
    luaL_error(lua, "invalid replacement value (a %s)", luaL_typename(lua, -1));
  }
  lua_pop(lua, 1);
}

int gsub(lua_State* lua) {
  const Bytes source = check_bytes(lua, 1);
  const Bytes pattern = check_pattern(lua, 2);
  const int type = lua_type(lua, kReplacement);
  const bool good =
      type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE;
  luaL_argcheck(lua, good, kReplacement, "string/function/table expected");
  const lua_Number most = luaL_optnumber(lua, 4, static_cast<lua_Number>(source.size()) + 1);
  const bool anchored = pattern.starts_with('^');
  const char* const items = pattern.data() + (anchored ? 1 : 0);
  const char* const source_end = source.data() + source.size();

  PatternMatch match(lua, source, pattern);
  BoundedText text(lua);
  const char* at = source.data();
  size_t count = 0;
  while (static_cast<lua_Number>(count) < most) {
    const char* const end = match.match_at(at, items);
    if (end != nullptr) {
      ++count;
      append_replacement(lua, match, at, end, text);
    }
    if (end != nullptr && end > at) {
      at = end;
    } else if (at < source_end) {
      text.append(*at++);
    } else {
      break;
    }
    if (anchored) break;
  }
  text.append({at, static_cast<size_t>(source_end - at)});
  push(lua, text.view());
  lua_pushinteger(lua, static_cast<lua_Integer>(count));
  return 2;
}

constexpr Function kFunctions[] = {
    {"find", find}, {"gfind", gmatch}, {"gmatch", gmatch}, {"gsub", gsub}, {"match", match_text}};

}  // namespace

void add_pattern_functions(lua_State* lua) { set_functions(lua, kFunctions); }

}  // namespace tidemark::server::script
