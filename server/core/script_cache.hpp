#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "storage/base/bytes.hpp"
#include "storage/base/mutex.hpp"

namespace tidemark::server {

// The scripts that EVALSHA knows, one cache for all cores, by the SHA1 of what was sent. What a
// core has compiled is its own affair (scripts/core_scripts.hpp).
//
// It is bounded by `lua-script-cache-limit`. Scripts that EVAL brought go first, those that were
// not used for longest before others, as their clients have the text at hand. What SCRIPT LOAD
// brought stays until SCRIPT FLUSH, as clients rely on it.
//
// Any thread. It is asked where a core has not compiled the script yet, and by SCRIPT's commands;
// so one lock serves.
class ScriptCache {
 public:
  enum class Origin : uint8_t { eval, load };

  // Null where there is none.
  std::shared_ptr<const std::string> find(Bytes sha) EXCLUDES(mutex_);
  // False where there is no room for it under `bytes_max`. One that is there stays, and is
  // SCRIPT LOAD's from the first time on that it is said to be.
  bool add(Bytes sha, Bytes body, Origin origin, size_t bytes_max) EXCLUDES(mutex_);
  void clear() EXCLUDES(mutex_);

  size_t size() EXCLUDES(mutex_);
  size_t bytes() EXCLUDES(mutex_);
  // How often it was cleared: what was compiled before is to be forgotten.
  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

 private:
  struct Script {
    std::string sha;
    std::shared_ptr<const std::string> body;
    Origin origin;
  };
  using Scripts = std::list<Script>;

  static size_t bytes_of(const Script& script);
  void make_room(size_t bytes, size_t bytes_max) REQUIRES(mutex_);

  Mutex mutex_;
  Scripts evaluated_ GUARDED_BY(mutex_);  // the one that was not used for longest first
  Scripts loaded_ GUARDED_BY(mutex_);
  std::unordered_map<std::string_view, Scripts::iterator> by_sha_ GUARDED_BY(mutex_);
  size_t bytes_ GUARDED_BY(mutex_) = 0;
  std::atomic<uint64_t> generation_ = 0;
};

}  // namespace tidemark::server
