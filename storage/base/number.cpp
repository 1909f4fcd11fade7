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

constexpr uint64_t kEightDigits = 100'000'000;

int digit_count(uint64_t value) {
  static constexpr std::array<uint64_t, 20> kPowers = [] {
    std::array<uint64_t, 20> powers{};
    uint64_t power = 1;
    for (uint64_t& each : powers) {
      each = power;
      power *= 10;
    }
    return powers;
  }();
  // 1233 / 4096 is the logarithm of 2 to base 10, a little less than enough for 64 bits.
  const int bits = 64 - __builtin_clzll(value | 1);
  const int digits = (bits * 1233) >> 12;
  return digits + (value >= kPowers[static_cast<size_t>(digits)] ? 1 : 0);
}

void put_pair(char* to, uint64_t value) { std::memcpy(to, &kDigitPairs[2 * value], 2); }

// The value of eight digits, or nothing where one of them is none; all at once, in one word.
std::optional<uint64_t> parse_eight(const char* at) {
  uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  // A digit's high half is 3, and is still when 6 is added.
  constexpr uint64_t kHigh = 0xf0f0f0f0f0f0f0f0;
  constexpr uint64_t kThrees = 0x3030303030303030;
  if ((word & kHigh) != kThrees || ((word + 0x0606060606060606) & kHigh) != kThrees) {
    return std::nullopt;
  }
  // Neighbours are joined: digits to pairs, pairs to fours, fours to eight. The first is lowest.
  word = ((word & 0x0f0f0f0f0f0f0f0f) * (256 * 10 + 1)) >> 8;
  word = ((word & 0x00ff00ff00ff00ff) * (65536 * 100 + 1)) >> 16;
  return ((word & 0x0000ffff0000ffff) * (4294967296 * 10000 + 1)) >> 32;
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
  // Ids have up to nineteen digits, and a command names several.
  const char* at = text.data();
  const char* const end = at + text.size();
  uint64_t value = 0;
  for (; end - at >= 8; at += 8) {
    const std::optional<uint64_t> eight = parse_eight(at);
    if (!eight) return std::nullopt;
    value = value * kEightDigits + *eight;
  }
  for (; at != end; ++at) {
    const unsigned digit = static_cast<unsigned char>(*at) - unsigned{'0'};
    if (digit > 9) return std::nullopt;
    // Only the twentieth digit can be too much.
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
  while (value >= kEightDigits) {
    const auto eight = static_cast<uint32_t>(value % kEightDigits);
    value /= kEightDigits;
    at -= 8;
    put_pair(at, eight / 1'000'000);
    put_pair(at + 2, eight / 10'000 % 100);
    put_pair(at + 4, eight / 100 % 100);
    put_pair(at + 6, eight % 100);
  }
  auto rest = static_cast<uint32_t>(value);
  for (; rest >= 100; rest /= 100) put_pair(at -= 2, rest % 100);
  if (rest >= 10) {
    put_pair(at - 2, rest);
  } else {
    at[-1] = static_cast<char>('0' + rest);
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
