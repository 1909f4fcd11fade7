#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "storage/base/mutex.hpp"
#include "storage/persist/store.hpp"

namespace tidemark::fault {

// What a store does to a call.
enum class Fault : uint8_t {
  none,
  fail,  // nothing, and says so
  lie,   // everything, and says that it failed
  half,  // some of it, and says that it failed
};

// A read state store in memory that fails, stalls and lies on command. Any thread may call
// anything.
class FaultStore final : public storage::Store {
 public:
  static constexpr const char* kReason = "the fault store fails as told";

  void set_commit_fault(Fault fault) EXCLUDES(mutex_);
  void set_load_fault(Fault fault) EXCLUDES(mutex_);
  void set_sync_fault(Fault fault) EXCLUDES(mutex_);
  // Batches that hold this user are refused for good, commits and loads alike.
  void refuse(const std::string& user) EXCLUDES(mutex_);
  void accept(const std::string& user) EXCLUDES(mutex_);
  // Calls wait from here until release().
  void stall() EXCLUDES(mutex_);
  void release() EXCLUDES(mutex_);

  // Calls that wait now.
  size_t stalled() EXCLUDES(mutex_);

  storage::LoadedUser user(const std::string& user) EXCLUDES(mutex_);
  // Calls so far, failed ones too.
  size_t commits() EXCLUDES(mutex_);
  size_t loads() EXCLUDES(mutex_);
  size_t syncs() EXCLUDES(mutex_);

  storage::StoreStatus commit(std::span<const storage::UserCommit> commits) override;
  storage::StoreStatus load(std::span<const std::string> users,
                            std::vector<storage::LoadedUser>& loaded) override;
  storage::StoreStatus sync() override;
  storage::StoreStatus version_ceiling(int64_t& ceiling) override;

 private:
  void wait_while_stalled() REQUIRES(mutex_);
  void apply(const storage::UserCommit& commit) REQUIRES(mutex_);

  Mutex mutex_;
  ConditionVariable released_;
  bool stalled_ GUARDED_BY(mutex_) = false;
  size_t waiting_ GUARDED_BY(mutex_) = 0;
  Fault commit_fault_ GUARDED_BY(mutex_) = Fault::none;
  Fault load_fault_ GUARDED_BY(mutex_) = Fault::none;
  Fault sync_fault_ GUARDED_BY(mutex_) = Fault::none;
  std::set<std::string> refused_ GUARDED_BY(mutex_);
  std::map<std::string, storage::LoadedUser> users_ GUARDED_BY(mutex_);
  int64_t ceiling_ GUARDED_BY(mutex_) = 0;
  size_t commits_ GUARDED_BY(mutex_) = 0;
  size_t loads_ GUARDED_BY(mutex_) = 0;
  size_t syncs_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tidemark::fault
