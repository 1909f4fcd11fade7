#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "storage/base/bytes.hpp"
#include "storage/keyspace/entry.hpp"
#include "storage/value/packed.hpp"

namespace tidemark::server {

// The elements that SORT is about, each with what it is sorted by.
struct SortItem {
  explicit SortItem(const storage::PackedElement& from) : element(from) {}

  storage::PackedElement element;
  double score = 0;
  // In place of the element's own text, where that is another or an integer.
  std::optional<std::string> text;
};

// A part of a row: from `first` to before `last`.
struct SortWindow {
  size_t first = 0;
  size_t last = 0;
  size_t size() const { return last - first; }
};

// What LIMIT says of `size` elements.
SortWindow sort_window(size_t size, int64_t offset, int64_t count);

enum class SortOrder : uint8_t { ascending, descending };

// All elements of a list, a set or a sorted set, as these lie in it. They die with its next change.
std::vector<SortItem> items_of(const storage::Entry& entry);
// Only those of the window, of what is not to be sorted: a list or a sorted set from its end where
// the order is descending.
std::vector<SortItem> items_in(const storage::Entry& entry, SortOrder order,
                               const SortWindow& window);

// The number that a text is sorted by; none where it is no number.
std::optional<double> sort_score(Bytes text);

// Sorts those that belong into the window, which are there then; the others are anywhere.
void sort_by_score(std::vector<SortItem>& items, SortOrder order, const SortWindow& window);
// By their own texts.
void sort_by_element(std::vector<SortItem>& items, SortOrder order, const SortWindow& window);
// By the texts that were found for them, and those without one first.
void sort_by_found_text(std::vector<SortItem>& items, SortOrder order);

}  // namespace tidemark::server
