#include "server/commands/sort_items.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "storage/base/number.hpp"
#include "storage/value/list.hpp"
#include "storage/value/set.hpp"
#include "storage/value/sorted_set.hpp"

namespace tidemark::server {

namespace {

using storage::Entry;
using storage::List;
using storage::PackedElement;
using storage::Set;
using storage::SortedSet;
using storage::ValueType;

// A member that a packed set keeps as an integer is written to a place that does not last.
PackedElement lasting(Bytes member) {
  const auto integer = parse_int64(member);
  return integer ? PackedElement(*integer) : PackedElement(member);
}

void add_list(const List& list, SortOrder order, const SortWindow& window,
              std::vector<SortItem>& items) {
  const bool ascending = order == SortOrder::ascending;
  list.visit(ascending ? storage::ListEnd::front : storage::ListEnd::back,
             ascending ? window.first : list.size() - 1 - window.first, window.size(),
             [&items](const PackedElement& element) {
               items.emplace_back(element);
               return true;
             });
}

void add_set(const Set& set, const SortWindow& window, std::vector<SortItem>& items) {
  size_t at = 0;
  set.visit([&](const PackedElement& member) {
    if (at >= window.last) return false;
    if (at++ >= window.first) items.emplace_back(member);
    return true;
  });
}

void add_sorted_set(const SortedSet& set, SortOrder order, const SortWindow& window,
                    std::vector<SortItem>& items) {
  const bool ascending = order == SortOrder::ascending;
  set.visit(ascending ? window.first : set.size() - 1 - window.first, window.size(),
            ascending ? storage::Direction::ascending : storage::Direction::descending,
            [&items](Bytes member, double) { items.emplace_back(lasting(member)); });
}

// Negative, zero or positive as in memcmp().
int compare_elements(const SortItem& one, const SortItem& other) {
  IntegerText one_digits;
  IntegerText other_digits;
  const Bytes mine = one.text ? Bytes(*one.text) : one.element.text(one_digits);
  return mine.compare(other.text ? Bytes(*other.text) : other.element.text(other_digits));
}

// `less` tells all items apart but those that are equal in every way.
template <typename Less>
void sort_window_of(std::vector<SortItem>& items, SortOrder order, const SortWindow& window,
                    Less less) {
  const auto before = [&](const SortItem& one, const SortItem& other) {
    return order == SortOrder::ascending ? less(one, other) : less(other, one);
  };
  const auto end = items.begin() + static_cast<std::ptrdiff_t>(window.last);
  // Of a short beginning only that; a long one costs no more as a whole.
  constexpr size_t kShortPart = 8;
  if (window.last < items.size() / kShortPart) {
    std::partial_sort(items.begin(), end, items.end(), before);
  } else {
    std::sort(items.begin(), items.end(), before);
  }
}

}  // namespace

SortWindow sort_window(size_t size, int64_t offset, int64_t count) {
  const size_t first = offset <= 0 ? 0 : std::min(static_cast<uint64_t>(offset), size);
  const size_t rest = size - first;
  return {.first = first,
          .last = first + (count < 0 ? rest : std::min(static_cast<uint64_t>(count), rest))};
}

std::vector<SortItem> items_in(const Entry& entry, SortOrder order, const SortWindow& window) {
  std::vector<SortItem> items;
  if (window.size() == 0) return items;
  items.reserve(window.size());
  switch (entry.type()) {
    case ValueType::list:
      add_list(*static_cast<const List*>(entry.object()), order, window, items);
      break;
    case ValueType::set:
      add_set(*static_cast<const Set*>(entry.object()), window, items);
      break;
    default:
      add_sorted_set(*static_cast<const SortedSet*>(entry.object()), order, window, items);
  }
  return items;
}

std::vector<SortItem> items_of(const Entry& entry) {
  const size_t size = storage::object_functions(entry.type()).size(entry.object());
  return items_in(entry, SortOrder::ascending, {.first = 0, .last = size});
}

// As strtod() reads it, which takes nothing at all for zero, a zero byte for the end, and what is
// too small to be kept whole for an error.
std::optional<double> sort_score(Bytes text) {
  text = text.substr(0, text.find('\0'));
  if (text.empty()) return 0;
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
    text.remove_prefix(1);
  }
  const auto score = parse_double(text);
  if (score && std::fpclassify(*score) == FP_SUBNORMAL) return std::nullopt;
  return score;
}

void sort_by_score(std::vector<SortItem>& items, SortOrder order, const SortWindow& window) {
  sort_window_of(items, order, window, [](const SortItem& one, const SortItem& other) {
    if (one.score != other.score) return one.score < other.score;
    return compare_elements(one, other) < 0;
  });
}

void sort_by_element(std::vector<SortItem>& items, SortOrder order, const SortWindow& window) {
  for (SortItem& item : items) {
    IntegerText digits;
    if (item.element.is_integer()) item.text = std::string(item.element.text(digits));
  }
  sort_window_of(items, order, window, [](const SortItem& one, const SortItem& other) {
    return compare_elements(one, other) < 0;
  });
}

void sort_by_found_text(std::vector<SortItem>& items, SortOrder order) {
  // Elements of equal texts stay in their order.
  std::stable_sort(items.begin(), items.end(), [order](const SortItem& one, const SortItem& other) {
    return order == SortOrder::ascending ? one.text < other.text : other.text < one.text;
  });
}

}  // namespace tidemark::server
