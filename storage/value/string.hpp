#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "storage/base/bytes.hpp"
#include "storage/base/result.hpp"

// What commands compute from strings, as pure functions. Where strings are kept and changed in
// place, see storage/keyspace/string_edit.hpp.
namespace tidemark::storage {

// GETRANGE: from `start` to `end`, both included, negative ones counted from the end; empty where
// that leaves nothing.
Bytes get_range(Bytes text, int64_t start, int64_t end);

// The sum, or overflow; of a text, also not_an_integer.
Result<int64_t> add(int64_t value, int64_t delta);
Result<int64_t> add(Bytes text, int64_t delta);
// The sum as INCRBYFLOAT answers it: up to 17 decimals, no trailing zeros, no exponent.
// not_a_float, or nan_or_infinity.
Result<std::string> add_float(Bytes text, long double delta);

// XXH3, 64 bits: the same for the same text on every server.
uint64_t digest(Bytes text);

// A common run of two strings. Ends are included, as in LCS's reply.
struct CommonRun {
  size_t a_start = 0;
  size_t a_end = 0;
  size_t b_start = 0;
  size_t b_end = 0;
  size_t length() const { return a_end - a_start + 1; }
};

struct CommonSubsequence {
  std::string text;             // for plain LCS
  size_t length = 0;            // also for LEN
  std::vector<CommonRun> runs;  // for IDX: from the end of the strings to their start
};

// What lcs() is asked for: the rest stays empty.
enum class LcsWant : uint8_t { length, text, runs };

// The longest common subsequence, by Redis's choice among equally long ones. O(a * b) in time and
// in memory (4 bytes each; for `length` two rows only). out_of_memory beyond `table_bytes_max`.
// Runs shorter than `run_length_min` are left out.
Result<CommonSubsequence> lcs(Bytes a, Bytes b, LcsWant want, size_t run_length_min = 0,
                              size_t table_bytes_max = size_t{1} << 29);

}  // namespace tidemark::storage
