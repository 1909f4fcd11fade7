#include "storage/base/glob.hpp"

#include <cstddef>
#include <utility>

// Everything in a pattern but '*' consumes exactly one byte. So when a match fails, only the latest
// star need take one byte more: whatever an earlier star could still do, the latest can do as well.
// That turns the usual recursion, which is exponential in the stars, into one loop.

namespace tidemark {
namespace {

unsigned char fold(char c, GlobCase letters) {
  if (letters == GlobCase::ignored && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return static_cast<unsigned char>(c);
}

// Matches `byte` against the set whose first byte after '[' is at `at`, and moves `at` past it.
bool set_matches(Bytes pattern, size_t& at, unsigned char byte, GlobCase letters) {
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  while (at < pattern.size()) {
    const size_t left = pattern.size() - at;
    if (pattern[at] == '\\' && left >= 2) {
      found |= fold(pattern[at + 1], letters) == byte;
      at += 2;
    } else if (pattern[at] == ']') {
      ++at;
      break;
    } else if (left >= 3 && pattern[at + 1] == '-') {
      unsigned char low = fold(pattern[at], letters);
      unsigned char high = fold(pattern[at + 2], letters);
      // The order is judged before case is: "[Z-a]" is a range upwards, whatever it folds to.
      if (static_cast<unsigned char>(pattern[at]) > static_cast<unsigned char>(pattern[at + 2])) {
        std::swap(low, high);
      }
      found |= low <= byte && byte <= high;
      at += 3;
    } else {
      found |= fold(pattern[at], letters) == byte;
      ++at;
    }
  }
  return found != negated;
}

// Matches one byte against the item of the pattern at `at`, which is no star, and moves `at` past
// it.
bool item_matches(Bytes pattern, size_t& at, char c, GlobCase letters) {
  const unsigned char byte = fold(c, letters);
  switch (pattern[at]) {
    case '?':
      ++at;
      return true;
    case '[':
      ++at;
      return set_matches(pattern, at, byte, letters);
    case '\\':
      if (at + 1 < pattern.size()) ++at;
      break;
    default:
      break;
  }
  return fold(pattern[at++], letters) == byte;
}

// Redis, which recurses, gives up here; so the same keys match.
constexpr size_t kStarsMax = 1000;

}  // namespace

bool glob_matches(Bytes pattern, Bytes text, GlobCase letters) {
  constexpr size_t kNone = Bytes::npos;
  size_t at = 0;              // in the pattern
  size_t byte = 0;            // in the text
  size_t after_star = kNone;  // in the pattern, behind the latest star
  size_t star_end = 0;        // in the text, behind what that star has taken
  size_t stars = 0;

  // As in Redis, whose loop is not entered then: not even a star matches it.
  if (text.empty()) return pattern.empty();
  while (byte < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      while (at < pattern.size() && pattern[at] == '*') ++at;
      if (at == pattern.size()) return true;
      if (++stars > kStarsMax) return false;
      after_star = at;
      star_end = byte;
    } else if (at < pattern.size() && item_matches(pattern, at, text[byte], letters)) {
      ++byte;
    } else if (after_star != kNone) {
      at = after_star;
      byte = ++star_end;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace tidemark
