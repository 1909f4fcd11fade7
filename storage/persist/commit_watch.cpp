#include "storage/persist/commit_watch.hpp"

namespace tidemark::storage {

void CommitWatches::add(const std::vector<Target>& targets, CommitWaiter done) {
  auto watch = std::make_shared<Watch>(
      Watch{.waiting = targets.size(), .users = targets.size(), .done = std::move(done)});
  for (const Target& target : targets) targets_[target.user].push_back({target.version, watch});
}

void CommitWatches::reached(const std::string& user, int64_t version, Told& told) {
  const auto entry = targets_.find(user);
  if (entry == targets_.end()) return;
  std::erase_if(entry->second, [&](const Pending& pending) {
    if (pending.version > version) return false;
    finish_one(*pending.watch, told);
    return true;
  });
  if (entry->second.empty()) targets_.erase(entry);
}

void CommitWatches::failed(const std::string& user, const StoreStatus& status, Told& told) {
  const auto entry = targets_.find(user);
  if (entry == targets_.end()) return;
  for (const Pending& pending : entry->second) fail(*pending.watch, status, told);
  targets_.erase(entry);
}

void CommitWatches::all_failed(const StoreStatus& status, Told& told) {
  for (const auto& [user, pendings] : std::exchange(targets_, {})) {
    for (const Pending& pending : pendings) fail(*pending.watch, status, told);
  }
}

void CommitWatches::finish_one(Watch& watch, Told& told) {
  if (--watch.waiting > 0 || !watch.done) return;
  told.add(std::exchange(watch.done, nullptr), watch.users, {});
}

void CommitWatches::fail(Watch& watch, const StoreStatus& status, Told& told) {
  if (watch.done) told.add(std::exchange(watch.done, nullptr), 0, status);
}

}  // namespace tidemark::storage
