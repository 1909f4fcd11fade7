#include "storage/persist/load_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "storage/base/ensure.hpp"
#include "storage/readstate/packed_rows.hpp"
#include "storage/readstate/read_states.hpp"

namespace tidemark::storage {

struct LoadQueue::Batch {
  LoadQueue& queue;
  std::vector<std::string> users;
  std::vector<LoadedUser> loaded;
  std::vector<PackedRows> rows;
  StoreStatus status;

  // The rows are packed here, since there may be a hundred thousand of them.
  void run(Store& store) {
    status = store.load(users, loaded);
    if (!status) return;
    for (LoadedUser& user : loaded) {
      rows.emplace_back(user.rows);
      user.rows = {};
    }
  }
  void home(int64_t now_us) { queue.on_loaded(*this, now_us); }
};

// Reads next to nothing, to see whether that works.
struct LoadQueue::Probe {
  LoadQueue& queue;
  StoreStatus status;

  void run(Store& store) {
    int64_t ignored = 0;
    status = store.version_ceiling(ignored);
  }
  void home(int64_t now_us) { queue.on_probed(status, now_us); }
};

LoadQueue::LoadQueue(const StoreLink& link, ReadStates& states, const Options& options)
    : link_(link), states_(states), options_(options), health_(options.health) {}

LoadQueue::~LoadQueue() = default;

StoreStatus LoadQueue::request(Bytes user, LoadWaiter waiter) {
  if (!health_.up()) return {.reason = health_.last_error()};
  if (waiters_ >= options_.waiters_max) {
    return {.reason = "too many commands wait for read states to be loaded (load-queue-limit " +
                      std::to_string(options_.waiters_max) + ")"};
  }
  auto entry = waiting_.find(user);
  if (entry == waiting_.end()) {
    states_.begin_load(user);
    entry = waiting_.emplace(user, Waiters()).first;
    asked_.emplace_back(user);
  } else {
    ++coalesced_;
  }
  entry->second.push_back(std::move(waiter));
  ++waiters_;
  return {};
}

void LoadQueue::flush() {
  size_t sent = 0;
  while (sent < asked_.size()) {
    const size_t count = std::min(asked_.size() - sent, options_.batch_users_max);
    const auto first = asked_.begin() + static_cast<ptrdiff_t>(sent);
    const auto last = first + static_cast<ptrdiff_t>(count);
    std::vector<std::string> users(std::make_move_iterator(first), std::make_move_iterator(last));
    if (!send(users)) {
      std::ranges::move(users, first);
      break;
    }
    sent += count;
  }
  asked_.erase(asked_.begin(), asked_.begin() + static_cast<ptrdiff_t>(sent));
}

// Where the executor refuses, `users` is as it was.
bool LoadQueue::send(std::vector<std::string>& users) {
  auto batch = std::make_unique<Batch>(Batch{.queue = *this, .users = std::move(users)});
  if (try_send(link_, batch)) return true;
  users = std::move(batch->users);
  return false;
}

void LoadQueue::tick(int64_t now_us) {
  flush();
  if (health_.up() || probing_ || !health_.may_try(now_us)) return;
  auto probe = std::make_unique<Probe>(Probe{.queue = *this});
  probing_ = try_send(link_, probe);
}

void LoadQueue::on_probed(const StoreStatus& status, int64_t now_us) {
  probing_ = false;
  if (status) {
    health_.succeeded(now_us);
  } else {
    health_.failed(status.reason, now_us);
  }
}

void LoadQueue::on_loaded(Batch& batch, int64_t now_us) {
  if (batch.status) {
    ENSURE(batch.loaded.size() == batch.users.size());
    health_.succeeded(now_us);
    users_loaded_ += batch.users.size();
    Waiters waiters;
    for (size_t i = 0; i < batch.users.size(); ++i) {
      states_.install(batch.users[i], batch.loaded[i], batch.rows[i], now_us);
      take_waiters(batch.users[i], waiters);
    }
    for (const LoadWaiter& waiter : waiters) waiter({});
    return;
  }
  ++errors_;
  if (!batch.status.permanent) {
    health_.failed(batch.status.reason, now_us);
    fail(std::exchange(asked_, {}), batch.status);
    fail(batch.users, batch.status);
  } else if (batch.users.size() > 1) {
    halve(std::move(batch.users));
  } else {
    health_.note(batch.status.reason, now_us);
    fail(batch.users, batch.status);
  }
}

// One user whom the store cannot read must not fail those who were asked for beside them.
void LoadQueue::halve(std::vector<std::string> users) {
  const auto middle = users.begin() + static_cast<ptrdiff_t>(users.size() / 2);
  std::vector<std::string> upper(std::make_move_iterator(middle),
                                 std::make_move_iterator(users.end()));
  users.erase(middle, users.end());
  for (std::vector<std::string>* half : {&users, &upper}) {
    if (!send(*half)) std::ranges::move(*half, std::back_inserter(asked_));
  }
}

void LoadQueue::fail(const std::vector<std::string>& users, const StoreStatus& status) {
  Waiters waiters;
  for (const std::string& user : users) {
    states_.load_failed(user);
    take_waiters(user, waiters);
  }
  for (const LoadWaiter& waiter : waiters) waiter(status);
}

void LoadQueue::take_waiters(const std::string& user, Waiters& out) {
  const auto entry = waiting_.find(user);
  ENSURE(entry != waiting_.end());
  waiters_ -= entry->second.size();
  std::ranges::move(entry->second, std::back_inserter(out));
  waiting_.erase(entry);
}

}  // namespace tidemark::storage
