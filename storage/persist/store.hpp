#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "storage/readstate/row.hpp"

namespace tidemark::storage {

// Why a store could not do something, in words for the operator: empty is success.
struct [[nodiscard]] StoreStatus {
  std::string reason;
  // The store refuses just this batch (a row it cannot take), trying again will not help.
  bool permanent = false;

  explicit operator bool() const { return reason.empty(); }
};

// Where read states live when they are not in memory. Every call blocks and is made on a store
// thread; calls may come from several threads at once, but those about one partition come from one
// thread, in order. After a failed call nothing is known of its effect: it is made again, and has
// to end in the same state (rows are absolute and versioned; an older version never replaces a
// newer one; a delta whose version is not above its row's has been applied before).
class Store {
 public:
  virtual ~Store() = default;

  // Makes all of `commits` so, or none of it. What follows a success survives the death of this
  // process; only sync() makes it survive that of the machine.
  virtual StoreStatus commit(std::span<const UserCommit> commits) = 0;
  // Fills `loaded` with one element for each of `users`, in order.
  virtual StoreStatus load(std::span<const std::string> users, std::vector<LoadedUser>& loaded) = 0;
  // Returns when all that was committed is on disk.
  virtual StoreStatus sync() = 0;
  // The highest version ever committed, 0 for none. The versions that a process gives after its
  // start lie above, so that a delta is new to whatever row it meets.
  virtual StoreStatus version_ceiling(int64_t& ceiling) = 0;
};

}  // namespace tidemark::storage
