#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "protocol/reply.hpp"

namespace tidemark::server {

class Caller;
class Core;
class OnCore;

// The clients of one core whose command waits until something happens or a time is over, and that
// may wait for ever. A client has one such wait at a time, since its commands take their turns.
//
// Thread: the core's.
class TimedWaits {
 public:
  TimedWaits();
  ~TimedWaits();

  struct Wait {
    uint64_t client_id;
    Caller& caller;                               // the client itself: such a command runs at home
    uint64_t timeout_ms;                          // 0: for ever
    std::function<protocol::Reply()> on_timeout;  // makes the reply
  };
  // REQUIRES: the command returns Context::suspend().
  void add(Core& core, Wait wait);
  bool contains(uint64_t client_id) const { return waits_.contains(client_id); }
  // How a wait ends before its time: as if that were over, or with an error that says so.
  enum class End : uint8_t { timeout, error };
  // Nothing where the client does not wait (any more).
  void end(OnCore& here, uint64_t client_id, End how);
  // The client is going: nothing will be answered. False where it did not wait.
  bool forget(uint64_t client_id);

 private:
  struct Pending;
  std::map<uint64_t, std::unique_ptr<Pending>> waits_;
};

}  // namespace tidemark::server
