#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "storage/base/bytes.hpp"

// Numbers as text, by the rules that Redis clients rely on. REQUIRES: the locale "C" that a process
// starts with.

namespace tidemark {

// The whole of `text` as a decimal integer in its one canonical spelling: no sign but '-', no
// leading zero, no "-0", no blanks. What this accepts, format_int64 gives back byte by byte, which
// is why a value may be stored as the integer it spells.
std::optional<int64_t> parse_int64(Bytes text);
std::optional<uint64_t> parse_uint64(Bytes text);

// The whole of `text` as a floating-point number: decimal, hexadecimal, "inf" and "infinity" with
// either sign. Refuses blanks, NaN, and what overflows or vanishes to zero.
std::optional<double> parse_double(Bytes text);
std::optional<long double> parse_long_double(Bytes text);

inline constexpr size_t kInt64CharsMax = 20;
inline constexpr size_t kDoubleCharsMax = 32;

// Room for an integer's text, for whoever gives out texts that may be kept as integers.
using IntegerText = std::array<char, 24>;

// Writes the decimal digits at `to` and returns the end of what was written. REQUIRES: room for
// kInt64CharsMax bytes. No terminating zero.
char* format_int64(char* to, int64_t value);
char* format_uint64(char* to, uint64_t value);

namespace internal {
char* format_long_uint64(char* to, uint64_t value);  // REQUIRES: 100 or more
}

// As printf's "%.17g": "3", "0.10000000000000001", "1e+21", "inf", "-inf", "nan", "-0". It parses
// back to the same double. Redis 7.2 answers with the shortest text that does ("0.1"); tests and
// programs written for 7.0 compare texts, and those for 7.2 compare numbers, so the longer one
// serves both. REQUIRES: room for kDoubleCharsMax.
char* format_double(char* to, double value);

std::string to_text(int64_t value);
std::string to_text(double value);

// Fixed notation with at most 17 decimals and no trailing zeros, as INCRBYFLOAT and GEOPOS answer:
// never an exponent, so the text can be thousands of bytes long. "-0" is "0".
std::string to_fixed_text(long double value);

// Inline for the one and two digits that most lengths and counts have.
inline char* format_uint64(char* to, uint64_t value) {
  if (value >= 100) return internal::format_long_uint64(to, value);
  if (value >= 10) *to++ = static_cast<char>('0' + value / 10);
  *to = static_cast<char>('0' + value % 10);
  return to + 1;
}

inline char* format_int64(char* to, int64_t value) {
  if (value >= 0) return format_uint64(to, static_cast<uint64_t>(value));
  *to = '-';
  return format_uint64(to + 1, 0 - static_cast<uint64_t>(value));
}

}  // namespace tidemark
