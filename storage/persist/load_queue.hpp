#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/base/bytes.hpp"
#include "storage/persist/store.hpp"
#include "storage/persist/store_health.hpp"
#include "storage/persist/store_link.hpp"

namespace tidemark::storage {

class ReadStates;

// Called once, on the home thread. On success the user is in memory.
using LoadWaiter = std::function<void(const StoreStatus&)>;

// Brings users of one partition into memory: one request to the store for however many commands
// wait for a user, and one job for however many users were asked for in an iteration of the loop.
// Part of WriteBehind, which says more.
class LoadQueue {
 public:
  struct Options {
    size_t batch_users_max = 64;
    size_t waiters_max = 65536;
    StoreHealth::Options health;
  };

  LoadQueue(const StoreLink& link, ReadStates& states, const Options& options);
  ~LoadQueue();
  LoadQueue(const LoadQueue&) = delete;
  LoadQueue& operator=(const LoadQueue&) = delete;

  StoreStatus request(Bytes user, LoadWaiter waiter);
  // Sends off what was asked for since. What the executor refuses waits for the next flush.
  void flush();
  // While loads fail, tries from time to time whether the store can be read again.
  void tick(int64_t now_us);

  void set_waiters_max(size_t waiters_max) { options_.waiters_max = waiters_max; }

  const StoreHealth& health() const { return health_; }
  size_t waiters() const { return waiters_; }
  uint64_t users_loaded() const { return users_loaded_; }
  uint64_t coalesced() const { return coalesced_; }
  uint64_t errors() const { return errors_; }

 private:
  struct Batch;
  struct Probe;
  struct Hash {
    using is_transparent = void;
    size_t operator()(Bytes user) const { return std::hash<Bytes>()(user); }
  };
  using Waiters = std::vector<LoadWaiter>;

  void on_loaded(Batch& batch, int64_t now_us);
  void on_probed(const StoreStatus& status, int64_t now_us);
  bool send(std::vector<std::string>& users);
  void halve(std::vector<std::string> users);
  // Gives up on `users`, with all who wait for them.
  void fail(const std::vector<std::string>& users, const StoreStatus& status);
  void take_waiters(const std::string& user, Waiters& out);

  const StoreLink& link_;
  ReadStates& states_;
  Options options_;
  StoreHealth health_;
  bool probing_ = false;
  std::unordered_map<std::string, Waiters, Hash, std::equal_to<>> waiting_;
  std::vector<std::string> asked_;  // keys of waiting_ that are in no job yet
  size_t waiters_ = 0;
  uint64_t users_loaded_ = 0;
  uint64_t coalesced_ = 0;
  uint64_t errors_ = 0;
};

}  // namespace tidemark::storage
