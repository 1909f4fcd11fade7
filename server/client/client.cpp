#include "server/client/client.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "protocol/encode.hpp"
#include "server/client/client_limits.hpp"
#include "server/client/describe.hpp"
#include "server/command/key_wait.hpp"
#include "server/core/core.hpp"
#include "server/log/log.hpp"
#include "server/net/socket.hpp"
#include "server/server.hpp"
#include "server/tracking/invalidation.hpp"
#include "server/tracking/tracking.hpp"
#include "server/transaction/transaction.hpp"

namespace tidemark::server {

namespace {

// From this size on the rest of an argument is read to where it will lie, instead of being copied
// there; Redis calls it a big argument.
constexpr size_t kBigArgBytes = size_t{32} * 1024;
// What one read may bring of a big argument.
constexpr size_t kReadBytesMax = size_t{4} << 20;
// While a command waits, this much of what follows is taken in; then the peer has to wait too.
constexpr size_t kWaitingInputBytesMax = size_t{1} << 20;
// A client without a byte in any buffer: the object, its place in the registry, libuv's handle.
const size_t kConnectionBytes = sizeof(Client) + Stream::kBytes + 64;
// More replies than this do not wait for those of commands that are away.
constexpr size_t kHeldBackBytesMax = size_t{64} << 10;
// After so long without a word, what is kept ready for the next command is given back.
constexpr int64_t kIdleMs = 2000;

}  // namespace

Client::Client(Core& core, const Options& options, int64_t now_ms)
    : core_(core),
      stream_(std::make_unique<Stream>(core.loop(), options.fd, options.kind, *this)),
      kind_(options.kind),
      local_peer_(peer_is_local(options.fd)) {
  session_.client_id = share_.client_id = options.id;
  session_.home = core.id();
  facts_.peer = peer_name(options.fd);
  facts_.local = local_name(options.fd);
  facts_.connected_ms = facts_.last_interaction_ms = now_ms;
}

Client::~Client() = default;

void Client::start() { stream_->start_reading(); }

CoreId Client::home() const { return core_.id(); }

bool Client::blocked() const { return core_.data().timed_waits.contains(session_.client_id); }

int Client::fd() const { return stream_ ? stream_->fd() : -1; }

size_t Client::memory_bytes() const {
  return kConnectionBytes + input_.memory_bytes() + out_.memory_bytes() + flying_bytes_ +
         away_args_ + parser_.memory_bytes() + batch_.memory_bytes() + facts_.name.capacity() +
         facts_.peer.capacity() + facts_.local.capacity() +
         (key_wait_ != nullptr ? key_wait_->memory_bytes() : 0) +
         (transaction_ != nullptr ? transaction_->memory_bytes() : 0) +
         (subscriptions_ != nullptr ? subscriptions_->memory_bytes() : 0) +
         (tracking_ != nullptr ? tracking_->memory_bytes() : 0);
}

size_t Client::query_buffer_bytes() const {
  return input_.size() + (transaction_ != nullptr ? transaction_->queued_bytes() : 0);
}

ClientMemory Client::memory() const {
  // A command that runs from where it was read is nowhere else.
  const bool in_place = input_.empty();
  // Of a request that is here in part, what was understood is arguments already.
  const bool in_part = !in_place && batch_.empty() && away_bytes_ == 0;
  const size_t understood = in_part ? parser_.bytes_done() : 0;
  return {
      .query_bytes = away_bytes_ + (in_place ? batch_.stream_bytes() : input_.size() - understood),
      .query_free = input_.memory_bytes() - input_.size(),
      .arguments = away_args_ + batch_.owned_bytes() + (in_part ? parser_.argument_bytes() : 0),
      .reply_bytes = out_.size(),
      .reply_buffer = out_.memory_bytes(),
      .reply_peak = reply_peak_,
      .flying = flying_bytes_,
      .transaction = transaction_ != nullptr ? transaction_->memory_bytes() : 0,
      .total = memory_bytes()};
}

void Client::account(CoreData& data) {
  data.client_memory.update(share_, memory_bytes(),
                            facts_.no_evict || closed() ? ClientMemoryBooks::Evictable::no
                                                        : ClientMemoryBooks::Evictable::yes);
}

// ---- Bytes in.

std::span<char> Client::read_space() {
  if (input_.empty() || waiting_) return {};
  const size_t wanted = parser_.bytes_wanted();
  if (wanted < kBigArgBytes) return {};
  // The rest of the argument and its line end, and no more: what follows it starts anew in the
  // shared buffer.
  const size_t room = std::min(wanted, kReadBytesMax);
  const Bytes before = input_.view();
  char* const space = input_.reserve(room);
  batch_.rebase(before, input_.view().data());
  return {space, room};
}

void Client::on_bytes(Bytes bytes) {
  core_.enter([this, bytes](OnCore& here) { take_in(here, bytes); });
}

void Client::take_in(OnCore& here, Bytes bytes) {
  facts_.last_interaction_ms = here.now_ms();
  Statistics& statistics = here.data().statistics;
  statistics.net_input_bytes += bytes.size();
  ++statistics.reads_processed;

  const bool read_in_place =
      input_.memory_bytes() > 0 && bytes.data() == input_.view().data() + input_.size();
  if (read_in_place) {
    input_.commit(bytes.size());
  } else if (waiting_ || !input_.empty()) {
    keep(bytes);
  } else {
    // The usual case: whole requests, run from where they were read.
    const size_t consumed = run(here, bytes);
    if (closed()) return finish(here);
    if (closing()) {
      forget_input();
      return finish(here);
    }
    const Bytes rest = bytes.substr(consumed);
    if (!rest.empty()) {
      input_.append(rest);
      batch_.rebase(rest, input_.view().data());
    }
    return finish(here);
  }
  if (!waiting_) return go_on(here);
  if (input_.size() > kWaitingInputBytesMax) set_reading(false);
  account(here.data());
}

void Client::keep(Bytes bytes) {
  const Bytes before = input_.view();
  const char* const old_data = before.data();
  input_.append(bytes);
  if (input_.view().data() != old_data) batch_.rebase(before, input_.view().data());
}

void Client::go_on(OnCore& here) {
  const size_t consumed = run(here, input_.view());
  if (closing()) {
    forget_input();
  } else if (!closed()) {
    input_.consume_front(consumed);
  }
  finish(here);
}

bool Client::is_output_limited(const OnCore& here) const {
  return output_bytes_max(here.server().settings(), *this) != SIZE_MAX;
}

// Nobody will run what was sent behind the command that ends the connection.
void Client::forget_input() {
  batch_.clear();
  input_.release();
}

void Client::finish(OnCore& here) {
  if (closed()) return;
  if (input_.empty() && input_.memory_bytes() > 0) {
    input_.release();
    parser_.release_spare();
  }
  if (out_is_full_ || close_after_reply_) {
    set_reading(false);
  } else if (!waiting_) {
    set_reading(true);
    // The rest of a big argument has its place at once, so that it is counted before it is there.
    (void)read_space();
    check_query_buffer(here, *this);
  }
  if (!away_ || !may_hold_back(here)) flush(here);
}

// The replies of what is away will be here in some microseconds: one write for them all.
bool Client::may_hold_back(const OnCore& here) const {
  return is_output_limited(here) ? unanswered_bytes_ < kRequestBytesPerWrite
                                 : out_.size() <= kHeldBackBytesMax;
}

void Client::set_reading(bool wanted) {
  if (reading_ == wanted || ended_) return;
  reading_ = wanted;
  if (wanted) {
    stream_->start_reading();
  } else {
    stream_->stop_reading();
  }
}

// ---- Bytes out.

bool Client::wants_reply() {
  if (reply_mode_ == ReplyMode::on) [[likely]] {
    return true;
  }
  if (reply_mode_ == ReplyMode::skip_this) reply_mode_ = ReplyMode::on;
  return false;
}

void Client::reply(const protocol::Reply& reply) {
  if (wants_reply()) protocol::encode(reply, session_.resp, out_);
}

void Client::append(Bytes replies) {
  if (wants_reply()) out_.append(replies);
}

void Client::push(const OnCore& here, Bytes wire) {
  if (closed() || reply_mode_ == ReplyMode::off) return;
  push_between(here, wire);
  check_output_limit(here);
}

void Client::push_between(const OnCore& here, Bytes wire) {
  if (closed()) return;
  // Who has too much waiting already is closed at the end of the round: it need not become more.
  overrun_ = overrun_ || output_bytes() > output_bytes_max(here.server().settings(), *this);
  if (!overrun_) (pushed_into_ != nullptr ? *pushed_into_ : out_).append(wire);
  if (!std::exchange(flush_is_due_, true)) here.flush_client_later(session_.client_id);
}

Subscriptions& Client::subscriptions_or_new() {
  if (subscriptions_ == nullptr) subscriptions_ = std::make_unique<Subscriptions>(*this);
  return *subscriptions_;
}

std::unique_ptr<Subscriptions> Client::take_subscriptions() { return std::move(subscriptions_); }

void Client::set_tracking(std::unique_ptr<Tracking> tracking) {
  tracking_ = std::move(tracking);
  session_.caches = tracking_ != nullptr;
  session_.hears_behind = false;
  session_.tracks = tracking_ != nullptr && tracking_->remembers();
  session_.no_loop = tracking_ != nullptr && tracking_->options().no_loop;
}

bool Client::is_subscriber() const { return subscriptions_ != nullptr && !subscriptions_->empty(); }

// Whether nothing more may run for the peer, as it has so many replies to read. Where they are more
// than it may have waiting, it is closed.
bool Client::output_full(const OnCore& here) {
  const Settings& settings = here.server().settings();
  const auto pause = static_cast<size_t>(settings.client_output_buffer_pause);
  const size_t limit = pause == 0 ? SIZE_MAX : pause;
  if (output_bytes() <= std::min(limit, output_bytes_max(settings, *this))) [[likely]] {
    return out_is_full_ = false;
  }
  // Before anything is sent: of replies that close the connection the peer sees nothing.
  check_output_limit(here);
  if (closed()) return true;
  send(here);
  return out_is_full_ = output_bytes() > limit;
}

// Hands what it has to the kernel, and the rest to the stream.
void Client::send(const OnCore& here) {
  unanswered_bytes_ = 0;
  if (flying_bytes_ > 0 || out_.empty()) return;
  reply_peak_ = std::max(reply_peak_, out_.size());
  const size_t sent = stream_->try_write(out_.view());
  Statistics& statistics = here.data().statistics;
  statistics.net_output_bytes += sent;
  ++statistics.writes_processed;
  out_.consume_front(sent);
  if (out_.empty()) {
    out_.release();
  } else {
    flying_bytes_ = out_.size();
    statistics.net_output_bytes += flying_bytes_;
    stream_->write(out_.take());
  }
}

void Client::flush(const OnCore& here) {
  flush_is_due_ = false;
  if (closed()) return;
  // Of replies that are too many, none is sent.
  if (overrun_ || output_bytes() > output_bytes_max(here.server().settings(), *this)) [[unlikely]] {
    return check_output_limit(here);
  }
  send(here);
  check_output_limit(here);
  if (closed()) return;
  const bool done = !waiting_ && !out_is_full_ && output_bytes() == 0;
  if (done && (close_after_reply_ || ended_)) {
    stream_->drop_unread();
    return close(here);
  }
  account(here.data());
}

void Client::on_written() {
  core_.enter([this](OnCore& here) {
    flying_bytes_ = 0;
    if (out_is_full_) return go_on(here);
    flush(here);
  });
}

void Client::check_output_limit(const OnCore& here) {
  if (overrun_ || output_limit_exceeded(here, *this, over_soft_limit_since_ms_)) {
    ++here.data().statistics.output_buffer_limit_disconnections;
    log::warning(
        fmt::format("Client {} scheduled to be closed ASAP for overcoming of output buffer limits.",
                    describe(*this, here.now_ms())));
    close(here);
  }
}

// ---- The end.

void Client::on_end(Bytes reason) {
  core_.enter([this, reason](OnCore& here) {
    // It may wait for ever, and others would keep it alive in vain.
    if (reason.empty() && !blocked() && (waiting_ || output_bytes() > 0)) {
      // The peer sends no more, but may well read the replies it is owed.
      set_reading(false);
      ended_ = true;
      return;
    }
    close(here);
  });
}

void Client::close(const OnCore& here) {
  if (closed()) return;
  set_going();
  stream_.reset();
  out_.release();
  flying_bytes_ = 0;
  here.data().client_memory.remove(share_);
  if (held_by_pause_ && here.data().pause.forget(*this)) waiting_ = held_by_pause_ = false;
  if (facts_.monitor) stop_monitoring(here, *this);
  if (here.data().timed_waits.forget(here, session_.client_id)) waiting_ = false;
  key_wait_ = nullptr;
  kept = nullptr;
  if (transaction_ != nullptr && !transaction_->running()) drop_transaction(here);
  stop_tracking(here, *this);
  here.data().subscribers.release(here, *this);
  here.server().on_client_closed(here, *this);
  // Whoever still holds it (a command that waits, a run that is away, our own caller) goes first.
  if (!waiting_) here.remove_client_later(session_.client_id);
}

void Client::release_spare(const OnCore& here) {
  reply_peak_ = 0;
  if (!batch_.empty() || !input_.empty() || waiting_) return;
  if (batch_.memory_bytes() == 0) return;
  batch_.release_spare();
  parser_.release_spare();
  account(here.data());
}

void Client::watch(const OnCore& here) {
  if (closed()) return;
  check_output_limit(here);
  if (closed()) return;
  if (here.now_ms() - facts_.last_interaction_ms > kIdleMs) release_spare(here);
  if (idle_too_long(here, *this)) {
    log::verbose("Closing idle client");
    close(here);
  }
}

}  // namespace tidemark::server
