// The part of TransactionRun that is about its end, at home: commands that are answered when the
// others have run, and the reply of the whole.

#include <string>
#include <utility>
#include <vector>

#include "protocol/encode.hpp"
#include "server/client/client.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/command_table.hpp"
#include "server/command/execute.hpp"
#include "server/command/route.hpp"
#include "server/core/core.hpp"
#include "server/server.hpp"
#include "server/transaction/transaction_run.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server {

using protocol::Reply;

TransactionRun::Deferred::Deferred(TransactionRun& run, size_t index)
    : request(index),
      place(run.replies_.size()),
      wanted(!run.client_at_hand() || run.client_.replies_wanted()),
      run_(run),
      session_(run.session()) {
  session_.may_wait = true;
}

void TransactionRun::Deferred::resume(OnCore& home, Reply answered) {
  protocol::Output out;
  protocol::encode(answered, session_.resp, out);
  answer(home, out.view());
}

void TransactionRun::Deferred::retry(OnCore&) { ENSURE(false); }
void TransactionRun::Deferred::await(const OnCore&, std::shared_ptr<KeyWait>) { ENSURE(false); }

void TransactionRun::Deferred::answer(OnCore& home, Bytes wire) {
  reply = wire;
  state = State::answered;
  if (!std::exchange(run_.waits_at_home_, false)) return;
  run_.self_ = home.data().waiting_runs.take(run_);
  run_.come_home(home);
}

Outcome TransactionRun::run_deferred(const OnCore& home, Deferred& deferred,
                                     protocol::Output& out) {
  const RequestBatch::Request& request = queue_.requests.at(deferred.request);
  const Call call{.entry = *request.entry,
                  .args = queue_.requests.args(request),
                  .caller = deferred,
                  .client = &client_,
                  .reach = {},
                  .part_of = PartOf::transaction};
  return execute(home, call, out);
}

// What is about the connection, where that is at hand, runs in its turn and may be answered later.
// Anything else is not begun before the others have run.
void TransactionRun::defer(const OnCore& here, size_t index, protocol::Output& out) {
  auto deferred = std::make_unique<Deferred>(*this, index);
  const bool about_connection = queue_.requests.at(index).entry->command->scope == Scope::home;
  if (about_connection && here.id() == home_ && client_at_hand()) {
    if (run_deferred(here, *deferred, out) == Outcome::replied) return;
    deferred->state = Deferred::State::waiting;
  }
  deferred_.push_back(std::move(deferred));
}

void TransactionRun::come_home(OnCore& home) {
  if (ran_ && !shown_) {
    shown_ = true;
    for (size_t i = 0; i < queue_.requests.size(); ++i) {
      client_.show(home, queue_.requests.at(i), queue_.requests);
    }
  }
  // One after the other, in their order.
  for (; deferred_done_ < deferred_.size(); ++deferred_done_) {
    Deferred& next = *deferred_[deferred_done_];
    if (next.state == Deferred::State::to_begin) begin(home, next);
    if (next.state == Deferred::State::answered) continue;
    waits_at_home_ = true;
    return home.data().waiting_runs.add(std::move(self_));
  }
  // The client may go, and take the transaction with it.
  const std::unique_ptr<Message> over = std::move(self_);
  client_.end_of_transaction(home, *this);
}

void TransactionRun::begin(const OnCore& home, Deferred& deferred) {
  if (queue_.requests.at(deferred.request).entry->command->scope != Scope::home) {
    return split(home, deferred);
  }
  protocol::Output out;
  const bool replied = run_deferred(home, deferred, out) == Outcome::replied;
  deferred.reply = out.view();
  deferred.state = replied ? Deferred::State::answered : Deferred::State::waiting;
}

void TransactionRun::split(const OnCore& home, Deferred& deferred) {
  const RequestBatch::Request& request = queue_.requests.at(deferred.request);
  const auto args = queue_.requests.args(request);
  if (request.entry->command->check != nullptr) {
    ArgReader reader(args, request.entry->words());
    if (const auto error = request.entry->command->check(reader)) {
      count_refusal(home, request.entry, *error);
      protocol::Output out;
      protocol::encode(*error, protocol::RespVersion::v2, out);
      deferred.reply = out.view();
      deferred.state = Deferred::State::answered;
      return;
    }
  }
  const Destination destination = route(home.server().router(), *request.entry, args, home.id());
  std::vector<CoreId> cores = destination.cores;
  if (cores.empty()) cores = {destination.way == Way::one_core ? destination.core : home.id()};
  deferred.state = Deferred::State::waiting;
  scatter(home, session_, *request.entry, args, cores,
          [&deferred](OnCore& on, Bytes reply) { deferred.answer(on, reply); });
}

Reply TransactionRun::take_reply() {
  if (!ran_) return Reply::null_array();
  if (deferred_.empty() && behind_.empty()) return Reply::encoded(std::move(replies_));
  protocol::Output whole;
  size_t at = 0;
  for (const auto& deferred : deferred_) {
    whole.append(replies_.view().substr(at, deferred->place - at));
    if (deferred->wanted) whole.append(deferred->reply);
    at = deferred->place;
  }
  whole.append(replies_.view().substr(at));
  if (client_.session().resp == protocol::RespVersion::v3) whole.append(behind_.view());
  return Reply::encoded(std::move(whole));
}

}  // namespace tidemark::server
