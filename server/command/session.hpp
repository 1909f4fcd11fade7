#pragma once

#include <cstdint>

#include "protocol/reply.hpp"
#include "storage/base/ids.hpp"

namespace tidemark::server {

// What a command on any core has to know of the client that sent it. A plain value, which travels
// with the command.
struct Session {
  uint64_t client_id = 0;
  CoreId home;  // where the connection is
  DbIndex db;
  protocol::RespVersion resp = protocol::RespVersion::v2;
  bool no_touch = false;  // CLIENT NO-TOUCH: reading leaves LRU order alone
  // CLIENT TRACKING is on; the keys that its commands read are remembered; it is not told of what
  // it changes itself; or is, behind the reply.
  bool caches = false;
  bool tracks = false;
  bool no_loop = false;
  bool hears_behind = false;
  bool monitored = true;  // false for commands that MONITOR does not show
  // False within transactions and scripts: what would wait for keys answers as if its time were up.
  bool may_wait = true;
  bool in_script = false;
};

}  // namespace tidemark::server
