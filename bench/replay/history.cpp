#include "bench/replay/history.hpp"

namespace tidemark::bench {

void RecentHistory::begin_operation(std::optional<uint64_t> acknowledged_ns) {
  ++operation_;
  acknowledged_ns_ = acknowledged_ns.value_or(kNever);
}

void RecentHistory::on_change(uint32_t user, const RowId& id, const ModelEntry* before) {
  changes_.push_back(
      {.operation = operation_,
       .acknowledged_ns = acknowledged_ns_,
       .user = user,
       .existed = before != nullptr,
       .before = before != nullptr ? *before : ModelEntry{.channel = id.channel, .type = id.type}});
}

void RecentHistory::forget_before(uint64_t ns) {
  while (!changes_.empty() && changes_.front().acknowledged_ns < ns) changes_.pop_front();
}

std::unordered_map<uint32_t, std::vector<RecentHistory::Step>> RecentHistory::steps_by_user()
    const {
  std::unordered_map<uint32_t, std::vector<Step>> users;
  for (const Logged& logged : changes_) {
    std::vector<Step>& steps = users[logged.user];
    if (steps.empty() || steps.back().operation != logged.operation) {
      Step& step = steps.emplace_back();
      step.operation = logged.operation;
      if (logged.acknowledged_ns != kNever) step.acknowledged_ns = logged.acknowledged_ns;
    }
    Step::Change change{.id = logged.before.id(), .before = std::nullopt};
    if (logged.existed) change.before = logged.before;
    steps.back().changes.push_back(change);
  }
  return users;
}

PrefixMatch match_prefix(ReadStateModel& model, uint32_t user,
                         const std::vector<RecentHistory::Step>& steps,
                         const std::vector<ModelEntry>& recovered) {
  PrefixMatch match;
  size_t left = steps.size();
  while (true) {
    if (model.entries(user) == recovered) {
      match.matched = true;
      return match;
    }
    if (left == 0) return match;
    const RecentHistory::Step& step = steps[--left];
    for (auto change = step.changes.rbegin(); change != step.changes.rend(); ++change) {
      model.restore(user, change->id, change->before ? &*change->before : nullptr);
    }
    if (!step.acknowledged_ns) continue;
    ++match.lost;
    match.oldest_lost_ns = step.acknowledged_ns;
  }
}

}  // namespace tidemark::bench
