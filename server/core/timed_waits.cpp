#include "server/core/timed_waits.hpp"

#include <utility>

#include "server/command/caller.hpp"
#include "server/command/key_wait.hpp"
#include "server/core/claim.hpp"
#include "server/core/core.hpp"
#include "server/net/timer.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server {

struct TimedWaits::Pending {
  explicit Pending(Wait wanted) : wait(std::move(wanted)) {}
  // What waits for keys may be answered by other cores.
  Claim& claim() { return wait.keys != nullptr ? wait.keys->claim : own_claim; }

  Wait wait;
  Claim own_claim;
  std::unique_ptr<Timer> timer;  // null: for ever
};

TimedWaits::TimedWaits() = default;
TimedWaits::~TimedWaits() = default;

void TimedWaits::add(Core& core, Wait wait) {
  const uint64_t id = wait.client_id;
  const uint64_t timeout_ms = wait.timeout_ms;
  auto pending = std::make_unique<Pending>(std::move(wait));
  if (timeout_ms > 0) {
    pending->timer = std::make_unique<Timer>(core.loop(), [this, &core, id] {
      core.enter([this, id](OnCore& here) {
        if (claim(id)) end_claimed(here, id, End::timeout);
      });
    });
    pending->timer->start(timeout_ms, 0);
    ++timed_;
  }
  const bool added = waits_.emplace(id, std::move(pending)).second;
  ENSURE(added);
}

bool TimedWaits::claim(uint64_t client_id) {
  const auto found = waits_.find(client_id);
  return found != waits_.end() && found->second->claim().take();
}

void TimedWaits::end_claimed(OnCore& here, uint64_t client_id, End how) {
  const auto found = waits_.find(client_id);
  if (found == waits_.end()) return;  // it went meanwhile
  const Wait& wait = found->second->wait;
  if (wait.keys != nullptr) leave_lines(here, wait.keys);
  finish(here, client_id,
         how == End::timeout
             ? wait.on_timeout()
             : protocol::Reply::error("UNBLOCKED client unblocked via CLIENT UNBLOCK"));
}

void TimedWaits::answer(OnCore& here, const KeyWait& keys, protocol::Reply reply) {
  const auto found = waits_.find(keys.client_id());
  if (found == waits_.end() || found->second->wait.keys.get() != &keys) return;
  finish(here, keys.client_id(), std::move(reply));
}

void TimedWaits::finish(OnCore& here, uint64_t client_id, protocol::Reply reply) {
  const auto over = waits_.extract(client_id);
  if (over.mapped()->timer != nullptr) --timed_;
  over.mapped()->wait.caller.resume(here, std::move(reply));
}

bool TimedWaits::forget(const OnCore& here, uint64_t client_id) {
  const auto over = waits_.extract(client_id);
  if (over.empty()) return false;
  Pending& pending = *over.mapped();
  if (pending.timer != nullptr) --timed_;
  if (pending.wait.keys != nullptr) give_up(here, pending.wait.keys);
  return true;
}

}  // namespace tidemark::server
