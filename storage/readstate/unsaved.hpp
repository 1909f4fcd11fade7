#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "storage/readstate/row.hpp"

namespace tidemark::storage {

class PackedUser;

// What one user has that the store may not have yet. It exists as long as there is something, or a
// commit is in flight; the user points to it and owns it.
//
// Of a resident user no changed row is kept here: rows above `committed` are those. Rows that are
// gone leave their ids. Of a user who is not resident there are only deltas.
class Unsaved {
 public:
  struct Erasure {
    RowId id;
    int64_t version = 0;
  };

  // The rows that are gone from memory and may still be in the store. Rare, so kept apart.
  struct Erasures {
    std::array<int64_t, kTypes> types{};  // of the last deletion of all rows of a type, 0 for none
    std::vector<Erasure> rows;            // deleted one by one since
  };

  // Where it waits. Nowhere: it was due while a commit was in flight, and continues when that is
  // back.
  enum class Queue : uint8_t { none, fresh, retry };

  explicit Unsaved(PackedUser* user) : user_(user) {}

  PackedUser* user() const { return user_; }
  void set_user(PackedUser* user) { user_ = user; }

  // Every change up to here is in the store.
  int64_t committed = 0;
  // When the oldest change that is not in flight was made; kNever: there is none.
  int64_t since_ms = kNever;
  int64_t in_flight_since_ms = 0;
  int64_t in_flight_version = 0;
  std::vector<Delta> deltas;
  std::unique_ptr<Erasures> erasures;
  // The first so many deltas have been sent once: the store may have them, whatever it said.
  uint32_t deltas_sent = 0;
  bool in_flight = false;

  Queue queue() const { return queue_; }
  // Appends `delta`, or adds it to one that was never sent, where the result is provably the same.
  void add(const Delta& delta);
  void add_erasure(RowId id, int64_t version);
  void add_erasure_of_type(uint8_t type, int64_t version);
  // A bit for each type of which all rows were deleted since `committed`.
  uint16_t erased_types() const;
  // Forgets the erasures up to `committed`.
  void prune_erasures();
  // Of its own, without the user's record. Counts allocator sizes.
  size_t memory_bytes() const;

  static constexpr int64_t kNever = INT64_MAX;

 private:
  friend class UnsavedQueue;

  // Beside the small members above, so that the object takes 96 bytes: a fan-out makes many at
  // once.
  Queue queue_ = Queue::none;
  PackedUser* user_;
  Unsaved* previous_ = nullptr;
  Unsaved* next_ = nullptr;
};
static_assert(sizeof(Unsaved) <= 96);

// First in, first out, with removal from the middle.
class UnsavedQueue {
 public:
  explicit UnsavedQueue(Unsaved::Queue which) : which_(which) {}

  Unsaved* front() const { return front_; }
  // REQUIRES: in no queue.
  void push(Unsaved& unsaved);
  // REQUIRES: in this queue.
  void remove(Unsaved& unsaved);

 private:
  const Unsaved::Queue which_;
  Unsaved* front_ = nullptr;
  Unsaved* back_ = nullptr;
};

}  // namespace tidemark::storage
