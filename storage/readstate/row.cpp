#include "storage/readstate/row.hpp"

#include <algorithm>
#include <limits>

namespace tidemark::storage {

namespace {

int32_t saturating_add(int32_t counter, int32_t change) {
  const int64_t sum = int64_t{counter} + change;
  return static_cast<int32_t>(std::clamp<int64_t>(sum, 0, std::numeric_limits<int32_t>::max()));
}

}  // namespace

bool apply(const Delta& delta, Row& row) {
  if (delta.message_id <= row.mark) return false;
  const int32_t mentions = saturating_add(row.mentions, delta.mentions);
  const int32_t unread = saturating_add(row.unread, delta.unread);
  if (mentions == row.mentions && unread == row.unread) return false;
  row.mentions = mentions;
  row.unread = unread;
  row.version = std::max(row.version, delta.version);
  return true;
}

bool apply_deltas(std::span<const Delta> deltas, LoadedUser& user) {
  const int64_t reached = user.version;
  bool changed = false;
  for (const Delta& delta : deltas) {
    if (delta.version <= reached) continue;
    auto at = std::ranges::lower_bound(user.rows, delta.id, {}, &Row::id);
    const bool exists = at != user.rows.end() && at->id == delta.id;
    Row row = exists ? *at : Row{.id = delta.id};
    if (!apply(delta, row)) continue;
    if (exists) {
      *at = row;
    } else {
      user.rows.insert(at, row);
    }
    user.version = std::max(user.version, delta.version);
    changed = true;
  }
  return changed;
}

}  // namespace tidemark::storage
