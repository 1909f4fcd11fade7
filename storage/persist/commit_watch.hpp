#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "storage/persist/store.hpp"

namespace tidemark::storage {

// Called once: how many of the users asked for had changes, which are in the store now; or why not.
using CommitWaiter = std::function<void(size_t users, const StoreStatus&)>;

// Who waits for which users' changes to be in the store. A user's wait is for a version: changes
// made after the question are not part of it.
class CommitWatches {
 public:
  struct Target {
    std::string user;
    int64_t version = 0;
  };
  // What became of some waits, to be told once the books are in order: whoever is told may ask
  // anew.
  class Told {
   public:
    void add(CommitWaiter done, size_t users, const StoreStatus& status) {
      told_.push_back({std::move(done), users, status});
    }
    void tell() {
      for (auto& [done, users, status] : std::exchange(told_, {})) done(users, status);
    }

   private:
    struct One {
      CommitWaiter done;
      size_t users;
      StoreStatus status;
    };
    std::vector<One> told_;
  };

  bool empty() const { return targets_.empty(); }
  bool watches(const std::string& user) const { return targets_.contains(user); }

  // REQUIRES: targets is not empty.
  void add(const std::vector<Target>& targets, CommitWaiter done);
  // All changes of `user` up to `version` are in the store.
  void reached(const std::string& user, int64_t version, Told& told);
  // Whoever waits for `user` waits in vain.
  void failed(const std::string& user, const StoreStatus& status, Told& told);
  void all_failed(const StoreStatus& status, Told& told);

 private:
  struct Watch {
    size_t waiting = 0;
    size_t users = 0;
    CommitWaiter done;  // empty once told
  };
  struct Pending {
    int64_t version = 0;
    std::shared_ptr<Watch> watch;
  };

  static void finish_one(Watch& watch, Told& told);
  static void fail(Watch& watch, const StoreStatus& status, Told& told);

  std::unordered_map<std::string, std::vector<Pending>> targets_;
};

}  // namespace tidemark::storage
