#pragma once

#include <cstdint>
#include <limits>

namespace tidemark::storage {

// The end of what has none: a moment in milliseconds since the epoch that never comes.
inline constexpr int64_t kForever = std::numeric_limits<int64_t>::max();

// What becomes of a time to live when that which has it (a key, a field of a hash) gets another
// value.
struct Ttl {
  enum class Rule : uint8_t { clear, keep, set };
  Rule rule = Rule::clear;
  int64_t expire_at_ms = 0;

  static Ttl clear() { return {}; }
  static Ttl keep() { return {.rule = Rule::keep}; }
  static Ttl at(int64_t expire_at_ms) { return {.rule = Rule::set, .expire_at_ms = expire_at_ms}; }
};

}  // namespace tidemark::storage
