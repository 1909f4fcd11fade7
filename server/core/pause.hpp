#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "server/command/command.hpp"
#include "server/net/timer.hpp"

namespace tidemark::storage {
class Keyspace;
}

namespace tidemark::server {

class Caller;
class OnCore;
class Server;

// CLIENT PAUSE, as one core keeps it. It starts and is ended on all cores at one point of the
// order, so that no write takes effect on any of them once the command has answered; it runs out
// by the clock.
//
// Who is held back waits here as a suspended command does, and goes on in the order of arrival.
// Meanwhile keys are hidden but not removed when they expire, and nothing is evicted: what a
// failover or an upgrade waits for is data that keeps still.
//
// Its core's thread, but for what is said to be for exclusive work.
class Pause {
 public:
  enum class Mode : uint8_t { none, write, all };

  explicit Pause(storage::Keyspace& keyspace) : keyspace_(keyspace) {}
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;

  // ---- Exclusive work.
  // Of two pauses the later end and the wider mode hold.
  void extend(Mode mode, int64_t until_ms, int64_t now_ms);
  // Those who are held go on when release() is called on the core.
  void end();
  // The server is about to end, keys move to another one, or the disk is slower than a snapshot
  // grows: writes wait, whatever the clock and CLIENT UNPAUSE say, until allow_writes() was called
  // as often. The core's own thread may call these, too.
  void stop_writes();
  void allow_writes();
  // Ends it where its time is up; before anything is written. Also from time to time.
  void end_if_over(int64_t now_ms) {
    if (mode_ != Mode::none && now_ms >= until_ms_) [[unlikely]] {
      end();
    }
  }

  // ---- The core's thread.
  bool active() const { return mode_ != Mode::none; }
  // Whether the command has to wait. One comparison where there is no pause.
  bool holds(const Command& command, int64_t now_ms) {
    return mode_ != Mode::none && holds_while_active(command.flags, now_ms);
  }
  // The same of several as a whole.
  bool holds(Flag flags, int64_t now_ms) {
    return mode_ != Mode::none && holds_while_active(flags, now_ms);
  }
  // `caller` gets a retry() when the pause is over.
  void hold(const OnCore& here, Caller& caller);
  // Takes one out who is held; false where it is not.
  bool forget(const Caller& caller);
  // Lets those go on whom nothing holds back any more. They may be held again.
  void release(OnCore& here);
  size_t held() const { return held_.size(); }

 private:
  bool holds_while_active(Flag flags, int64_t now_ms);

  storage::Keyspace& keyspace_;
  Mode mode_ = Mode::none;
  int64_t until_ms_ = 0;
  int writes_stopped_ = 0;
  std::deque<Caller*> held_;
  std::unique_ptr<Timer> timer_;  // from the first time that somebody is held
};

// Both on all cores, as exclusive work; those who were held go on in the cores' next round.
void stop_writes(Server& server);
void allow_writes(Server& server);

}  // namespace tidemark::server
