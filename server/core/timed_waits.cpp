#include "server/core/timed_waits.hpp"

#include <utility>

#include "server/command/caller.hpp"
#include "server/core/core.hpp"
#include "server/net/timer.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server {

struct TimedWaits::Pending {
  Wait wait;
  std::unique_ptr<Timer> timer;  // null: for ever
};

TimedWaits::TimedWaits() = default;
TimedWaits::~TimedWaits() = default;

void TimedWaits::add(Core& core, Wait wait) {
  const uint64_t id = wait.client_id;
  const uint64_t timeout_ms = wait.timeout_ms;
  auto pending = std::make_unique<Pending>(Pending{.wait = std::move(wait), .timer = nullptr});
  if (timeout_ms > 0) {
    pending->timer = std::make_unique<Timer>(core.loop(), [this, &core, id] {
      core.enter([this, id](OnCore& here) { end(here, id, End::timeout); });
    });
    pending->timer->start(timeout_ms, 0);
  }
  const bool added = waits_.emplace(id, std::move(pending)).second;
  ENSURE(added);
}

void TimedWaits::end(OnCore& here, uint64_t client_id, End how) {
  const auto over = waits_.extract(client_id);
  if (over.empty()) return;
  const Wait& wait = over.mapped()->wait;
  wait.caller.resume(here,
                     how == End::timeout
                         ? wait.on_timeout()
                         : protocol::Reply::error("UNBLOCKED client unblocked via CLIENT UNBLOCK"));
}

bool TimedWaits::forget(uint64_t client_id) { return waits_.erase(client_id) > 0; }

}  // namespace tidemark::server
