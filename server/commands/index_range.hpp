#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

// Indices as commands take them: 0 is the first element, -1 the last.
namespace tidemark::server {

// Where `index` is among `size` elements; none where it is outside.
inline std::optional<size_t> index_within(int64_t index, size_t size) {
  if (index < 0) index += static_cast<int64_t>(size);
  if (index < 0 || index >= static_cast<int64_t>(size)) return std::nullopt;
  return static_cast<size_t>(index);
}

struct IndexRange {
  size_t first = 0;
  size_t count = 0;
};

// What of `size` elements lies from `start` to `stop`, both included.
inline IndexRange index_range(int64_t start, int64_t stop, size_t size) {
  const auto end = static_cast<int64_t>(size);
  if (start < 0) start = std::max<int64_t>(start + end, 0);
  if (stop < 0) stop += end;
  stop = std::min(stop, end - 1);
  if (start > stop) return {};
  return {.first = static_cast<size_t>(start), .count = static_cast<size_t>(stop - start + 1)};
}

}  // namespace tidemark::server
