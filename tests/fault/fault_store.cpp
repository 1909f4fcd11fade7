#include "tests/fault/fault_store.hpp"

#include <algorithm>

namespace tidemark::fault {

using storage::LoadedUser;
using storage::Row;
using storage::StoreStatus;
using storage::UserCommit;

void FaultStore::set_commit_fault(Fault fault) {
  MutexLock lock(mutex_);
  commit_fault_ = fault;
}

void FaultStore::set_load_fault(Fault fault) {
  MutexLock lock(mutex_);
  load_fault_ = fault;
}

void FaultStore::set_sync_fault(Fault fault) {
  MutexLock lock(mutex_);
  sync_fault_ = fault;
}

void FaultStore::refuse(const std::string& user) {
  MutexLock lock(mutex_);
  refused_.insert(user);
}

void FaultStore::accept(const std::string& user) {
  MutexLock lock(mutex_);
  refused_.erase(user);
}

void FaultStore::stall() {
  MutexLock lock(mutex_);
  stalled_ = true;
}

void FaultStore::release() {
  {
    MutexLock lock(mutex_);
    stalled_ = false;
  }
  released_.notify_all();
}

size_t FaultStore::stalled() {
  MutexLock lock(mutex_);
  return waiting_;
}

LoadedUser FaultStore::user(const std::string& user) {
  MutexLock lock(mutex_);
  return users_[user];
}

size_t FaultStore::commits() {
  MutexLock lock(mutex_);
  return commits_;
}

size_t FaultStore::loads() {
  MutexLock lock(mutex_);
  return loads_;
}

size_t FaultStore::syncs() {
  MutexLock lock(mutex_);
  return syncs_;
}

void FaultStore::wait_while_stalled() {
  ++waiting_;
  while (stalled_) released_.wait(mutex_);
  --waiting_;
}

StoreStatus FaultStore::commit(std::span<const UserCommit> commits) {
  MutexLock lock(mutex_);
  wait_while_stalled();
  ++commits_;
  for (const UserCommit& one : commits) {
    if (refused_.contains(one.user)) {
      return {.reason = "user " + one.user + " is refused", .permanent = true};
    }
  }
  size_t count = commits.size();
  if (commit_fault_ == Fault::fail) count = 0;
  if (commit_fault_ == Fault::half) count /= 2;
  for (const UserCommit& one : commits.first(count)) apply(one);
  return commit_fault_ == Fault::none ? StoreStatus() : StoreStatus{.reason = kReason};
}

void FaultStore::apply(const UserCommit& commit) {
  LoadedUser& user = users_[commit.user];
  std::erase_if(user.rows,
                [&](const Row& row) { return (commit.erased_types >> row.id.type & 1) != 0; });
  const auto forget = [&](storage::RowId id) {
    std::erase_if(user.rows, [id](const Row& row) { return row.id == id; });
  };
  for (const storage::RowId id : commit.erased) forget(id);
  for (const Row& row : commit.rows) {
    forget(row.id);
    user.rows.push_back(row);
  }
  std::ranges::sort(user.rows, {}, &Row::id);
  user.version = std::max(user.version, commit.version);
  user.last_deletion = std::max(user.last_deletion, commit.last_deletion);
  apply_deltas(commit.deltas, user);
  ceiling_ = std::max(ceiling_, user.version);
}

StoreStatus FaultStore::load(std::span<const std::string> users, std::vector<LoadedUser>& loaded) {
  MutexLock lock(mutex_);
  wait_while_stalled();
  ++loads_;
  loaded.clear();
  for (const std::string& user : users) {
    if (refused_.contains(user)) {
      return {.reason = "user " + user + " is refused", .permanent = true};
    }
    loaded.push_back(users_[user]);
  }
  return load_fault_ == Fault::none ? StoreStatus() : StoreStatus{.reason = kReason};
}

StoreStatus FaultStore::sync() {
  MutexLock lock(mutex_);
  wait_while_stalled();
  ++syncs_;
  return sync_fault_ == Fault::none ? StoreStatus() : StoreStatus{.reason = kReason};
}

StoreStatus FaultStore::version_ceiling(int64_t& ceiling) {
  MutexLock lock(mutex_);
  wait_while_stalled();
  ceiling = ceiling_;
  return load_fault_ == Fault::none ? StoreStatus() : StoreStatus{.reason = kReason};
}

}  // namespace tidemark::fault
