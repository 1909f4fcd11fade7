#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tidemark::storage {

// What the read states and their store tell each other: plain values that own their bytes, so that
// they may travel between the thread of a core and the threads of the store.

inline constexpr uint8_t kTypes = 16;
inline constexpr uint16_t kEveryType = 0xffff;
static_assert(kEveryType == (1U << kTypes) - 1);

// Names one read state of a user. Rows are kept, sent and sorted in this order.
struct RowId {
  uint8_t type = 0;     // 0 to 15
  int64_t channel = 0;  // 0 to 2^63-1
  friend auto operator<=>(const RowId&, const RowId&) = default;
};

// One read state. Absolute: writing it again, or after an older one, changes nothing.
struct Row {
  RowId id;
  int64_t mark = 0;      // the highest message id acknowledged
  int32_t mentions = 0;  // 0 to 2^31-1
  int32_t unread = 0;    // 0 to 2^31-1
  uint8_t flags = 0;
  bool manual = false;
  int64_t version = 0;  // the user's version at this row's last change
  friend bool operator==(const Row&, const Row&) = default;
};

// A counter's change for a user who was not in memory. Applied to the row in the order given:
// dropped where message_id is at or below the mark, saturating at 0 and 2^31-1 otherwise.
struct Delta {
  RowId id;
  int64_t message_id = 0;
  int32_t mentions = 0;  // signed
  int32_t unread = 0;    // signed
  int64_t version = 0;   // above every version the partition gave before
  friend bool operator==(const Delta&, const Delta&) = default;
};

// Everything of one user that the store is to make so, atomically.
struct UserCommit {
  std::string user;
  int64_t version = 0;        // 0: the user was not in memory, only deltas are given
  int64_t last_deletion = 0;  // the version of the user's last READSTATE.DEL, 0 for never
  uint16_t erased_types = 0;  // bit t: forget every row of type t that the store has before
                              // writing `rows`; kEveryType: all it has of the user
  std::vector<RowId> erased;  // rows to forget
  std::vector<Row> rows;      // rows to write, absolute
  std::vector<Delta> deltas;  // pending deltas, in order; those at or below the user's version in
                              // the store are there already (see the apply_deltas())
};

// All that the store knows of one user. A user without rows is empty, not an error.
struct LoadedUser {
  int64_t version = 0;
  int64_t last_deletion = 0;
  std::vector<Row> rows;  // sorted by id
};

// The state of `row` after `delta`; false where the delta was dropped or changed nothing. A row
// that does not exist is passed as Row{.id = delta.id}; it comes to exist where this returns true.
bool apply(const Delta& delta, Row& row);

// All that a commit of `deltas` does to what the store has of the user; false where that is
// nothing. Deltas at or below user.version are skipped: they took effect before, in a commit that
// was reported as failed or in the rows that a resident user wrote since. The user's version rises
// to that of the last delta that changed something, not of one that was dropped, so replaying the
// commit ends in the same state.
bool apply_deltas(std::span<const Delta> deltas, LoadedUser& user);

}  // namespace tidemark::storage
