#pragma once

#include <functional>

#include "server/net/stream.hpp"

namespace tidemark::server {

class Loop;

// Accepts connections from a listening socket, on a loop's thread. Destroying it closes the socket.
class Listener {
 public:
  // Called with each accepted socket, which is then the callee's.
  using OnAccept = std::function<void(int fd, Stream::Kind kind)>;

  Listener(Loop& loop, int fd, Stream::Kind kind, OnAccept on_accept);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int fd() const { return fd_; }
  Stream::Kind kind() const { return kind_; }

 private:
  struct Impl;
  Impl* impl_;  // freed by libuv's close callback
  int fd_;
  Stream::Kind kind_;
};

}  // namespace tidemark::server
