#include "server/net/signals.hpp"

#include <uv.h>

#include <utility>

#include "server/net/loop.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server {

struct Signals::Watch {
  uv_signal_t handle;
  std::function<void()> callback;
};

Signals::~Signals() {
  for (Watch* watch : watches_) {
    uv_close(reinterpret_cast<uv_handle_t*>(&watch->handle),
             [](uv_handle_t* handle) noexcept { delete static_cast<Watch*>(handle->data); });
  }
}

void Signals::on(int signal, std::function<void()> callback) {
  auto* watch = new Watch{.handle = {}, .callback = std::move(callback)};
  ENSURE(uv_signal_init(loop_.handle(), &watch->handle) == 0);
  watch->handle.data = watch;
  watches_.push_back(watch);
  ENSURE(
      uv_signal_start(
          &watch->handle,
          [](uv_signal_t* handle, int) noexcept { static_cast<Watch*>(handle->data)->callback(); },
          signal) == 0);
}

}  // namespace tidemark::server
