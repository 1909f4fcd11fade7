#include "server/net/loop.hpp"

#include <uv.h>

#include <utility>

#include "storage/base/ensure.hpp"

namespace tidemark::server {

struct Loop::Impl {
  uv_loop_t loop;
  uv_prepare_t prepare;
  uv_check_t check;
  uv_idle_t idle;
  uv_async_t async;
  Hooks hooks;
  uint64_t round = 0;

  static void on_prepare(uv_prepare_t* handle) noexcept {
    auto* self = static_cast<Impl*>(handle->data);
    ++self->round;
    if (!self->hooks.before_wait) return;
    // An active idle handle is libuv's way to say that the wait must not block.
    if (self->hooks.before_wait() == Hooks::Wait::no) {
      uv_idle_start(&self->idle, [](uv_idle_t*) noexcept {});
    } else {
      uv_idle_stop(&self->idle);
    }
  }

  static void on_check(uv_check_t* handle) noexcept {
    auto* self = static_cast<Impl*>(handle->data);
    if (self->hooks.after_wait) self->hooks.after_wait();
  }
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {
  ENSURE(uv_loop_init(&impl_->loop) == 0);
  impl_->prepare.data = impl_->check.data = impl_->idle.data = impl_->async.data = impl_.get();
  ENSURE(uv_prepare_init(&impl_->loop, &impl_->prepare) == 0);
  ENSURE(uv_check_init(&impl_->loop, &impl_->check) == 0);
  ENSURE(uv_idle_init(&impl_->loop, &impl_->idle) == 0);
  ENSURE(uv_async_init(&impl_->loop, &impl_->async, [](uv_async_t*) noexcept {}) == 0);
  ENSURE(uv_prepare_start(&impl_->prepare, Impl::on_prepare) == 0);
  ENSURE(uv_check_start(&impl_->check, Impl::on_check) == 0);
}

Loop::~Loop() {
  impl_->hooks = {};
  // Whoever made a handle on this loop has closed it by now; what is left is ours.
  const auto close = [](auto& handle) {
    uv_close(reinterpret_cast<uv_handle_t*>(&handle), nullptr);
  };
  close(impl_->prepare);
  close(impl_->check);
  close(impl_->idle);
  close(impl_->async);
  uv_run(&impl_->loop, UV_RUN_DEFAULT);
  ENSURE(uv_loop_close(&impl_->loop) == 0);
}

uv_loop_s* Loop::handle() { return &impl_->loop; }

void Loop::set_hooks(Hooks hooks) { impl_->hooks = std::move(hooks); }

void Loop::run() { uv_run(&impl_->loop, UV_RUN_DEFAULT); }

void Loop::stop() { uv_stop(&impl_->loop); }

void Loop::wake() { uv_async_send(&impl_->async); }

uint64_t Loop::round() const { return impl_->round; }

}  // namespace tidemark::server
