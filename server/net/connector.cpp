#include "server/net/connector.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <uv.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "server/net/loop.hpp"
#include "server/net/socket.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server {

// A lookup by libuv, then a wait on its loop. Lives until both are over, also when nobody waits for
// them any more (`done` is empty then).
struct Connector::Attempt {
  uv_loop_t* loop;
  Done done;
  uv_getaddrinfo_t lookup{};
  // What it waits with: null while it looks up.
  uv_handle_t* handle = nullptr;
  uv_poll_t poll{};
  uv_timer_t timer{};
  int fd = -1;
  Failure failure = Failure::none;

  void look_up(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    lookup.data = this;
    if (uv_getaddrinfo(loop, &lookup, on_looked_up, host.c_str(), port.c_str(), &hints) == 0)
      return;
    // What cannot be a name is told of later, too.
    ENSURE(uv_timer_init(loop, &timer) == 0);
    wait_with(timer);
    const auto fail = [](uv_timer_t* at) noexcept {
      static_cast<Attempt*>(at->data)->end_wait(Failure::unknown_host);
    };
    ENSURE(uv_timer_start(&timer, fail, 0, 0) == 0);
  }

  static void on_looked_up(uv_getaddrinfo_t* request, int status, addrinfo* found) noexcept {
    auto* self = static_cast<Attempt*>(request->data);
    const bool known = status == 0 && found != nullptr;
    if (self->done && known) {
      self->connect(*found);
    } else {
      self->finish(Failure::unknown_host);
    }
    uv_freeaddrinfo(found);
  }

  void connect(const addrinfo& address) {
    fd = socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return finish(Failure::refused);
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(fd, address.ai_addr, address.ai_addrlen) != 0 && errno != EINPROGRESS) {
      return finish(Failure::refused);
    }
    ENSURE(uv_poll_init(loop, &poll, fd) == 0);
    wait_with(poll);
    ENSURE(uv_poll_start(&poll, UV_WRITABLE, on_writable) == 0);
  }

  static void on_writable(uv_poll_t* handle, int status, int) noexcept {
    auto* self = static_cast<Attempt*>(handle->data);
    int error = 0;
    socklen_t size = sizeof error;
    const bool asked = getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0;
    self->end_wait(status == 0 && asked && error == 0 ? Failure::none : Failure::refused);
  }

  template <typename Handle>
  void wait_with(Handle& waiting) {
    waiting.data = this;
    handle = reinterpret_cast<uv_handle_t*>(&waiting);
  }

  // The descriptor goes to whoever asked when libuv has let go of it.
  void end_wait(Failure how) {
    failure = how;
    if (uv_is_closing(handle) != 0) return;
    uv_close(handle, [](uv_handle_t* closed) noexcept {
      auto* self = static_cast<Attempt*>(closed->data);
      self->finish(self->failure);
    });
  }

  // Ends this object.
  void finish(Failure how) {
    const std::unique_ptr<Attempt> self(this);
    if (fd >= 0 && (how != Failure::none || !done)) close_socket(std::exchange(fd, -1));
    if (done) std::exchange(done, nullptr)(fd, how);
  }
};

Connector::Connector(Loop& loop, const std::string& host, const std::string& port, Done done)
    : attempt_(new Attempt{.loop = loop.handle(), .done = nullptr}) {
  // `done` may destroy the connector.
  attempt_->done = [this, done = std::move(done)](int fd, Failure failure) {
    attempt_ = nullptr;
    done(fd, failure);
  };
  attempt_->look_up(host, port);
}

Connector::~Connector() {
  if (attempt_ == nullptr) return;
  attempt_->done = nullptr;
  if (attempt_->handle != nullptr) {
    attempt_->end_wait(Failure::refused);
  } else {
    // Refused where a thread is at it: then the answer comes, and nobody listens.
    uv_cancel(reinterpret_cast<uv_req_t*>(&attempt_->lookup));
  }
}

}  // namespace tidemark::server
