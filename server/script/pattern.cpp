#include "server/script/pattern.hpp"

#include <cctype>
#include <cstring>

#include "server/script/state.hpp"

namespace tidemark::server::script {

namespace {

constexpr char kEscape = '%';
// Levels of recursion: one for each capture and for each repetition that is under way.
constexpr int kDepthMax = 1000;
// How many steps go by before the script is asked whether it may go on.
constexpr uint32_t kSteps = 1U << 16U;

unsigned char byte_of(char c) { return static_cast<unsigned char>(c); }

// Whether the byte is of a class: %a and its like. A capital is the rest of the class.
bool is_of_class(char c, char name) {
  const int byte = byte_of(c);
  bool is = false;
  switch (std::tolower(byte_of(name))) {
    case 'a':
      is = std::isalpha(byte) != 0;
      break;
    case 'c':
      is = std::iscntrl(byte) != 0;
      break;
    case 'd':
      is = std::isdigit(byte) != 0;
      break;
    case 'l':
      is = std::islower(byte) != 0;
      break;
    case 'p':
      is = std::ispunct(byte) != 0;
      break;
    case 's':
      is = std::isspace(byte) != 0;
      break;
    case 'u':
      is = std::isupper(byte) != 0;
      break;
    case 'w':
      is = std::isalnum(byte) != 0;
      break;
    case 'x':
      is = std::isxdigit(byte) != 0;
      break;
    case 'z':
      is = byte == 0;
      break;
    default:
      return name == c;
  }
  return std::isupper(byte_of(name)) != 0 ? !is : is;
}

// Whether the byte is of a set, which begins with '[' and whose ']' is at `set_end`.
bool is_of_set(char c, const char* set, const char* set_end) {
  bool wanted = true;
  if (set[1] == '^') {
    wanted = false;
    ++set;
  }
  while (++set < set_end) {
    if (*set == kEscape) {
      ++set;
      if (is_of_class(c, *set)) return wanted;
    } else if (set[1] == '-' && set + 2 < set_end) {
      if (byte_of(set[0]) <= byte_of(c) && byte_of(c) <= byte_of(set[2])) return wanted;
      set += 2;
    } else if (*set == c) {
      return wanted;
    }
  }
  return !wanted;
}

}  // namespace

size_t find_plain(Bytes text, Bytes part, size_t from) {
  if (part.empty()) return from;
  const void* const found =
      memmem(text.data() + from, text.size() - from, part.data(), part.size());
  if (found == nullptr) return Bytes::npos;
  return static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

void PatternMatch::count_step() {
  if (++steps_ % kSteps == 0) State::stop(lua_);
}

// The end of the item that begins here: a byte, an escape or a set.
const char* PatternMatch::end_of_item(const char* pattern) {
  if (*pattern == kEscape) {
    if (pattern + 1 == pattern_end_) luaL_error(lua_, "malformed pattern (ends with '%%')");
    return pattern + 2;
  }
  if (*pattern != '[') return pattern + 1;
  ++pattern;
  if (pattern < pattern_end_ && *pattern == '^') ++pattern;
  // A ']' that comes first is one of the set.
  do {
    if (pattern >= pattern_end_) luaL_error(lua_, "malformed pattern (missing ']')");
    if (*pattern++ == kEscape && pattern < pattern_end_) ++pattern;
  } while (pattern >= pattern_end_ || *pattern != ']');
  return pattern + 1;
}

bool PatternMatch::is_single(const char* at, const char* pattern, const char* item_end) {
  count_step();
  if (at >= end_) return false;
  switch (*pattern) {
    case '.':
      return true;
    case kEscape:
      return is_of_class(*at, pattern[1]);
    case '[':
      return is_of_set(*at, pattern, item_end - 1);
    default:
      return *pattern == *at;
  }
}

const char* PatternMatch::match(const char* at, const char* pattern) {
  if (++depth_ > kDepthMax) luaL_error(lua_, "pattern too complex");
  while (at != nullptr && pattern != pattern_end_) {
    count_step();
    const bool escaped = *pattern == kEscape && pattern + 1 != pattern_end_;
    if (*pattern == '(') {
      const bool position = pattern + 1 != pattern_end_ && pattern[1] == ')';
      at = position ? begin_capture(at, pattern + 2, kPosition)
                    : begin_capture(at, pattern + 1, kUnfinished);
      break;
    }
    if (*pattern == ')') {
      at = end_capture(at, pattern + 1);
      break;
    }
    if (*pattern == '$' && pattern + 1 == pattern_end_) {
      if (at != end_) at = nullptr;
      break;
    }
    if (escaped && pattern[1] == 'b') {
      at = match_balanced(at, pattern + 2);
      pattern += 4;
      continue;
    }
    if (escaped && pattern[1] == 'f') {
      pattern += 2;
      if (pattern == pattern_end_ || *pattern != '[') {
        luaL_error(lua_, "missing '[' after '%%f' in pattern");
      }
      const char* const set_end = end_of_item(pattern);
      if (!is_at_frontier(at, pattern, set_end - 1)) at = nullptr;
      pattern = set_end;
      continue;
    }
    if (escaped && std::isdigit(byte_of(pattern[1])) != 0) {
      at = match_back(at, pattern[1]);
      pattern += 2;
      continue;
    }
    const char* const item_end = end_of_item(pattern);
    const char suffix = item_end == pattern_end_ ? '\0' : *item_end;
    if (suffix == '?' || suffix == '*' || suffix == '+' || suffix == '-') {
      at = match_item(at, pattern, item_end);
      break;
    }
    at = is_single(at, pattern, item_end) ? at + 1 : nullptr;
    pattern = item_end;
  }
  --depth_;
  return at;
}

// An item with a suffix that says how often it comes, and what is behind both.
const char* PatternMatch::match_item(const char* at, const char* pattern, const char* item_end) {
  switch (*item_end) {
    case '?': {
      if (is_single(at, pattern, item_end)) {
        const char* const end = match(at + 1, item_end + 1);
        if (end != nullptr) return end;
      }
      return match(at, item_end + 1);
    }
    case '+':
      return is_single(at, pattern, item_end) ? match_many(at + 1, pattern, item_end) : nullptr;
    case '*':
      return match_many(at, pattern, item_end);
    default:
      return match_few(at, pattern, item_end);
  }
}

const char* PatternMatch::match_many(const char* at, const char* pattern, const char* item_end) {
  ptrdiff_t count = 0;
  while (is_single(at + count, pattern, item_end)) ++count;
  for (; count >= 0; --count) {
    const char* const end = match(at + count, item_end + 1);
    if (end != nullptr) return end;
  }
  return nullptr;
}

const char* PatternMatch::match_few(const char* at, const char* pattern, const char* item_end) {
  for (;;) {
    const char* const end = match(at, item_end + 1);
    if (end != nullptr) return end;
    if (!is_single(at, pattern, item_end)) return nullptr;
    ++at;
  }
}

// %bxy: from an x to the y that belongs to it.
const char* PatternMatch::match_balanced(const char* at, const char* pattern) {
  if (pattern_end_ - pattern < 2) luaL_error(lua_, "unbalanced pattern");
  if (at >= end_ || *at != pattern[0]) return nullptr;
  size_t open = 1;
  while (++at < end_) {
    count_step();
    if (*at == pattern[1]) {
      if (--open == 0) return at + 1;
    } else if (*at == pattern[0]) {
      ++open;
    }
  }
  return nullptr;
}

bool PatternMatch::is_at_frontier(const char* at, const char* set, const char* set_end) const {
  const char before = at == begin_ ? '\0' : at[-1];
  const char here = at == end_ ? '\0' : *at;
  return !is_of_set(before, set, set_end) && is_of_set(here, set, set_end);
}

// %1: what was captured before.
const char* PatternMatch::match_back(const char* at, char index) {
  const int capture = index - '1';
  if (capture < 0 || capture >= captures_ ||
      capture_[static_cast<size_t>(capture)].size == kUnfinished) {
    luaL_error(lua_, "invalid capture index");
  }
  const Capture& before = capture_[static_cast<size_t>(capture)];
  // A position has no bytes.
  const ptrdiff_t size = before.size == kPosition ? PTRDIFF_MAX : before.size;
  if (end_ - at < size || std::memcmp(before.begin, at, static_cast<size_t>(size)) != 0) {
    return nullptr;
  }
  return at + size;
}

const char* PatternMatch::begin_capture(const char* at, const char* pattern, ptrdiff_t size) {
  if (captures_ >= kCapturesMax) luaL_error(lua_, "too many captures");
  capture_[static_cast<size_t>(captures_++)] = {.begin = at, .size = size};
  const char* const end = match(at, pattern);
  if (end == nullptr) --captures_;
  return end;
}

int PatternMatch::capture_to_close() {
  for (int i = captures_; i > 0; --i) {
    if (capture_[static_cast<size_t>(i - 1)].size == kUnfinished) return i - 1;
  }
  return luaL_error(lua_, "invalid pattern capture");
}

const char* PatternMatch::end_capture(const char* at, const char* pattern) {
  Capture& capture = capture_[static_cast<size_t>(capture_to_close())];
  capture.size = at - capture.begin;
  const char* const end = match(at, pattern);
  if (end == nullptr) capture.size = kUnfinished;
  return end;
}

// ---- What was captured.

void PatternMatch::push_capture(int index, const char* at, const char* end) {
  if (index >= captures_) {
    if (index != 0) luaL_error(lua_, "invalid capture index");
    return push(lua_, {at, static_cast<size_t>(end - at)});
  }
  const Capture& capture = capture_[static_cast<size_t>(index)];
  if (capture.size == kUnfinished) luaL_error(lua_, "unfinished capture");
  if (capture.size == kPosition) return lua_pushinteger(lua_, capture.begin - begin_ + 1);
  push(lua_, {capture.begin, static_cast<size_t>(capture.size)});
}

int PatternMatch::push_captures(const char* at, const char* end) {
  const int count = captures_ == 0 && at != nullptr ? 1 : captures_;
  luaL_checkstack(lua_, count, "too many captures");
  for (int i = 0; i < count; ++i) push_capture(i, at, end);
  return count;
}

}  // namespace tidemark::server::script
