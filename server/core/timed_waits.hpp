#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "protocol/reply.hpp"

namespace tidemark::server {

class Caller;
class Core;
class KeyWait;
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
    std::shared_ptr<KeyWait> keys = nullptr;      // that it waits for, if it does
  };
  // REQUIRES: the command returns Context::suspend().
  void add(Core& core, Wait wait);
  bool contains(uint64_t client_id) const { return waits_.contains(client_id); }
  size_t size() const { return waits_.size(); }
  // Those that end by the clock if not before.
  size_t timed() const { return timed_; }
  // How a wait ends before its time: as if that were over, or with an error that says so.
  enum class End : uint8_t { timeout, error };
  // Makes sure that nothing else ends the client's wait; the caller then has end_claimed() called.
  // False where it does not wait, or ends already. Exclusive work, too.
  bool claim(uint64_t client_id);
  void end_claimed(OnCore& here, uint64_t client_id, End how);
  // It got what it waited for: the reply of one of its keys. Whoever brings that has the claim.
  void answer(OnCore& here, const KeyWait& keys, protocol::Reply reply);
  // The client is going: nothing will be answered. False where it did not wait.
  bool forget(const OnCore& here, uint64_t client_id);

 private:
  struct Pending;
  void finish(OnCore& here, uint64_t client_id, protocol::Reply reply);

  std::map<uint64_t, std::unique_ptr<Pending>> waits_;
  size_t timed_ = 0;
};

}  // namespace tidemark::server
