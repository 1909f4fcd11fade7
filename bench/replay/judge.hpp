#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/replay/history.hpp"
#include "bench/replay/model.hpp"
#include "bench/workload/operation.hpp"
#include "protocol/reply_parser.hpp"

namespace tidemark::bench {

// Applies every answered operation to the model and holds the reply to it: what the contract fixes
// is compared exactly; where it leaves the server a choice (a counter for a user who is not in
// memory), either is accepted. Remembers each user's last known version and sees that it only
// grows.
class Judge {
 public:
  explicit Judge(uint32_t users) : model_(users), versions_(users), history_(nullptr) {}

  // Keep the recent history, so that a crash can be judged.
  void remember(RecentHistory& history);

  // An operation and its reply, read at `now_ns`.
  void settle(const Operation& operation, const protocol::DecodedReply& reply, uint64_t now_ns);
  // An operation that the server may or may not have done before it died.
  void settle_unanswered(const Operation& operation);

  // What a crash may cost: acknowledged changes not older than this.
  struct CrashTerms {
    uint64_t crashed_ns = 0;
    uint64_t loss_max_ns = 0;
  };
  struct CrashReport {
    uint64_t users_compared = 0;
    uint64_t users_with_losses = 0;
    uint64_t operations_lost = 0;
    uint64_t oldest_lost_ns = 0;  // before the crash
  };
  // From here on, every full GETALL is taken as what a user came back with, and must be a prefix of
  // the user's history on those terms; the model follows it. Until end_recovery().
  void begin_recovery(const CrashTerms& terms);
  CrashReport end_recovery();

  int64_t version_of(uint32_t user) const { return versions_[user]; }
  ReadStateModel& model() { return model_; }
  const ReadStateModel& model() const { return model_; }

  uint64_t violations() const { return violations_; }
  // The first few, for people.
  const std::vector<std::string>& examples() const { return examples_; }
  uint64_t error_replies() const { return error_replies_; }
  const std::string& first_error() const { return first_error_; }
  // GETALL replies compared in full.
  uint64_t users_verified() const { return users_verified_; }

 private:
  using Reply = protocol::DecodedReply;
  struct Snapshot {
    int64_t version = 0;
    int64_t partial = 0;
    std::vector<ModelEntry> entries;
    std::vector<int64_t> entry_versions;
  };

  void judge_ack(const Operation& operation, const Reply& reply);
  void judge_incr(const Operation& operation, const Reply& reply);
  void judge_set(const Operation& operation, const Reply& reply);
  void judge_del(const Operation& operation, const Reply& reply);
  void judge_fanout(const Operation& operation, const Reply& reply);
  void judge_get(const Operation& operation, const Reply& reply);
  void judge_unread(const Operation& operation, const Reply& reply);
  void judge_total(const Operation& operation, const Reply& reply);
  void judge_getall(const Operation& operation, const Reply& reply);
  void judge_recovered(const Operation& operation, const Snapshot& snapshot);
  void expect(bool holds, const Operation& operation, const char* what);
  void raise_version(const Operation& operation, int64_t version);
  static std::optional<Snapshot> read_snapshot(const Reply& reply);

  ReadStateModel model_;
  std::vector<int64_t> versions_;
  RecentHistory* history_;
  std::optional<CrashTerms> crash_;
  CrashReport crash_report_;
  std::unordered_map<uint32_t, std::vector<RecentHistory::Step>> steps_;
  uint64_t violations_ = 0;
  std::vector<std::string> examples_;
  uint64_t error_replies_ = 0;
  std::string first_error_;
  uint64_t users_verified_ = 0;
};

}  // namespace tidemark::bench
