#pragma once

#include <algorithm>
#include <string>

#include "storage/base/bytes.hpp"

// The case of letters, which only those of ASCII have here.

namespace tidemark {

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

inline std::string lower_case(Bytes text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

// Whether two words are equal but for the case of their letters.
inline bool equals_nocase(Bytes a, Bytes b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace tidemark
