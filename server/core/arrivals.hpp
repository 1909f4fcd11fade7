#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "server/core/message.hpp"
#include "storage/base/mutex.hpp"

namespace tidemark::server {

// Connections that were accepted for a core and that it has not taken in yet. They are beside the
// mailbox, which only tells the core to look here, so that a script that takes long can let them in
// while the core waits for it (scripts/busy.hpp).
//
// Any thread.
class Arrivals {
 public:
  void add(std::unique_ptr<Message> connection) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    waiting_.push_back(std::move(connection));
  }

  // For the core's own thread, or whoever has it to itself: all so far, the oldest first.
  void take_in(OnCore& here) EXCLUDES(mutex_) {
    for (std::unique_ptr<Message>& connection : take_all()) {
      Message& arriving = *connection;
      arriving.arrive(here, std::move(connection));
    }
  }

 private:
  std::vector<std::unique_ptr<Message>> take_all() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return std::exchange(waiting_, {});
  }

  Mutex mutex_;
  std::vector<std::unique_ptr<Message>> waiting_ GUARDED_BY(mutex_);
};

}  // namespace tidemark::server
