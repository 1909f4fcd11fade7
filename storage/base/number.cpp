#include "storage/base/number.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace tidemark {
namespace {

// A longer text cannot be a number that anybody meant; Redis draws the line at the same place.
constexpr size_t kFloatTextMax = 5 * 1024;

// "00" "01" ... "99": two digits a division instead of one.
constexpr std::array<char, 200> kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

int digit_count(uint64_t value) {
  int digits = 1;
  for (;;) {
    if (value < 10) return digits;
    if (value < 100) return digits + 1;
    if (value < 1000) return digits + 2;
    if (value < 10000) return digits + 3;
    value /= 10000;
    digits += 4;
  }
}

// strtod and strtold want a terminating zero, which views do not have.
template <typename Float>
std::optional<Float> parse_with_c_library(Bytes text, Float (*convert)(const char*, char**)) {
  if (text.empty() || text.size() >= kFloatTextMax) return std::nullopt;
  if (std::strchr(" \t\n\v\f\r", text.front()) != nullptr) return std::nullopt;
  std::array<char, kFloatTextMax> copy;
  text.copy(copy.data(), text.size());
  copy[text.size()] = '\0';

  char* end = nullptr;
  errno = 0;
  const Float value = convert(copy.data(), &end);
  if (end != copy.data() + text.size()) return std::nullopt;
  // A subnormal result sets ERANGE too, but it is the number that was asked for.
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
  if (std::isnan(value)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<uint64_t> parse_uint64(Bytes text) {
  if (text.empty() || text.size() > kInt64CharsMax) return std::nullopt;
  if (text.front() == '0' && text.size() > 1) return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
    if (digit > 9) return std::nullopt;
    if (__builtin_mul_overflow(value, uint64_t{10}, &value)) return std::nullopt;
    if (__builtin_add_overflow(value, uint64_t{digit}, &value)) return std::nullopt;
  }
  return value;
}

std::optional<int64_t> parse_int64(Bytes text) {
  if (text.empty()) return std::nullopt;
  const bool negative = text.front() == '-';
  const std::optional<uint64_t> magnitude = parse_uint64(text.substr(negative ? 1 : 0));
  if (!magnitude) return std::nullopt;
  if (!negative) {
    if (*magnitude > uint64_t{std::numeric_limits<int64_t>::max()}) return std::nullopt;
    return static_cast<int64_t>(*magnitude);
  }
  if (*magnitude == 0 || *magnitude > uint64_t{1} << 63) return std::nullopt;
  return static_cast<int64_t>(0 - *magnitude);
}

std::optional<double> parse_double(Bytes text) {
  // from_chars is several times faster, but knows neither a plus sign nor hexadecimal prefixes, and
  // does not tell overflow from a vanished value.
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) {
    if (std::isnan(value)) return std::nullopt;
    return value;
  }
  return parse_with_c_library<double>(text, &std::strtod);
}

std::optional<long double> parse_long_double(Bytes text) {
  return parse_with_c_library<long double>(text, &std::strtold);
}

char* internal::format_long_uint64(char* to, uint64_t value) {
  char* const end = to + digit_count(value);
  char* at = end;
  for (; value >= 100; value /= 100) {
    at -= 2;
    std::memcpy(at, &kDigitPairs[2 * (value % 100)], 2);
  }
  if (value >= 10) {
    std::memcpy(at - 2, &kDigitPairs[2 * value], 2);
  } else {
    at[-1] = static_cast<char>('0' + value);
  }
  return end;
}

char* format_double(char* to, double value) {
  const auto put = [to](Bytes text) { return std::copy(text.begin(), text.end(), to); };
  if (std::isnan(value)) return put("nan");
  if (std::isinf(value)) return put(value < 0 ? "-inf" : "inf");
  // Scores are mostly integers, and those have a much faster way. Up to here each is exact.
  constexpr double kExact = 4503599627370496.0;  // 2^52
  if (value > -kExact && value < kExact && !(value == 0 && std::signbit(value))) {
    const auto integer = static_cast<int64_t>(value);
    if (static_cast<double>(integer) == value) return format_int64(to, integer);
  }
  return std::to_chars(to, to + kDoubleCharsMax, value, std::chars_format::general, 17).ptr;
}

std::string to_text(int64_t value) {
  std::array<char, kInt64CharsMax> text;
  return std::string(text.data(), format_int64(text.data(), value));
}

std::string to_text(double value) {
  std::array<char, kDoubleCharsMax> text;
  return std::string(text.data(), format_double(text.data(), value));
}

std::string to_fixed_text(long double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::array<char, kFloatTextMax> buffer;
  const int size = std::snprintf(buffer.data(), buffer.size(), "%.17Lf", value);
  std::string text(buffer.data(), static_cast<size_t>(size));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

}  // namespace tidemark
