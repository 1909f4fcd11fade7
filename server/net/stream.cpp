#include "server/net/stream.hpp"

#include <sys/socket.h>
#include <uv.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "server/net/loop.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server {

namespace {

constexpr size_t kSharedReadBytes = size_t{64} * 1024;
constexpr size_t kDroppedBytesMax = size_t{64} << 20;  // more than any socket holds

// libuv asks for memory right before it reads and hands the bytes over right after, so that one
// buffer serves all streams of a thread's loop.
char* shared_read_buffer() {
  thread_local const std::unique_ptr<char[]> buffer(new char[kSharedReadBytes]);
  return buffer.get();
}

// uv_buf_init() takes a length of 32 bits; there may be more than 4 GiB of replies.
uv_buf_t buffer_of(Bytes bytes) {
  uv_buf_t buffer{};
  buffer.base = const_cast<char*>(bytes.data());
  buffer.len = bytes.size();
  return buffer;
}

}  // namespace

struct Stream::Impl {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };
  uv_write_t write_request;
  protocol::Output writing;
  Handler* handler = nullptr;
  const Loop& loop;
  uint64_t round_read_in = 0;

  explicit Impl(const Loop& on) : handle{}, write_request{}, loop(on) {}
  ~Impl() = default;

  // libuv reads up to 32 times for one event while the peer keeps up: two megabytes of somebody
  // else's commands before the next client is heard. No room is how to tell it that one read is
  // enough; the event comes again in the next round.
  static void on_alloc(uv_handle_t* handle, size_t, uv_buf_t* buffer) noexcept {
    auto* self = static_cast<Impl*>(handle->data);
    if (self->round_read_in == self->loop.round()) {
      *buffer = uv_buf_init(nullptr, 0);
      return;
    }
    const std::span<char> own = self->handler->read_space();
    *buffer = own.empty() ? uv_buf_init(shared_read_buffer(), kSharedReadBytes)
                          : uv_buf_init(own.data(), static_cast<unsigned>(own.size()));
  }

  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) noexcept {
    if (buffer->base == nullptr && count == UV_ENOBUFS) return;  // as on_alloc() wanted it
    auto* self = static_cast<Impl*>(stream->data);
    Handler* handler = self->handler;
    if (count > 0) {
      self->round_read_in = self->loop.round();
      handler->on_bytes(Bytes(buffer->base, static_cast<size_t>(count)));
    } else if (count == UV_EOF) {
      handler->on_end({});
    } else if (count < 0) {
      handler->on_end(uv_strerror(static_cast<int>(count)));
    }
  }

  static void on_write(uv_write_t* request, int status) noexcept {
    auto* self = static_cast<Impl*>(request->data);
    if (status == UV_ECANCELED) return;  // the stream is closing
    self->writing.release();
    if (status == 0) {
      self->handler->on_written();
    } else {
      self->handler->on_end(uv_strerror(status));
    }
  }
};

const size_t Stream::kBytes = sizeof(Stream) + sizeof(Impl);

Stream::Stream(Loop& loop, int fd, Kind kind, Handler& handler)
    : impl_(new Impl(loop)), kind_(kind), fd_(fd) {
  impl_->handler = &handler;
  if (kind == Kind::tcp) {
    ENSURE(uv_tcp_init(loop.handle(), &impl_->tcp) == 0);
    ENSURE(uv_tcp_open(&impl_->tcp, fd) == 0);
    uv_tcp_nodelay(&impl_->tcp, 1);
  } else {
    ENSURE(uv_pipe_init(loop.handle(), &impl_->pipe, 0) == 0);
    ENSURE(uv_pipe_open(&impl_->pipe, fd) == 0);
  }
  impl_->handle.data = impl_;
}

Stream::~Stream() {
  uv_close(&impl_->handle,
           [](uv_handle_t* handle) noexcept { delete static_cast<Impl*>(handle->data); });
}

void Stream::start_reading() { uv_read_start(&impl_->stream, Impl::on_alloc, Impl::on_read); }

void Stream::stop_reading() { uv_read_stop(&impl_->stream); }

void Stream::drop_unread() {
  if (kind_ != Kind::tcp) return;
  // A peer that goes on sending is not waited for.
  (void)!recv(fd_, nullptr, kDroppedBytesMax, MSG_DONTWAIT | MSG_TRUNC);
}

void Stream::read_now(std::span<char> room) {
  Handler* const handler = impl_->handler;
  const ssize_t count = recv(fd_, room.data(), room.size(), MSG_DONTWAIT);
  if (count > 0) return handler->on_bytes({room.data(), static_cast<size_t>(count)});
  if (count == 0) return handler->on_end({});
  if (errno != EAGAIN && errno != EINTR) handler->on_end(std::strerror(errno));
}

size_t Stream::try_write(Bytes bytes) {
  const uv_buf_t buffer = buffer_of(bytes);
  const int written = uv_try_write(&impl_->stream, &buffer, 1);
  return written > 0 ? static_cast<size_t>(written) : 0;
}

void Stream::write(protocol::Output bytes) {
  impl_->writing = std::move(bytes);
  impl_->write_request.data = impl_;
  const uv_buf_t buffer = buffer_of(impl_->writing.view());
  uv_write(&impl_->write_request, &impl_->stream, &buffer, 1, Impl::on_write);
}

}  // namespace tidemark::server
