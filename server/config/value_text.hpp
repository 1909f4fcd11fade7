#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::server {

// How amounts and words are spelled in configuration.

// Digits and a unit: b, k, m, g for powers of 1000 and kb, mb, gb for powers of 1024, in any case.
// No digits count as 0, as in Redis; what does not fit is the largest amount.
std::optional<uint64_t> parse_memory(std::string_view text);

// The shortest of the above that is exact: 64mb, 3000.
std::string memory_text(uint64_t bytes);

// An integer with the licence of Redis's lists: also +5 and 05.
std::optional<int64_t> parse_loose_integer(std::string_view text);

// The pieces between single spaces: two in a row have an empty piece in between. An empty text has
// no pieces.
std::vector<std::string> split_at_spaces(std::string_view text);

// As configuration shows yes and no.
inline std::string_view yes_no(bool value) { return value ? "yes" : "no"; }

}  // namespace tidemark::server
