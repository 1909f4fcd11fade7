#pragma once

#include <functional>

#include "server/net/stream.hpp"

namespace tidemark::server {

class Loop;

// Accepts connections from a listening socket, on a loop's thread. Destroying it closes the socket.
// Where the process may not open more files, those who want to connect wait in the kernel's queue
// until it may.
class Listener {
 public:
  struct Callbacks {
    // Called with each accepted socket, which is then the callee's.
    std::function<void(int fd, Stream::Kind kind)> accept;
    // Nothing can be accepted for now; called once until something is again.
    std::function<void(Bytes why)> shortage;
  };

  Listener(Loop& loop, int fd, Stream::Kind kind, Callbacks callbacks);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Accepts those who wait at this moment, without the loop, and hands them over here.
  void accept_waiting(const std::function<void(int fd, Stream::Kind kind)>& accept);

  int fd() const { return fd_; }
  Stream::Kind kind() const { return kind_; }

 private:
  struct Impl;
  Impl* impl_;  // freed by libuv's close callback
  int fd_;
  Stream::Kind kind_;
};

}  // namespace tidemark::server
