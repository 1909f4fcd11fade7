#include "storage/value/string.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cmath>

#include "storage/base/number.hpp"

namespace tidemark::storage {

Bytes get_range(Bytes text, int64_t start, int64_t end) {
  const auto length = static_cast<int64_t>(text.size());
  // Two ends before the beginning are no range even where they meet after clamping.
  if (start < 0 && end < 0 && start > end) return {};
  if (start < 0) start = std::max<int64_t>(start + length, 0);
  if (end < 0) end = std::max<int64_t>(end + length, 0);
  end = std::min(end, length - 1);
  if (start > end) return {};
  return text.substr(static_cast<size_t>(start), static_cast<size_t>(end - start + 1));
}

Result<int64_t> add(int64_t value, int64_t delta) {
  int64_t sum = 0;
  if (__builtin_add_overflow(value, delta, &sum)) return Errc::overflow;
  return sum;
}

Result<int64_t> add(Bytes text, int64_t delta) {
  const auto value = parse_int64(text);
  if (!value) return Errc::not_an_integer;
  return add(*value, delta);
}

Result<std::string> add_float(Bytes text, long double delta) {
  const auto value = parse_long_double(text);
  if (!value) return Errc::not_a_float;
  const long double sum = *value + delta;
  if (std::isnan(sum) || std::isinf(sum)) return Errc::nan_or_infinity;
  return to_fixed_text(sum);
}

uint64_t digest(Bytes text) { return XXH3_64bits(text.data(), text.size()); }

namespace {

// Lengths of the longest common subsequences of all pairs of prefixes.
class LcsTable {
 public:
  LcsTable(Bytes a, Bytes b) : width_(b.size() + 1), lengths_((a.size() + 1) * width_, 0) {
    for (size_t i = 1; i <= a.size(); ++i) {
      for (size_t j = 1; j <= b.size(); ++j) {
        lengths_[i * width_ + j] =
            a[i - 1] == b[j - 1] ? at(i - 1, j - 1) + 1 : std::max(at(i - 1, j), at(i, j - 1));
      }
    }
  }
  uint32_t at(size_t i, size_t j) const { return lengths_[i * width_ + j]; }

 private:
  size_t width_;
  std::vector<uint32_t> lengths_;
};

size_t lcs_length(Bytes a, Bytes b) {
  std::vector<uint32_t> above(b.size() + 1, 0);
  std::vector<uint32_t> row(b.size() + 1, 0);
  for (const char c : a) {
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = c == b[j - 1] ? above[j - 1] + 1 : std::max(above[j], row[j - 1]);
    }
    std::swap(above, row);
  }
  return above[b.size()];
}

// Extends the run that the walk from the ends to the starts is in, or begins another one.
void note_match(std::vector<CommonRun>& runs, size_t i, size_t j) {
  if (!runs.empty() && runs.back().a_start == i + 1 && runs.back().b_start == j + 1) {
    runs.back().a_start = i;
    runs.back().b_start = j;
  } else {
    runs.push_back({.a_start = i, .a_end = i, .b_start = j, .b_end = j});
  }
}

}  // namespace

Result<CommonSubsequence> lcs(Bytes a, Bytes b, LcsWant want, size_t run_length_min,
                              size_t table_bytes_max) {
  CommonSubsequence found;
  if (want == LcsWant::length) {
    found.length = lcs_length(a, b);
    return found;
  }
  if (a.size() >= table_bytes_max || b.size() >= table_bytes_max ||
      (a.size() + 1) > table_bytes_max / sizeof(uint32_t) / (b.size() + 1)) {
    return Errc::out_of_memory;
  }
  const LcsTable table(a, b);
  found.length = table.at(a.size(), b.size());
  if (want == LcsWant::text) found.text.resize(found.length);
  size_t left = found.length;
  for (size_t i = a.size(), j = b.size(); i > 0 && j > 0;) {
    if (a[i - 1] == b[j - 1]) {
      --i;
      --j;
      --left;
      if (want == LcsWant::text) found.text[left] = a[i];
      if (want == LcsWant::runs) note_match(found.runs, i, j);
    } else if (table.at(i - 1, j) > table.at(i, j - 1)) {
      --i;
    } else {
      --j;
    }
  }
  std::erase_if(found.runs, [&](const CommonRun& run) { return run.length() < run_length_min; });
  return found;
}

}  // namespace tidemark::storage
