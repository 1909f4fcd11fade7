#include "server/net/listener.hpp"

#include <uv.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "server/net/loop.hpp"
#include "server/net/socket.hpp"
#include "server/net/timer.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server {

namespace {

// How many connections one readiness event accepts at most, so that a flood of them does not hold
// up those who are connected.
constexpr int kAcceptsPerEvent = 256;
// How long to leave those alone who want to connect when the process may not open more files: the
// socket stays readable, so that without a rest the loop would do nothing else.
constexpr uint64_t kRestMs = 100;

// Whether accepting failed for want of something that time may bring.
bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

struct Listener::Impl {
  Impl(Loop& loop, int socket, Stream::Kind stream_kind, Callbacks what)
      : poll{},
        rest(loop, [this] { watch(); }),
        fd(socket),
        kind(stream_kind),
        on(std::move(what)) {
    ENSURE(uv_poll_init(loop.handle(), &poll, fd) == 0);
    poll.data = this;
  }

  void watch() { ENSURE(uv_poll_start(&poll, UV_READABLE, on_readable) == 0); }

  static void on_readable(uv_poll_t* poll, int status, int) noexcept {
    if (status < 0) return;
    static_cast<Impl*>(poll->data)->accept();
  }

  void accept() {
    for (int i = 0; i < kAcceptsPerEvent; ++i) {
      const int accepted = accept_one(fd);
      if (accepted < 0) return take_failure(errno);
      short_of_something = false;
      on.accept(accepted, kind);
    }
  }

  void take_failure(int error) {
    if (!is_shortage(error)) return;
    if (!short_of_something) on.shortage(std::strerror(error));
    short_of_something = true;
    uv_poll_stop(&poll);
    rest.start(kRestMs, 0);
  }

  uv_poll_t poll;
  Timer rest;
  int fd;
  Stream::Kind kind;
  Callbacks on;
  bool short_of_something = false;
};

Listener::Listener(Loop& loop, int fd, Stream::Kind kind, Callbacks callbacks)
    : impl_(new Impl(loop, fd, kind, std::move(callbacks))), fd_(fd), kind_(kind) {
  impl_->watch();
}

void Listener::accept_waiting(const std::function<void(int, Stream::Kind)>& accept) {
  for (int i = 0; i < kAcceptsPerEvent; ++i) {
    const int accepted = accept_one(fd_);
    if (accepted < 0) return;
    accept(accepted, kind_);
  }
}

Listener::~Listener() {
  impl_->rest.stop();
  uv_poll_stop(&impl_->poll);
  close_socket(fd_);
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->poll),
           [](uv_handle_t* handle) noexcept { delete static_cast<Impl*>(handle->data); });
}

}  // namespace tidemark::server
