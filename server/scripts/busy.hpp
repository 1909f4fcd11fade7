#pragma once

#include "server/command/reach.hpp"
#include "server/core/core.hpp"

// A script that takes long lets others in.
//
// The cores that wait for it cannot go round their loops: what these would do (expire keys, serve
// those who wait, take messages) is what the script is to be spared. So the script's own thread
// looks at their sockets from time to time, and does for each client what its core would do with
// the bytes: parse, refuse, answer. Its core's thread is parked within a callback of its loop
// meanwhile, and sees what was done when it goes on.

namespace tidemark::server {

class Client;

// What a script has of the server while it is busy: the core of `here` and those of `reach`. Time
// stands still there, and nobody who waits for keys is served, until this goes.
class BusyCores {
 public:
  BusyCores(const OnCore& here, Reach reach);
  ~BusyCores();
  BusyCores(const BusyCores&) = delete;
  BusyCores& operator=(const BusyCores&) = delete;

  // Takes in whoever wants to connect, and what clients have sent, but for `runner`, whose command
  // runs. Does nothing where that was done a moment ago.
  void let_in(const OnCore& here, const Client* runner);

 private:
  void let_in_clients(const Client* runner) const;

  Server& server_;
  std::vector<CoreId> cores_;
  int64_t looked_ms_ = 0;
};

}  // namespace tidemark::server
