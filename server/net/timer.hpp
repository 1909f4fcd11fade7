#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace tidemark::server {

class Loop;

// A timer on a loop, used on the loop's thread alone. Destroying it stops it.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> callback);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Fires after `delay_ms`, then every `repeat_ms` unless that is 0. Restarts a running timer.
  void start(uint64_t delay_ms, uint64_t repeat_ms);
  void stop();
  bool active() const;

 private:
  struct Impl;
  Impl* impl_;  // freed by libuv's close callback
};

}  // namespace tidemark::server
