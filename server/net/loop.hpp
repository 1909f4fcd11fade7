#pragma once

#include <cstdint>
#include <functional>
#include <memory>

struct uv_loop_s;

namespace tidemark::server {

// One libuv event loop. Made anywhere, run by one thread, and from then on touched by that thread
// alone, except for wake(). libuv's header stays behind this folder.
class Loop {
 public:
  // What a core does around the wait for events. Both run on the loop's thread.
  struct Hooks {
    // Runs before each wait; returning Wait::no makes the wait return at once.
    enum class Wait { yes, no };
    std::function<Wait()> before_wait;
    // Runs after each wait and the events it brought.
    std::function<void()> after_wait;
  };

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Sets what surrounds each wait; before run().
  void set_hooks(Hooks hooks);
  // Runs until stop() was called, then until every handle is closed.
  void run();
  // On the loop's thread: run() returns after the current iteration.
  void stop();
  // From any thread: makes a waiting loop go round once. Calls before it has done so are merged.
  void wake();
  // On the loop's thread: which round it is in. A round is one wait and the events it brought.
  uint64_t round() const;

  // For the other classes of this folder.
  uv_loop_s* handle();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::server
