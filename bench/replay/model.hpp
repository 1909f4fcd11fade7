#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/workload/operation.hpp"
#include "storage/readstate/row.hpp"

namespace tidemark::bench {

using storage::RowId;

// One read state without its version, in 32 bytes.
struct ModelEntry {
  int64_t channel = 0;
  int64_t mark = 0;
  int32_t mentions = 0;
  int32_t unread = 0;
  uint8_t type = 0;
  uint8_t flags = 0;
  bool manual = false;
  RowId id() const { return {.type = type, .channel = channel}; }
  friend bool operator==(const ModelEntry&, const ModelEntry&) = default;
};

// Told what an entry was before each change, so that the change can be taken back.
class ChangeLog {
 public:
  virtual ~ChangeLog() = default;
  // `before` is null where the entry did not exist. Valid during the call only.
  virtual void on_change(uint32_t user, const RowId& id, const ModelEntry* before) = 0;
};

// What every user's read states must be after the operations so far: the contract's rules, written
// down a second time, as plainly as they can be. A sorted vector for each user.
class ReadStateModel {
 public:
  explicit ReadStateModel(uint32_t users) : users_(users) {}

  // Where given, hears of every change. Must outlive its use here.
  void set_change_log(ChangeLog* log) { log_ = log; }

  // ACK: true where any pair changed something.
  bool ack(const Operation& operation);
  enum class Counted : uint8_t { counted, dropped };
  // INCR, or one member of a FANOUT.
  Counted incr(uint32_t user, const Operation& operation);
  // SET: true where something changed.
  bool set(const Operation& operation);
  // DEL of channels or of the whole user: how many entries went.
  size_t del(const Operation& operation);

  // Sorted by id.
  const std::vector<ModelEntry>& entries(uint32_t user) const { return users_[user]; }
  const ModelEntry* find(uint32_t user, const RowId& id) const;
  uint64_t entry_count() const { return entry_count_; }

  // Makes the entry what it was: the inverse of the change that was logged with `before`. Not
  // logged.
  void restore(uint32_t user, const RowId& id, const ModelEntry* before);
  // Room for so many entries of a user, so that a fill in bulk wastes none.
  void reserve(uint32_t user, size_t entries) { users_[user].reserve(entries); }

 private:
  // Puts `after` in the place of what is there; false where it is there already.
  bool write(uint32_t user, const ModelEntry& after);
  void log(uint32_t user, const RowId& id, const ModelEntry* before) {
    if (log_ != nullptr) log_->on_change(user, id, before);
  }

  std::vector<std::vector<ModelEntry>> users_;
  uint64_t entry_count_ = 0;
  ChangeLog* log_ = nullptr;
};

}  // namespace tidemark::bench
