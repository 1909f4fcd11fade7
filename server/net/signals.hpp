#pragma once

#include <functional>
#include <memory>
#include <vector>

namespace tidemark::server {

class Loop;

// Delivers the process's signals as callbacks on a loop's thread. Destroying it stops delivery.
class Signals {
 public:
  explicit Signals(Loop& loop) : loop_(loop) {}
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Calls `callback` for each `signal` from now on.
  void on(int signal, std::function<void()> callback);

 private:
  struct Watch;
  Loop& loop_;
  std::vector<Watch*> watches_;  // freed by libuv's close callback
};

}  // namespace tidemark::server
