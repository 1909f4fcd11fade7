#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "bench/replay/model.hpp"

namespace tidemark::bench {

// The recent changes of the model, newest last, so that a server which lost its newest ones can be
// compared with every state it may have come back with: each user's prefix of the history.
class RecentHistory : public ChangeLog {
 public:
  // Changes logged from now on belong to one operation, acknowledged at `acknowledged_ns`, or
  // never: the server died before its reply came, so that it may have happened or not.
  void begin_operation(std::optional<uint64_t> acknowledged_ns);
  void on_change(uint32_t user, const RowId& id, const ModelEntry* before) override;

  // Forgets operations acknowledged before `ns`.
  void forget_before(uint64_t ns);

  // One operation's effect on one user, to be taken back as a whole.
  struct Step {
    uint64_t operation = 0;
    std::optional<uint64_t> acknowledged_ns;
    struct Change {
      RowId id;
      std::optional<ModelEntry> before;
    };
    std::vector<Change> changes;  // in the order made: to be restored from the last
  };
  // The steps of each user who has any, oldest first.
  std::unordered_map<uint32_t, std::vector<Step>> steps_by_user() const;

  void clear() { changes_.clear(); }
  size_t size() const { return changes_.size(); }

 private:
  struct Logged {
    uint64_t operation;
    uint64_t acknowledged_ns;  // kNever: no reply
    uint32_t user;
    bool existed;
    ModelEntry before;  // where it did not exist, only its id counts
  };
  static constexpr uint64_t kNever = UINT64_MAX;

  std::deque<Logged> changes_;
  uint64_t operation_ = 0;
  uint64_t acknowledged_ns_ = 0;
};

// How a user's recovered state relates to the user's history.
struct PrefixMatch {
  bool matched = false;
  uint32_t lost = 0;                       // acknowledged operations that are gone
  std::optional<uint64_t> oldest_lost_ns;  // when the first of them was acknowledged
};

// Takes back the user's steps, newest first, until the model equals `recovered` (sorted by id);
// leaves the model there. Where nothing matches, the model is left at the oldest state known.
PrefixMatch match_prefix(ReadStateModel& model, uint32_t user,
                         const std::vector<RecentHistory::Step>& steps,
                         const std::vector<ModelEntry>& recovered);

}  // namespace tidemark::bench
