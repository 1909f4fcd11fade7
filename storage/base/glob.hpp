#pragma once

#include "storage/base/bytes.hpp"

namespace tidemark {

enum class GlobCase { exact, ignored };

// Whether all of `text` matches `pattern`, by the rules of KEYS, SCAN and PSUBSCRIBE:
//   *       any bytes, also none           ?       any one byte
//   [abc]   one of these; [a-c] a range (either way round); [^a] none of these; a set that is never
//           closed ends with the pattern
//   \x      x itself; a backslash at the very end stands for itself
// Bytes are bytes: there are no characters of several bytes, and only ASCII has case.
// Nothing matches a pattern once more than 1000 stars of it, runs counted once, have to be
// followed. Costs at most O(pattern * text), also for patterns made to hurt such as "a*a*a*a*b".
bool glob_matches(Bytes pattern, Bytes text, GlobCase letters = GlobCase::exact);

}  // namespace tidemark
