// How a client's bytes become commands: the part of Client that parses ahead, routes and runs.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "protocol/encode.hpp"
#include "server/client/client.hpp"
#include "server/client/client_limits.hpp"
#include "server/client/describe.hpp"
#include "server/client/run.hpp"
#include "server/client/wave.hpp"
#include "server/command/admit.hpp"
#include "server/command/command.hpp"
#include "server/command/command_table.hpp"
#include "server/command/execute.hpp"
#include "server/command/key_wait.hpp"
#include "server/command/route.hpp"
#include "server/command/serve.hpp"
#include "server/core/core.hpp"
#include "server/core/exclusive.hpp"
#include "server/log/log.hpp"
#include "server/scripts/script_flags.hpp"
#include "server/server.hpp"
#include "server/tracking/tracking.hpp"

namespace tidemark::server {

namespace {

// How far to parse ahead. Enough that the cache misses of its keys overlap as far as the processor
// can (it follows some ten at a time); few enough that the parsed requests stay in the first-level
// cache.
constexpr size_t kParseAhead = 32;

protocol::ParseLimits parse_limits(const OnCore& here, const Client& client) {
  const Settings& settings = here.server().settings();
  return {.bulk_bytes_max = static_cast<int64_t>(settings.proto_max_bulk_len),
          .peer = client.facts().authenticated ? protocol::Peer::authenticated
                                               : protocol::Peer::unauthenticated};
}

// Whether the key is a user of the read states, whose table is another one.
bool is_about_user(const RequestBatch::Request& request) {
  return request.entry->command->group == Group::read_state;
}

// A quoted inline argument lies in the parser, until the next request.
bool lies_in(Bytes request, std::span<const Bytes> args) {
  for (const Bytes arg : args) {
    if (arg.data() < request.data() || arg.data() >= request.data() + request.size()) return false;
  }
  return true;
}

}  // namespace

// Runs what it can of `unread`, whose first requests may be parsed already (batch_), and returns
// how many bytes it is done with.
size_t Client::run(OnCore& here, Bytes unread) {
  size_t consumed = 0;
  while (!waiting_ && !closed() && !close_after_reply_ && !output_full(here)) {
    const size_t before = consumed;
    if (batch_.empty()) consumed += parse_ahead(here, unread.substr(consumed));
    if (batch_.empty()) break;
    consumed += step(here);
    unanswered_bytes_ += consumed - before;
    if (unanswered_bytes_ >= kRequestBytesPerWrite && !away_ && is_output_limited(here)) send(here);
  }
  return consumed;
}

// Fills the batch with what whole requests are there. Returns how many bytes of blank lines and the
// like come before its first one, to be forgotten.
size_t Client::parse_ahead(OnCore& here, Bytes unread) {
  const CommandTable& commands = here.server().commands();
  const protocol::ParseLimits limits = parse_limits(here, *this);
  // A stranger's AUTH changes the limits for what follows it.
  const size_t ahead = facts_.authenticated ? kParseAhead : 1;
  size_t blank = 0;
  while (batch_.size() < ahead && !unread.empty()) {
    const auto status = parser_.parse(unread, limits);
    if (status == protocol::RequestParser::Status::incomplete) break;
    if (status == protocol::RequestParser::Status::error) {
      // What came before is answered first.
      if (!batch_.empty()) break;
      log::verbose(fmt::format("Protocol error ({}) from client: {}", parser_.error(),
                               describe(*this, here.now_ms())));
      reply(Reply::error("ERR " + std::string(parser_.error())));
      close_after_reply_ = true;
      break;
    }
    const Bytes raw = unread.substr(0, parser_.size());
    unread.remove_prefix(raw.size());
    const auto args = parser_.args();
    if (args.empty()) {
      // Goes with the request before it, if there is one.
      (batch_.empty() ? blank : batch_.at(batch_.size() - 1).bytes) += raw.size();
      continue;
    }
    const RequestBatch::Request request{.entry = commands.find_call(args), .bytes = raw.size()};
    if (lies_in(raw, args)) {
      batch_.push_back(request, args);
    } else {
      batch_.push_back_owned(request, args);
    }
  }
  look_ahead(here);
  return blank;
}

// Hashes the batch's keys, finds their owners, and starts to fetch the memory that those here will
// need, so that the misses of all of them overlap instead of following one another.
void Client::look_ahead(const OnCore& here) {
  if (batch_.size() < 2) return;
  const storage::Database& database = here.data().keyspace.database(session_.db);
  const storage::ReadStates& users = here.data().read_states;
  const Router& router = here.server().router();
  for (size_t i = 0; i < batch_.size(); ++i) {
    RequestBatch::Request& request = batch_.at(i);
    if (request.entry == nullptr || !request.entry->command->keys.single()) continue;
    if (request.entry->command->scope != Scope::keys) continue;
    const auto position = static_cast<size_t>(request.entry->command->keys.single_position());
    if (position >= request.arg_count) continue;
    const Bytes key = batch_.args(request)[position];
    const storage::HashedKey hashed = storage::hash_key(key);
    request.key_hash = hashed.hash;
    request.owner = router.owner(key).value();
    if (request.owner != here.id().value()) continue;
    if (is_about_user(request)) {
      users.prefetch_slot(hashed.hash);
    } else {
      database.prefetch_bucket(hashed);
    }
  }
  for (size_t i = 0; i < batch_.size(); ++i) {
    const RequestBatch::Request& request = batch_.at(i);
    if (request.owner != here.id().value()) continue;
    if (is_about_user(request)) {
      users.prefetch_user(request.key_hash);
    } else {
      database.prefetch_entry({.bytes = {}, .hash = request.key_hash});
    }
  }
}

Destination Client::destination_of(const OnCore& here, const RequestBatch::Request& request) const {
  if (request.owner < 0) {
    return route(here.server().router(), *request.entry, batch_.args(request), here.id());
  }
  if (request.owner == here.id().value()) return {};
  return {.way = Way::one_core, .core = CoreId(static_cast<uint16_t>(request.owner)), .cores = {}};
}

// A command whose keys are here may wake somebody who is served on several cores.
Destination Client::destination_here(const OnCore& here,
                                     const RequestBatch::Request& request) const {
  std::vector<CoreId> cores = cores_to_stop(here, *request.entry, batch_.args(request), Reach());
  if (cores.empty()) return {};
  return {.way = Way::together, .core = {}, .cores = std::move(cores)};
}

// Runs the first request of the batch, or sends it away with those that go the same way. Returns
// the bytes that it is done with; a suspended command's count when it is over.
size_t Client::step(OnCore& here) {
  RequestBatch::Request& request = batch_.front();
  const auto args = batch_.args(request);
  const size_t bytes = request.bytes;
  if (reply_mode_ == ReplyMode::skip_next) [[unlikely]] {
    reply_mode_ = ReplyMode::skip_this;
  }
  if (tracking_ != nullptr && !request.begun) [[unlikely]] {
    begin_tracking(request);
  }
  if (auto refusal = admit(here, *this, request.entry, args)) {
    refuse(here, request, std::move(*refusal));
    batch_.pop_front();
    return bytes;
  }
  if (held_back(here, request)) [[unlikely]] {
    here.data().pause.hold(here, *this);
    waiting_ = held_by_pause_ = true;
    return 0;
  }
  begin(here, request);
  if (queues(*request.entry->command)) {
    queue(here, request);
    batch_.pop_front();
    return bytes;
  }
  Destination destination = destination_of(here, request);
  if (destination.way == Way::here) destination = destination_here(here, request);
  const bool may_wait = has(request.entry->command->flags, Flag::blocking);
  if (may_wait && destination.way != Way::here) {
    send_attempt(here, destination);
    return 0;
  }
  if (destination.way == Way::one_core && may_part_ways(here)) return send_wave(here);
  switch (destination.way) {
    case Way::here:
      if (call_here(here, request) == Outcome::suspended) {
        waiting_ = true;
        return 0;
      }
      if (has(request.entry->command->flags, Flag::runs_queue)) show(here, request, batch_);
      break;
    case Way::one_core:
      return send_away(here, destination.core);
    case Way::together:
      stop_and_run(here, destination.cores);
      break;
    case Way::split:
      away_bytes_ = bytes;
      scatter(here, session_, *request.entry, args, destination.cores,
              [this](OnCore& home, Bytes reply) { on_run_back(home, reply); });
      waiting_ = away_ = true;
      break;
  }
  batch_.pop_front();
  return bytes;
}

// A command that was admitted and is about to run. It is the same one where it runs again, having
// waited for what it needs.
void Client::begin(const OnCore& here, RequestBatch::Request& request) {
  if (request.begun) return;
  request.begun = true;
  facts_.last_command = request.entry;
  ++facts_.commands;
  // What is queued is shown when it runs, and EXEC behind it.
  const Command& command = *request.entry->command;
  if (!queues(command) && !has(command.flags, Flag::runs_queue)) show(here, request, batch_);
}

// CLIENT CACHING is about the next command that is not CLIENT's, or about a transaction as a whole.
void Client::begin_tracking(const RequestBatch::Request& request) {
  const CommandEntry* const entry = request.entry;
  const bool of_client =
      entry != nullptr && entry->parent != nullptr && entry->command->group == Group::connection;
  tracking_->begin(of_client ? Tracking::Next::about_client : Tracking::Next::any,
                   in_transaction());
  session_.tracks = tracking_->remembers();
  session_.hears_behind = reply_mode_ == ReplyMode::on && tracking_->is_told_itself() &&
                          session_.resp == protocol::RespVersion::v3;
}

void Client::show(const OnCore& here, const RequestBatch::Request& request,
                  const RequestBatch& batch) const {
  Monitors& monitors = here.data().monitors;
  if (monitors.any()) [[unlikely]] {
    monitors.show(here, *this, *request.entry, batch.args(request));
  }
}

// Whether CLIENT PAUSE makes the command wait.
bool Client::held_back(OnCore& here, const RequestBatch::Request& request) const {
  Pause& pause = here.data().pause;
  if (!pause.active()) [[likely]] {
    return false;
  }
  Flag flags = flags_of(request);
  if (has(request.entry->command->flags, Flag::may_write)) {
    flags = flags_of_call(here.server(), *request.entry, batch_.args(request));
  }
  return pause.holds(flags, here.now_ms());
}

Outcome Client::call_here(OnCore& here, const RequestBatch::Request& request) {
  const Call call{.entry = *request.entry,
                  .args = batch_.args(request),
                  .caller = *this,
                  .client = this,
                  .key_hash = request.key_hash};
  if (reply_mode_ == ReplyMode::on) [[likely]] {
    return execute(here, call, out_);
  }
  protocol::Output replies;
  const Outcome outcome = execute(here, call, replies);
  if (outcome == Outcome::replied) append(replies.view());
  return outcome;
}

// Has the batch's first request, which may wait for keys, tried where these are. It stays the first
// one until it has its reply, however long that takes.
void Client::send_attempt(OnCore& here, const Destination& destination) {
  const RequestBatch::Request& request = batch_.front();
  auto run = here.data().runs.take();
  run->start(here.id(), session_, [this](OnCore& home, const Run::Replies& replies) {
    on_attempt_back(home, replies.all, replies.wait);
  });
  run->leave_undone_if(going_);
  away_args_ = run->add(request.entry, batch_.args(request), request.key_hash);
  waiting_ = away_ = true;
  if (destination.way == Way::one_core) {
    here.post(destination.core, std::move(run));
  } else {
    Run::stop_and_run(here, std::move(run), destination.cores, nullptr);
  }
}

// Sends the batch's first request to the core that owns its key, and with it those behind it that
// may go the same way: nothing but the replies is between them, so order holds.
size_t Client::send_away(OnCore& here, CoreId owner) {
  auto run = here.data().runs.take();
  run->start(here.id(), session_,
             [this](OnCore& home, const Run::Replies& replies) { on_run_back(home, replies.all); });
  size_t bytes = 0;
  do {
    RequestBatch::Request& request = batch_.front();
    begin(here, request);
    away_args_ += run->add(request.entry, batch_.args(request), request.key_hash);
    bytes += request.bytes;
    batch_.pop_front();
    if (batch_.empty() || reply_mode_ != ReplyMode::on) break;
    const RequestBatch::Request& next = batch_.front();
    const auto args = batch_.args(next);
    if (tracking_ != nullptr && tracking_->chosen()) break;
    // A refusal must not come before the replies of those that are away, and what may wait for
    // keys must not hold them up.
    if (admit(here, *this, next.entry, args) || held_back(here, next)) break;
    if (has(next.entry->command->flags, Flag::blocking)) break;
    const Destination destination = destination_of(here, next);
    if (destination.way != Way::one_core || destination.core != owner) break;
  } while (true);
  away_bytes_ = bytes;
  waiting_ = away_ = true;
  here.post(owner, std::move(run));
  return bytes;
}

// Whether the commands of this pipeline may run side by side. Word that a key has changed must not
// overtake a reply that tells what it was.
bool Client::may_part_ways(const OnCore& here) const {
  return here.server().settings().pipeline_order == PipelineOrder::relaxed &&
         reply_mode_ == ReplyMode::on && batch_.size() > 1 && tracking_ == nullptr;
}

// Sends the batch's first requests to the cores that own their keys, all at once, up to the first
// that is of another kind.
size_t Client::send_wave(OnCore& here) {
  const auto wave = std::make_shared<Wave>(
      here, session_, [this](OnCore& home, Bytes replies) { on_run_back(home, replies); });
  size_t bytes = 0;
  while (!batch_.empty()) {
    RequestBatch::Request& request = batch_.front();
    const auto args = batch_.args(request);
    if (admit(here, *this, request.entry, args) || held_back(here, request)) break;
    if (has(request.entry->command->flags, Flag::blocking)) break;
    const Destination destination = destination_of(here, request);
    const bool keyed = request.entry->command->keys.single();
    if (destination.way == Way::here && !keyed) break;
    if (destination.way == Way::together || destination.way == Way::split) break;
    const CoreId owner = destination.way == Way::here ? here.id() : destination.core;
    begin(here, request);
    away_args_ += wave->add(owner, *request.entry, args, request.key_hash);
    bytes += request.bytes;
    batch_.pop_front();
  }
  away_bytes_ = bytes;
  waiting_ = away_ = true;
  wave->start(here);
  return bytes;
}

// Runs the batch's first request with all the cores it involves stopped.
void Client::stop_and_run(OnCore& here, const std::vector<CoreId>& cores) {
  const RequestBatch::Request& request = batch_.front();
  auto run = here.data().runs.take();
  run->start(here.id(), session_,
             [this](OnCore& home, const Run::Replies& replies) { on_run_back(home, replies.all); });
  away_args_ = run->add(request.entry, batch_.args(request), request.key_hash);
  away_bytes_ = request.bytes;
  waiting_ = away_ = true;
  const bool all_stopped = cores.size() == here.server().core_count();
  Client* const at_hand = all_stopped ? this : nullptr;
  Run::stop_and_run(here, std::move(run), cores, at_hand);
}

// ---- Answers to what was waited for.

void Client::resume(OnCore& here, protocol::Reply reply) {
  const std::shared_ptr<KeyWait> wait = std::exchange(key_wait_, nullptr);
  if (closed()) return leave(here);
  answer(here, wait != nullptr ? wait->cycles : 0, reply);
}

// The batch's first request was suspended; it is counted now where it has `cycles`.
void Client::answer(OnCore& here, uint64_t cycles, const protocol::Reply& reply, Silence silence) {
  const RequestBatch::Request& request = batch_.front();
  const Call call{
      .entry = *request.entry, .args = batch_.args(request), .caller = *this, .client = this};
  protocol::Output replies;
  finish_suspended(here, call, cycles, reply, replies);
  if (wants_reply() || silence == Silence::asked) out_.append(replies.view());
  if (has(request.entry->command->flags, Flag::runs_queue)) show(here, request, batch_);
  go_on_behind(here);
}

// The batch's first request has its reply.
void Client::go_on_behind(OnCore& here) {
  const size_t bytes = batch_.front().bytes;
  batch_.pop_front();
  input_.consume_front(bytes);
  waiting_ = false;
  go_on(here);
}

void Client::retry(OnCore& here) {
  if (closed()) return leave(here);
  waiting_ = held_by_pause_ = false;
  go_on(here);
}

void Client::on_run_back(OnCore& here, Bytes replies) {
  if (closed()) return leave(here);
  append(replies);
  away_bytes_ = away_args_ = 0;
  waiting_ = away_ = false;
  go_on(here);
}

void Client::on_attempt_back(OnCore& here, Bytes reply, std::shared_ptr<KeyWait> wait) {
  away_ = false;
  away_args_ = 0;
  if (going_.taken()) {
    close(here);
    if (wait != nullptr) give_up(here, wait);
    return leave(here);
  }
  if (wait == nullptr) {
    append(reply);
    return go_on_behind(here);
  }
  await(here, std::move(wait));
  // Whoever sends no more waits in vain, and what came before need not wait, too.
  if (ended_) return close(here);
  flush(here);
}

// From here on the command ends at home: see TimedWaits.
void Client::await(const OnCore& here, std::shared_ptr<KeyWait> wait) {
  key_wait_ = wait;
  uint64_t timeout_ms = 0;
  if (wait->ends_ms() != 0) {
    timeout_ms = static_cast<uint64_t>(std::max<int64_t>(wait->ends_ms() - here.now_ms(), 1));
  }
  here.data().timed_waits.add(core_, {.client_id = session_.client_id,
                                      .caller = *this,
                                      .timeout_ms = timeout_ms,
                                      .on_timeout = [wait] { return wait->on_timeout(); },
                                      .keys = wait});
}

// The connection went while a command was under way, which is over now.
void Client::leave(OnCore& here) {
  waiting_ = false;
  here.remove_client_later(session_.client_id);
}

}  // namespace tidemark::server
