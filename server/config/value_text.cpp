#include "server/config/value_text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "storage/base/letter_case.hpp"

namespace tidemark::server {
namespace {

constexpr size_t kMemoryDigitsMax = 127;

std::optional<uint64_t> unit_bytes(std::string_view unit) {
  struct Entry {
    std::string_view name;
    uint64_t bytes;
  };
  static constexpr Entry kUnits[] = {
      {"", 1},         {"b", 1},           {"k", 1000},         {"kb", 1ULL << 10},
      {"m", 1000'000}, {"mb", 1ULL << 20}, {"g", 1000'000'000}, {"gb", 1ULL << 30}};
  for (const Entry& entry : kUnits) {
    if (equals_nocase(unit, entry.name)) return entry.bytes;
  }
  return std::nullopt;
}

}  // namespace

std::optional<uint64_t> parse_memory(std::string_view text) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits > kMemoryDigitsMax) return std::nullopt;
  const std::optional<uint64_t> unit = unit_bytes(text.substr(digits));
  if (!unit) return std::nullopt;

  uint64_t amount = 0;
  if (digits > 0) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, amount);
    if (error != std::errc()) return std::numeric_limits<uint64_t>::max();
  }
  uint64_t bytes = 0;
  if (__builtin_mul_overflow(amount, *unit, &bytes)) return std::numeric_limits<uint64_t>::max();
  return bytes;
}

std::string memory_text(uint64_t bytes) {
  if (bytes != 0) {
    if (bytes % (1ULL << 30) == 0) return std::to_string(bytes >> 30) + "gb";
    if (bytes % (1ULL << 20) == 0) return std::to_string(bytes >> 20) + "mb";
    if (bytes % (1ULL << 10) == 0) return std::to_string(bytes >> 10) + "kb";
  }
  return std::to_string(bytes);
}

std::optional<int64_t> parse_loose_integer(std::string_view text) {
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::vector<std::string> split_at_spaces(std::string_view text) {
  std::vector<std::string> pieces;
  if (text.empty()) return pieces;
  for (;;) {
    const size_t space = text.find(' ');
    pieces.emplace_back(text.substr(0, space));
    if (space == std::string_view::npos) return pieces;
    text.remove_prefix(space + 1);
  }
}

}  // namespace tidemark::server
