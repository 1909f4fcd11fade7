#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <unordered_map>

#include "storage/base/bytes.hpp"

namespace tidemark::storage {

// Users who stay in memory until those who need several of them at once have them all: eviction
// passes over them. Whoever holds one lets go of it soon; a user may be held several times.
class HeldUsers {
 public:
  void hold(Bytes user) {
    const auto found = counts_.find(user);
    if (found != counts_.end()) {
      ++found->second;
    } else {
      counts_.emplace(user, 1);
    }
  }
  // REQUIRES: held.
  void release(Bytes user) {
    const auto found = counts_.find(user);
    if (--found->second == 0) counts_.erase(found);
  }
  bool contains(Bytes user) const { return !counts_.empty() && counts_.contains(user); }
  bool empty() const { return counts_.empty(); }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(Bytes user) const { return std::hash<Bytes>()(user); }
  };
  std::unordered_map<std::string, size_t, Hash, std::equal_to<>> counts_;
};

}  // namespace tidemark::storage
