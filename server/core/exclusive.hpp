#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "server/core/message.hpp"
#include "storage/base/ids.hpp"
#include "storage/base/mutex.hpp"

namespace tidemark::server {

class Core;
class OnCore;
class Server;

// A piece of work that needs several cores' data at one point of the order: a marker goes into the
// mailbox of each core involved; a core that reaches its marker waits; the last one to arrive runs
// the work, with the data of all of them at hand, and then lets them go on.
//
// All markers of one piece are pushed under one lock, so that any two pieces meet in the same order
// in every mailbox that both go through. That is why no two can wait for each other: the oldest
// piece under way finds nothing before it in any mailbox. Commands whose data lies on one core
// never come here.
class Exclusives {
 public:
  // Arrives at the last core to get there, or at the runner; the others' data may be touched, their
  // loops may not. A server that ends first destroys it.
  using Work = std::unique_ptr<Message>;

  explicit Exclusives(Server& server) : server_(server) {}

  // Any thread. `cores` are distinct; the caller's own need not be among them. Where a `runner` is
  // given, one of them, the work runs on its thread, which costs another wake-up.
  void run(std::span<const CoreId> cores, Work work, std::optional<CoreId> runner = std::nullopt);
  void run(std::span<const CoreId> cores, std::function<void(OnCore& here)> work);

 private:
  class Piece;
  class Marker;
  Server& server_;
  Mutex order_;  // held while the markers of one piece are pushed
};

}  // namespace tidemark::server
