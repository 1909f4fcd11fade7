#include "server/net/listener.hpp"

#include <uv.h>

#include <utility>

#include "server/net/loop.hpp"
#include "server/net/socket.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server {

namespace {

// How many connections one readiness event accepts at most, so that a flood of them does not hold
// up those who are connected.
constexpr int kAcceptsPerEvent = 256;

}  // namespace

struct Listener::Impl {
  uv_poll_t poll;
  int fd;
  Stream::Kind kind;
  OnAccept on_accept;

  static void on_readable(uv_poll_t* poll, int status, int) noexcept {
    auto* self = static_cast<Impl*>(poll->data);
    if (status < 0) return;
    for (int i = 0; i < kAcceptsPerEvent; ++i) {
      const int fd = accept_one(self->fd);
      if (fd < 0) return;
      self->on_accept(fd, self->kind);
    }
  }
};

Listener::Listener(Loop& loop, int fd, Stream::Kind kind, OnAccept on_accept)
    : impl_(new Impl{.poll = {}, .fd = fd, .kind = kind, .on_accept = std::move(on_accept)}),
      fd_(fd),
      kind_(kind) {
  ENSURE(uv_poll_init(loop.handle(), &impl_->poll, fd) == 0);
  impl_->poll.data = impl_;
  ENSURE(uv_poll_start(&impl_->poll, UV_READABLE, Impl::on_readable) == 0);
}

Listener::~Listener() {
  uv_poll_stop(&impl_->poll);
  close_socket(fd_);
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->poll),
           [](uv_handle_t* handle) noexcept { delete static_cast<Impl*>(handle->data); });
}

}  // namespace tidemark::server
