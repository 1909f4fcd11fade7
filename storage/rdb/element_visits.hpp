#pragma once

#include <optional>

#include "storage/value/packed.hpp"

namespace tidemark::storage::rdb {

// Calls take(element) for all that a cursor gives, until it returns false. Whether all was taken
// and the cursor had nothing to complain of.
template <typename Cursor, typename Take>
bool take_each(Cursor cursor, Take&& take) {
  while (const auto element = cursor.next()) {
    if (!take(*element)) return false;
  }
  return !cursor.failed();
}

// The same for pairs of elements.
template <typename Cursor, typename Take>
bool take_pairs(Cursor cursor, Take&& take) {
  while (const auto first = cursor.next()) {
    const auto second = cursor.next();
    if (!second || !take(*first, *second)) return false;
  }
  return !cursor.failed();
}

}  // namespace tidemark::storage::rdb
