#include "server/net/timer.hpp"

#include <uv.h>

#include <utility>

#include "server/net/loop.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server {

struct Timer::Impl {
  uv_timer_t timer;
  std::function<void()> callback;
};

Timer::Timer(Loop& loop, std::function<void()> callback)
    : impl_(new Impl{.timer = {}, .callback = std::move(callback)}) {
  ENSURE(uv_timer_init(loop.handle(), &impl_->timer) == 0);
  impl_->timer.data = impl_;
}

Timer::~Timer() {
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->timer),
           [](uv_handle_t* handle) noexcept { delete static_cast<Impl*>(handle->data); });
}

void Timer::start(uint64_t delay_ms, uint64_t repeat_ms) {
  uv_timer_start(
      &impl_->timer,
      [](uv_timer_t* timer) noexcept { static_cast<Impl*>(timer->data)->callback(); }, delay_ms,
      repeat_ms);
}

void Timer::stop() { uv_timer_stop(&impl_->timer); }

bool Timer::active() const {
  return uv_is_active(reinterpret_cast<const uv_handle_t*>(&impl_->timer)) != 0;
}

}  // namespace tidemark::server
