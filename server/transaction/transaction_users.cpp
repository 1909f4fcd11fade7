// The part of TransactionRun that brings users into memory: all of them, before anything runs.

#include <atomic>
#include <string>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/command_table.hpp"
#include "server/core/core.hpp"
#include "server/errors.hpp"
#include "server/server.hpp"
#include "server/transaction/transaction_run.hpp"

namespace tidemark::server {

namespace {

// The user whom a queued command is about.
struct User {
  CoreId core;
  Bytes key;
};

User user_of(const RequestBatch& requests, size_t index) {
  const RequestBatch::Request& request = requests.at(index);
  const auto position = static_cast<size_t>(request.entry->command->keys.single_position());
  return {.core = CoreId(static_cast<uint16_t>(request.owner)),
          .key = requests.args(request)[position]};
}

// A call that will fail for what it says needs nobody.
bool will_fail(const RequestBatch& requests, size_t index) {
  const RequestBatch::Request& request = requests.at(index);
  if (request.entry->command->check == nullptr) return false;
  ArgReader args(requests.args(request), request.entry->words());
  return request.entry->command->check(args).has_value();
}

}  // namespace

// What the loads under way share, which come home on several cores. It owns the run meanwhile, so
// that a server that ends takes it along.
struct TransactionRun::Loading {
  std::unique_ptr<Message> run;
  std::atomic<size_t> missing;
  std::atomic<bool> failed = false;
  std::string reason;  // written by whoever sets `failed`

  void fail(const std::string& why) {
    if (!failed.exchange(true)) reason = why;
  }
  // True for the last one.
  bool one_less() { return missing.fetch_sub(1, std::memory_order_acq_rel) == 1; }
};

bool TransactionRun::has_users(const OnCore& here) {
  if (!queue_.needs_users) return true;
  std::vector<size_t> missing;
  for (size_t i = 0; i < queue_.requests.size(); ++i) {
    if (!has(queue_.requests.at(i).entry->command->flags, Flag::loads_user)) continue;
    const User user = user_of(queue_.requests, i);
    const CoreData& data = here.server().core(user.core).data();
    if (data.write_behind == nullptr) continue;
    if (data.read_states.find(user.key).residency() == storage::Residency::resident) continue;
    if (!will_fail(queue_.requests, i)) missing.push_back(i);
  }
  if (missing.empty()) return true;
  load(here, missing);
  return false;
}

// Asks for all who are missing, and holds all, also those who are there: or one would go while
// another comes, for ever.
void TransactionRun::load(const OnCore& here, const std::vector<size_t>& missing) {
  if (!std::exchange(holds_users_, true)) {
    for (size_t i = 0; i < queue_.requests.size(); ++i) {
      if (!has(queue_.requests.at(i).entry->command->flags, Flag::loads_user)) continue;
      const User user = user_of(queue_.requests, i);
      here.server().core(user.core).data().read_states.hold(user.key);
    }
  }
  const auto loading = std::make_shared<Loading>();
  loading->run = std::move(self_);
  // One more, so that it is not over before all were asked for.
  loading->missing = missing.size() + 1;
  for (const size_t i : missing) {
    const User user = user_of(queue_.requests, i);
    Core& core = here.server().core(user.core);
    const auto status = core.data().write_behind->request_load(
        user.key, [this, &core, loading](const storage::StoreStatus& outcome) {
          if (!outcome) loading->fail(outcome.reason);
          if (!loading->one_less()) return;
          core.enter([this, &loading](OnCore& on) { loaded(on, *loading); });
        });
    if (status) continue;
    loading->fail(status.reason);
    (void)loading->one_less();
  }
  if (loading->one_less()) loaded(here, *loading);
}

// All who were asked for have come, or will not.
void TransactionRun::loaded(const OnCore& here, Loading& loading) {
  if (loading.failed) refusal_ = store_down(loading.reason);
  self_ = std::move(loading.run);
  set_off(here);
}

// Those who came while memory was full go again (passing_users.hpp).
void TransactionRun::release_users(const OnCore& here) {
  if (!std::exchange(holds_users_, false)) return;
  for (size_t i = 0; i < queue_.requests.size(); ++i) {
    if (!has(queue_.requests.at(i).entry->command->flags, Flag::loads_user)) continue;
    const User user = user_of(queue_.requests, i);
    CoreData& data = here.server().core(user.core).data();
    data.read_states.release(user.key);
    if (here.server().settings().maxmemory > 0) data.passing_users.add(user.key);
  }
}

}  // namespace tidemark::server
