#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include "protocol/output.hpp"

#include "storage/base/bytes.hpp"

namespace tidemark::server {

class Loop;

// A connected socket on a loop, used on the loop's thread alone.
//
// Reading costs no memory while a connection is idle: bytes arrive in a buffer that all streams of
// a loop share, unless the handler offers a better place for them. It is read once in each round of
// the loop, so that a peer that sends without end takes turns with the others.
class Stream {
 public:
  // What happens to the stream. No call comes after close().
  class Handler {
   public:
    virtual ~Handler() = default;
    // A place to read into, so that the bytes of a large argument are not copied. Empty: read into
    // the loop's shared buffer.
    virtual std::span<char> read_space() = 0;
    // Bytes arrived: in read_space(), or in the shared buffer, which is valid during the call.
    virtual void on_bytes(Bytes bytes) = 0;
    // The peer sends no more, or the connection broke; `reason` is empty for an orderly end.
    virtual void on_end(Bytes reason) = 0;
    // All that was passed to write() has left.
    virtual void on_written() = 0;
  };

  enum class Kind { tcp, unix_socket };

  // What one costs while nothing is written.
  static const size_t kBytes;

  // Takes over `fd`. `handler` must outlive the stream.
  Stream(Loop& loop, int fd, Kind kind, Handler& handler);
  // Closes at once; what was not written yet is lost.
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void start_reading();
  void stop_reading();

  // Hands `bytes` to the kernel without waiting and returns how many it took.
  // REQUIRES: no write() is under way.
  size_t try_write(Bytes bytes);
  // Writes all of `bytes` when the kernel has room for them.
  // REQUIRES: no write() is under way.
  void write(protocol::Output bytes);

  // Throws away what has arrived and was not read. A TCP connection that is closed with such bytes
  // is reset, and what it was still sending is lost with it.
  void drop_unread();

  // Reads once, without the loop, to `room`, and hands on what there is: the handler is called, and
  // may close the stream.
  void read_now(std::span<char> room);

  int fd() const { return fd_; }

 private:
  struct Impl;
  Impl* impl_;  // freed by libuv's close callback
  const Kind kind_;
  int fd_;
};

}  // namespace tidemark::server
