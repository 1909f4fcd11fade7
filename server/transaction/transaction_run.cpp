#include "server/transaction/transaction_run.hpp"

#include <algorithm>
#include <utility>

#include "protocol/encode.hpp"
#include "server/client/client.hpp"
#include "server/command/aftermath.hpp"
#include "server/command/command_table.hpp"
#include "server/command/execute.hpp"
#include "server/command/serve.hpp"
#include "server/core/core.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/core/exclusive.hpp"
#include "server/server.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server {

using protocol::Reply;

// ---- Getting there.

TransactionRun::TransactionRun(const OnCore& home, Client& client, Transaction& transaction)
    : client_(client),
      transaction_(transaction),
      queue_(transaction.queued()),
      home_(home.id()),
      session_([&client] {
        Session session = client.session();
        session.may_wait = false;
        return session;
      }()) {}

std::optional<Reply> TransactionRun::start(const OnCore& home, Client& client,
                                           Transaction& transaction) {
  transaction.set_running();
  auto owned = std::make_unique<TransactionRun>(home, client, transaction);
  TransactionRun& run = *owned;
  run.self_ = std::move(owned);
  run.find_cores();
  if (!run.cores_.empty() && !run.is_alone_on(home.id())) {
    run.set_off(home);
    return std::nullopt;
  }
  if (!run.attempt(home)) return std::nullopt;
  if (!run.deferred_.empty()) {
    run.homeward_ = true;
    home.post(home.id(), std::move(run.self_));
    return std::nullopt;
  }
  const std::unique_ptr<Message> over = std::move(run.self_);
  if (run.refusal_) return std::move(run.refusal_);
  return run.take_reply();
}

void TransactionRun::find_cores() {
  for (size_t i = 0; i < queue_.flags_by_core.size(); ++i) {
    if (queue_.flags_by_core[i]) cores_.emplace_back(static_cast<uint16_t>(i));
  }
  for (const CoreId core : transaction_.watching()) cores_.push_back(core);
  std::sort(cores_.begin(), cores_.end());
  cores_.erase(std::unique(cores_.begin(), cores_.end()), cores_.end());
}

bool TransactionRun::is_alone_on(CoreId core) const {
  return cores_.size() == 1 && cores_.front() == core;
}

// To where it runs. What is about the connection runs on its thread.
void TransactionRun::set_off(const OnCore& here) {
  std::unique_ptr<Message> self = std::move(self_);
  if (cores_.size() == 1) return here.post(cores_.front(), std::move(self));
  const std::vector<CoreId> cores = cores_;
  here.server().exclusives().run(cores, std::move(self),
                                 queue_.needs_home ? std::optional(home_) : std::nullopt);
}

void TransactionRun::arrive(OnCore& here, std::unique_ptr<Message> self) {
  self_ = std::move(self);
  if (homeward_) return come_home(here);
  if (!attempt(here)) return;
  homeward_ = true;
  // Before a core that was stopped can say that what was read has changed (tracking/).
  if (session_.caches) return here.server().core(home_).post(std::move(self_));
  here.post(home_, std::move(self_));
}

void TransactionRun::retry(OnCore& here) {
  self_ = here.data().waiting_runs.take(*this);
  set_off(here);
}

void TransactionRun::resume(OnCore&, Reply) { ENSURE(false); }
void TransactionRun::await(const OnCore&, std::shared_ptr<KeyWait>) { ENSURE(false); }

const Session& TransactionRun::session() const {
  return client_at_hand() ? client_.session() : session_;
}

// What is about the connection runs where that is at hand.
void TransactionRun::select(DbIndex db) { client_.select(db); }

// ---- There.

// Only its own core where there is one: then the parts of the data are found without asking whose
// they are.
Reach TransactionRun::reach() const { return cores_.size() > 1 ? Reach(cores_) : Reach(); }

bool TransactionRun::client_at_hand() const {
  return cores_.empty() || std::binary_search(cores_.begin(), cores_.end(), home_);
}

bool TransactionRun::attempt(const OnCore& here) {
  for (const CoreId core : cores_) here.server().core(core).data().pause.end_if_over(here.now_ms());
  if (client_.is_going()) {
    let_go(here);
    return true;
  }
  if (held_back(here) || stop_more(here)) return false;
  if (is_refused(here) || is_broken(here)) {
    let_go(here);
    return true;
  }
  if (!has_users(here)) return false;
  run_all(here);
  return true;
}

// A pause may have begun while it was on its way.
bool TransactionRun::held_back(const OnCore& here) {
  Pause& pause = here.data().pause;
  if (!pause.holds(queue_.flags(), here.now_ms())) return false;
  pause.hold(here, *this);
  here.data().waiting_runs.add(std::move(self_));
  return true;
}

// Somebody who waits for a key that it writes may have to be served on more cores (serve.hpp).
bool TransactionRun::stop_more(const OnCore& here) {
  std::vector<CoreId> cores = cores_;
  for (size_t i = 0; i < queue_.requests.size(); ++i) {
    const RequestBatch::Request& request = queue_.requests.at(i);
    for (const CoreId core :
         cores_to_stop(here, *request.entry, queue_.requests.args(request), reach())) {
      if (std::find(cores.begin(), cores.end(), core) == cores.end()) cores.push_back(core);
    }
  }
  if (cores.size() == cores_.size()) return false;
  std::sort(cores.begin(), cores.end());
  cores_ = std::move(cores);
  set_off(here);
  return true;
}

bool TransactionRun::is_refused(const OnCore& here) {
  if (refusal_) return true;
  for (const CoreId core : cores_) {
    const auto flags = queue_.flags_by_core[core.value()];
    if (flags) refusal_ = refuse_for_state(here.at(core), *flags);
    if (refusal_) return true;
  }
  return false;
}

bool TransactionRun::is_broken(const OnCore& here) {
  if (transaction_.watched() == nullptr) return false;
  for (const CoreId core : cores_) {
    here.server().core(core).data().watched_keys.look(*transaction_.watched());
  }
  return transaction_.broken();
}

void TransactionRun::run_all(const OnCore& here) {
  const uint64_t start = CycleClock::now();
  // Time stands still, and is the same everywhere.
  for (const CoreId core : cores_) {
    storage::Keyspace& keyspace = here.server().core(core).data().keyspace;
    if (keyspace.now_ms() < here.now_ms()) keyspace.set_time(here.now_ms());
  }
  if (cores_.size() > 1) ++here.data().statistics.exclusive_runs;
  ran_ = true;
  if (client_at_hand()) {
    client_.session().may_wait = false;
    client_.push_into(&replies_);
  }
  if (!client_at_hand() || client_.replies_wanted()) {
    protocol::write_array_header(replies_, queue_.requests.size());
  }
  for (size_t i = 0; i < queue_.requests.size(); ++i) run_shown(here, i);
  if (client_at_hand()) {
    client_.session().may_wait = true;
    client_.push_into(nullptr);
  }
  if (session_.hears_behind) tell_writer(here, reach(), session_, behind_);
  let_go(here);
  serve_ready(here, reach());
  cycles_ = CycleClock::now() - start;
}

// Monitors see it where they can, which is at home; or when it is back.
void TransactionRun::run_shown(const OnCore& here, size_t index) {
  if (here.id() == home_ && client_at_hand()) {
    shown_ = true;
    client_.show(here, queue_.requests.at(index), queue_.requests);
  }
  if (!client_at_hand() || client_.replies_wanted()) return run_one(here, index, replies_);
  // CLIENT REPLY is OFF: nobody wants its reply, unless this is what turns it ON.
  protocol::Output reply;
  run_one(here, index, reply);
  if (client_.replies_wanted()) replies_.append(reply.view());
}

void TransactionRun::run_one(const OnCore& here, size_t index, protocol::Output& out) {
  const RequestBatch::Request& request = queue_.requests.at(index);
  if (has(request.entry->command->flags, Flag::after_transaction)) return defer(here, index, out);
  const bool on_one = request.owner >= 0;
  const OnCore on = here.at(on_one ? CoreId(static_cast<uint16_t>(request.owner)) : here.id());
  const Call call{.entry = *request.entry,
                  .args = queue_.requests.args(request),
                  .caller = *this,
                  .client = client_at_hand() ? &client_ : nullptr,
                  .reach = on_one ? Reach() : Reach(cores_),
                  .part_of = PartOf::transaction};
  const Outcome outcome = execute(on, call, out);
  ENSURE(outcome == Outcome::replied);
}

// What it has with the cores that it is on.
void TransactionRun::let_go(const OnCore& here) {
  release_users(here);
  if (transaction_.watched() == nullptr) return;
  for (const CoreId core : cores_) {
    here.server().core(core).data().watched_keys.remove(*transaction_.watched());
  }
}

}  // namespace tidemark::server
