#include "server/transaction/transaction.hpp"

#include "server/command/command_table.hpp"
#include "server/command/route.hpp"
#include "server/core/core.hpp"
#include "server/core/work_message.hpp"

namespace tidemark::server {

namespace {

// What a watched key costs beside its bytes, which are kept twice: its places here and at its
// owner's.
constexpr size_t kWatchedKeyBytes = 320;

}  // namespace

Flag TransactionQueue::flags() const {
  Flag all = Flag::none;
  for (const auto& flags : flags_by_core) all = all | flags.value_or(Flag::none);
  return all;
}

Transaction::Transaction(const Router& router) : router_(router), watching_(router.cores(), false) {
  queue_.flags_by_core.resize(router.cores());
}

void Transaction::need(CoreId core, Flag flags) {
  auto& of_core = queue_.flags_by_core[core.value()];
  of_core = of_core.value_or(Flag::none) | flags;
}

void Transaction::queue(const CommandEntry& entry, std::span<const Bytes> args, Flag flags,
                        CoreId home) {
  const Command& command = *entry.command;
  RequestBatch::Request request{.entry = &entry};
  if (has(command.flags, Flag::after_transaction)) {
    // Sent from home, when the others have run.
  } else if (command.scope == Scope::home) {
    queue_.needs_home = true;
    request.owner = home.value();
    need(home, flags);
  } else {
    const Destination destination = route(router_, entry, args, home);
    if (destination.cores.empty()) {
      const CoreId owner = destination.way == Way::one_core ? destination.core : home;
      request.owner = owner.value();
      need(owner, flags);
    }
    for (const CoreId core : destination.cores) need(core, flags);
  }
  queue_.needs_users = queue_.needs_users || has(command.flags, Flag::loads_user);
  queued_bytes_ += queue_.requests.push_back_owned(request, args);
}

bool Transaction::watch(DbIndex db, Bytes key) {
  if (!keys_.emplace(db, key).second) return false;
  if (watch_ == nullptr) watch_ = std::make_shared<Watch>();
  key_bytes_ += kWatchedKeyBytes + 2 * key.size();
  watching_[router_.owner(key).value()] = true;
  return true;
}

std::vector<CoreId> Transaction::watching() const {
  std::vector<CoreId> cores;
  for (const CoreId core : router_.every_core()) {
    if (watching_[core.value()]) cores.push_back(core);
  }
  return cores;
}

void Transaction::unwatch(const OnCore& home) {
  for (const CoreId core : watching()) {
    if (core == home.id()) {
      home.data().watched_keys.remove(*watch_);
    } else {
      home.post(core, std::make_unique<WorkMessage>([watch = watch_](OnCore& there) {
                  there.data().watched_keys.remove(*watch);
                }));
    }
  }
  forget_watch();
}

void Transaction::forget_watch() {
  watch_ = nullptr;
  keys_.clear();
  key_bytes_ = 0;
  watching_.assign(watching_.size(), false);
}

size_t Transaction::memory_bytes() const {
  return sizeof *this + queue_.requests.memory_bytes() + key_bytes_;
}

}  // namespace tidemark::server
