#include "server/core/pause.hpp"

#include <algorithm>
#include <utility>

#include "server/command/caller.hpp"
#include "server/core/core.hpp"
#include "server/core/work_message.hpp"
#include "server/server.hpp"
#include "storage/keyspace/keyspace.hpp"

namespace tidemark::server {

void Pause::extend(Mode mode, int64_t until_ms, int64_t now_ms) {
  end_if_over(now_ms);
  mode_ = std::max(mode_, mode);
  until_ms_ = std::max(until_ms_, until_ms);
  keyspace_.set_expiry(storage::Expiry::hides);
}

void Pause::end() {
  until_ms_ = 0;
  mode_ = writes_stopped_ > 0 ? Mode::write : Mode::none;
  if (writes_stopped_ > 0) return;
  keyspace_.set_expiry(storage::Expiry::removes);
}

void Pause::stop_writes() {
  ++writes_stopped_;
  mode_ = std::max(mode_, Mode::write);
  keyspace_.set_expiry(storage::Expiry::hides);
}

void Pause::allow_writes() {
  --writes_stopped_;
  if (until_ms_ == 0) end();
}

bool Pause::holds_while_active(Flag flags, int64_t now_ms) {
  end_if_over(now_ms);
  if (mode_ == Mode::none) return false;
  return mode_ == Mode::all || has(flags, Flag::write | Flag::may_replicate | Flag::may_write);
}

void Pause::hold(const OnCore& here, Caller& caller) {
  held_.push_back(&caller);
  if (until_ms_ <= here.now_ms()) return;  // no clock ends it
  if (timer_ == nullptr) {
    Core& core = here.server().core(here.id());
    timer_ = std::make_unique<Timer>(
        here.loop(), [this, &core] { core.enter([this](OnCore& on) { release(on); }); });
  }
  if (!timer_->active()) {
    timer_->start(static_cast<uint64_t>(std::max<int64_t>(until_ms_ - here.now_ms(), 1)), 0);
  }
}

bool Pause::forget(const Caller& caller) {
  const auto found = std::find(held_.begin(), held_.end(), &caller);
  if (found == held_.end()) return false;
  held_.erase(found);
  return true;
}

void Pause::release(OnCore& here) {
  end_if_over(here.now_ms());
  // Whoever is held again lines up behind the others, who are asked first: the order stays. A
  // caller that goes may take another one with it, so none is remembered beside the queue.
  for (size_t left = held_.size(); left > 0 && !held_.empty(); --left) {
    Caller* const caller = held_.front();
    held_.pop_front();
    caller->retry(here);
  }
}

void stop_writes(Server& server) {
  for (const CoreId id : server.router().every_core()) server.core(id).data().pause.stop_writes();
}

void allow_writes(Server& server) {
  for (const CoreId id : server.router().every_core()) {
    server.core(id).data().pause.allow_writes();
    server.core(id).post(
        std::make_unique<WorkMessage>([](OnCore& on) { on.data().pause.release(on); }));
  }
}

}  // namespace tidemark::server
