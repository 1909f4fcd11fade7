#include "server/core/core.hpp"

#include <utility>

#include "server/client/client.hpp"
#include "server/command/aftermath.hpp"
#include "server/command/serve.hpp"
#include "server/core/allocator.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

// How many times in a row the mailbox is emptied before the loop looks at its sockets again: two
// cores that keep each other busy must not starve those who are connected.
constexpr int kDrainsMax = 4;
// What a round frees of a flushed database or the like: some tenths of a millisecond.
constexpr size_t kFreedPerRound = 2048;
// What a round removes of the fields of hashes whose time is up: some tenths of a millisecond.
constexpr size_t kShedAtOnce = 512;

}  // namespace

void OnCore::post(CoreId to, std::unique_ptr<Message> message) const {
  core_.outboxes_[to.value()].push_back(std::move(message));
  core_.outboxes_filled_ = true;
}

OnCore OnCore::at(CoreId stopped) const { return OnCore(server().core(stopped), now_us_); }

void OnCore::remove_client_later(uint64_t client_id) const {
  core_.clients_to_remove_.push_back(client_id);
}

void OnCore::flush_client_later(uint64_t client_id) const {
  core_.clients_to_flush_.push_back(client_id);
}

Core::Core(CoreId id, Server& server, const CoreOptions& options)
    : id_(id), server_(server), outboxes_(options.cores), data_(options) {}

// What was not delivered goes before the data that it is about.
Core::~Core() {
  (void)mailbox_.take_all();
  outboxes_.clear();
}

void Core::post(std::unique_ptr<Message> message) {
  MessageChain chain;
  chain.push_back(std::move(message));
  if (mailbox_.push(std::move(chain)) == Mailbox::Receiver::asleep) loop_.wake();
}

// Every callback begins with it.
int64_t Core::refresh_clock() {
  if (in_script_) [[unlikely]] {
    return now_us_;
  }
  data_.probe.begin();
  const int64_t now_us = wall_clock_us();
  now_us_ = now_us;
  data_.keyspace.set_time(now_us / 1000);
  // Before a command can look, so that a hash whose last field has expired is not there any more.
  if (data_.keyspace.anything_to_shed() && !shedding_) shed();
  return now_us;
}

// Where more has expired at once than may be removed at once, the rest is left to the rounds of the
// loop, or every callback would pay for it.
[[gnu::noinline]] void Core::shed() {
  shedding_ = server_.debug().active_expire && data_.keyspace.shed(kShedAtOnce);
}

void Core::run() {
  const crash::CoreThread thread(data_.probe, id_.value());
  use_own_arena();
  loop_.set_hooks(
      {.before_wait = [this] { return before_wait(); }, .after_wait = [this] { after_wait(); }});
  cron_ = std::make_unique<Timer>(loop_, [this] {
    enter([this](OnCore& here) {
      server_.on_cron(here);
      cron_->start(static_cast<uint64_t>(1000 / server_.settings().hz), 0);
    });
  });
  cron_->start(1, 0);
  loop_.run();
  loop_.set_hooks({});
  cron_.reset();
}

// Does a bit of what must not be done at once: frees what was removed, evicts what is too much.
// True where there is more: the loop goes round without waiting, and serves clients in between.
bool Core::work_off() {
  bool more = false;
  if (!data_.keyspace.disposal().empty()) more = data_.keyspace.free_some(kFreedPerRound);
  if (shedding_ || data_.keyspace.anything_to_shed()) shed();
  more = more || shedding_;
  if (server_.loading()) {
    const OnCore here(*this, refresh_clock());
    more = server_.startup_load().step(here) || more;
  }
  if (server_.background_save().running()) {
    const OnCore here(*this, refresh_clock());
    more = server_.background_save().step(here) || more;
  }
  if (data_.subscribers.anything_released()) {
    more = data_.subscribers.take_apart(OnCore(*this, now_us_)) || more;
  }
  if (data_.tracking.anything_to_work_off()) {
    more = data_.tracking.work_off(OnCore(*this, now_us_)) || more;
  }
  if (data_.more_to_evict) {
    const OnCore here(*this, refresh_clock());
    (void)server_.make_room(here);
    more = more || data_.more_to_evict;
  }
  return more;
}

Loop::Hooks::Wait Core::before_wait() {
  if (work_off()) {
    flush();
    drain();
    flush();
    return Loop::Hooks::Wait::no;
  }
  for (int i = 0; i < kDrainsMax; ++i) {
    flush();
    if (mailbox_.try_sleep()) {
      data_.probe.rest();
      return Loop::Hooks::Wait::yes;
    }
    drain();
  }
  flush();
  return Loop::Hooks::Wait::no;
}

void Core::after_wait() {
  mailbox_.wake();
  flush();
  drain();
}

void Core::drain() {
  if (leaving_) return;
  MessageChain chain = mailbox_.take_all();
  if (chain.empty()) return;
  OnCore here(*this, refresh_clock());
  chain.look_ahead(here);
  while (std::unique_ptr<Message> message = chain.pop_front()) {
    Message& arriving = *message;
    arriving.arrive(here, std::move(message));
    if (leaving_) return end_loop();
  }
}

void Core::end_loop() {
  OnCore here(*this, refresh_clock());
  server_.on_leave(here);
  loop_.stop();
}

// What a round leaves behind: batched loads, replies of clients who were written to by others,
// clients who are gone, and the messages for other cores.
void Core::flush() {
  if (data_.write_behind != nullptr) data_.write_behind->flush(now_us_);
  if (data_.passing_users.arrived()) data_.passing_users.part(OnCore(*this, now_us_));
  // Keys that went without a command: expired, or evicted.
  if (data_.changes.noted()) tell_changes(OnCore(*this, now_us_), Reach(), nullptr);
  if (data_.tracking.has_rest()) data_.tracking.tell_the_rest(OnCore(*this, now_us_));
  if (data_.waiting_keys.any_ready()) serve_ready(OnCore(*this, now_us_), Reach());
  if (!clients_to_flush_.empty()) {
    OnCore here(*this, refresh_clock());
    for (const uint64_t id : std::exchange(clients_to_flush_, {})) {
      if (Client* client = data_.clients.find(id)) client->flush(here);
    }
  }
  if (!clients_to_remove_.empty()) {
    for (const uint64_t id : std::exchange(clients_to_remove_, {})) data_.clients.remove(id);
  }
  if (data_.monitors.pending()) {
    OnCore here(*this, refresh_clock());
    data_.monitors.pass_on(here);
  }
  if (server_.settings().maxmemory_clients != MemoryOrPercent{}) {
    check_client_memory(OnCore(*this, now_us_));
  }
  data_.published_bytes.store(data_.used_bytes(), std::memory_order_relaxed);
  data_.published_changes.store(data_.keyspace.stats().changes, std::memory_order_relaxed);
  if (!outboxes_filled_) return;
  outboxes_filled_ = false;
  for (size_t to = 0; to < outboxes_.size(); ++to) {
    if (outboxes_[to].empty()) continue;
    Core& receiver = server_.core(CoreId(static_cast<uint16_t>(to)));
    if (receiver.mailbox_.push(std::move(outboxes_[to])) == Mailbox::Receiver::asleep) {
      receiver.loop_.wake();
    }
  }
}

}  // namespace tidemark::server
