#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "server/script/lua.hpp"

namespace tidemark::server::script {

// Lua's patterns (https://www.lua.org/manual/5.1/manual.html#5.4.1).
//
// Lua's own matcher goes back and forth for hours where a pattern is made for that, and as deep
// into the machine's stack as the pattern is long. This one asks now and then whether the script
// may go on, and has a limit to its depth.
class PatternMatch {
 public:
  static constexpr int kCapturesMax = 32;

  // Both must outlive it. A pattern ends at its first zero.
  PatternMatch(lua_State* lua, Bytes text, Bytes pattern)
      : lua_(lua),
        text_(text),
        begin_(text.data()),
        end_(text.data() + text.size()),
        pattern_end_(pattern.data() + pattern.size()) {}

  // Matches `pattern`, which is the rest of the one it was made with, at this very place of the
  // text. Returns the end of what matches, or null. Raises errors of Lua.
  const char* match_at(const char* at, const char* pattern) {
    captures_ = 0;
    depth_ = 0;
    return match(at, pattern);
  }

  // ---- Of the last match, which began at `at` and ended at `end`.
  int captures() const { return captures_; }
  // Pushes the captures; what matched as a whole where there are none, unless `at` is null. Returns
  // how many that is.
  int push_captures(const char* at, const char* end);
  // Pushes one of them, counted from 0; the whole match is the first where there are none.
  void push_capture(int index, const char* at, const char* end);

 private:
  static constexpr ptrdiff_t kUnfinished = -1;
  static constexpr ptrdiff_t kPosition = -2;
  struct Capture {
    const char* begin;
    ptrdiff_t size;
  };

  const char* match(const char* at, const char* pattern);
  const char* match_item(const char* at, const char* pattern, const char* item_end);
  const char* match_many(const char* at, const char* pattern, const char* item_end);
  const char* match_few(const char* at, const char* pattern, const char* item_end);
  const char* match_balanced(const char* at, const char* pattern);
  const char* match_back(const char* at, char index);
  const char* begin_capture(const char* at, const char* pattern, ptrdiff_t size);
  const char* end_capture(const char* at, const char* pattern);
  bool is_at_frontier(const char* at, const char* set, const char* set_end) const;
  bool is_single(const char* at, const char* pattern, const char* item_end);
  const char* end_of_item(const char* pattern);
  int capture_to_close();
  void count_step();

  lua_State* lua_;
  Bytes text_;
  const char* begin_;
  const char* end_;
  const char* pattern_end_;
  std::array<Capture, kCapturesMax> capture_;
  int captures_ = 0;
  int depth_ = 0;
  uint32_t steps_ = 0;
};

// Where `part` is in the text, from `from` on; npos where it is not.
size_t find_plain(Bytes text, Bytes part, size_t from);

}  // namespace tidemark::server::script
