// The part of Client that is about MULTI and EXEC: what is queued, and what becomes of it.

#include <algorithm>
#include <memory>
#include <utility>

#include "protocol/encode.hpp"
#include "server/client/client.hpp"
#include "server/command/command_table.hpp"
#include "server/command/execute.hpp"
#include "server/core/core.hpp"
#include "server/errors.hpp"
#include "server/scripts/script_flags.hpp"
#include "server/server.hpp"
#include "server/transaction/transaction.hpp"
#include "server/transaction/transaction_run.hpp"

namespace tidemark::server {

Transaction& Client::transaction_or_new(const OnCore& here) {
  if (transaction_ == nullptr) {
    transaction_ = std::make_unique<Transaction>(here.server().router());
  }
  return *transaction_;
}

bool Client::in_transaction() const { return transaction_ != nullptr && transaction_->open(); }

bool Client::queues(const Command& command) const {
  return in_transaction() && !has(command.flags, Flag::at_once);
}

void Client::drop_transaction(const OnCore& here) {
  if (transaction_ == nullptr) return;
  transaction_->unwatch(here);
  transaction_ = nullptr;
}

// What a command is to CLIENT PAUSE: EXEC is all that it will run.
Flag Client::flags_of(const RequestBatch::Request& request) const {
  const Flag own = request.entry->command->flags;
  return has(own, Flag::runs_queue) && in_transaction() ? own | transaction_->flags() : own;
}

void Client::queue(const OnCore& here, const RequestBatch::Request& request) {
  const auto args = batch_.args(request);
  const Flag flags = flags_of_call(here.server(), *request.entry, args);
  transaction_->queue(*request.entry, args, flags, here.id());
  reply(protocol::Reply::queued());
}

// Says so of a command that does not run.
void Client::refuse(const OnCore& here, const RequestBatch::Request& request,
                    protocol::Reply refusal) {
  if (request.entry != nullptr && has(request.entry->command->flags, Flag::runs_queue)) {
    drop_transaction(here);
    refusal = transaction_aborted(refusal);
  } else if (in_transaction()) {
    transaction_->set_failed();
  }
  count_refusal(here, request.entry, refusal);
  reply(refusal);
}

void Client::end_of_transaction(OnCore& here, TransactionRun& run) {
  transaction_->forget_watch();
  transaction_ = nullptr;
  if (closed()) return leave(here);
  if (!run.refusal()) {
    // CLIENT REPLY may be a part of it, which silences what follows and nothing before.
    const auto silence = run.asked_for_silence() ? Silence::asked : Silence::to_ask;
    return answer(here, std::max<uint64_t>(run.cycles(), 1), run.take_reply(), silence);
  }
  const protocol::Reply refusal = transaction_aborted(*run.refusal());
  count_refusal(here, batch_.front().entry, refusal);
  reply(refusal);
  go_on_behind(here);
}

}  // namespace tidemark::server
