#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/base/bytes.hpp"
#include "storage/base/mutex.hpp"

namespace tidemark::server {

// The scripts and functions that have run for longer than `busy-reply-threshold`. While there is
// one the server is busy: commands are refused but for those that end it (admit.hpp), also on the
// cores that wait for it, which the script itself lets in (scripts/busy.hpp).
//
// Any thread.
class RunningScripts {
 public:
  enum class Kind : uint8_t { script, function };

  // One of them, from the moment on that it is in the way to its end.
  struct Script {
    Kind kind = Kind::script;
    std::string name;
    std::vector<std::string> command;
    uint64_t start = 0;  // of CycleClock
    // What it is told by others.
    std::atomic<bool> stop = false;
    // What it tells: that it has written, and so is not to be stopped halfway.
    std::atomic<bool> wrote = false;
  };

  bool any() const { return count_.load(std::memory_order_relaxed) > 0; }
  void add(Script& script) EXCLUDES(mutex_);
  void remove(const Script& script) EXCLUDES(mutex_);

  // What a busy server says.
  std::string refusal() EXCLUDES(mutex_);
  // Tells all of that kind to end. What there is to say against it, with a code, or nothing.
  std::optional<std::string> stop(Kind kind) EXCLUDES(mutex_);
  // The same to all, whatever they have done: the server ends.
  void stop_all() EXCLUDES(mutex_);

  // The one that runs for longest.
  struct Facts {
    std::string name;
    std::vector<std::string> command;
    uint64_t start;
  };
  std::optional<Facts> longest() EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::vector<Script*> scripts_ GUARDED_BY(mutex_);
  std::atomic<size_t> count_ = 0;
};

}  // namespace tidemark::server
