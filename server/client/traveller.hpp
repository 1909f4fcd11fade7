#pragma once

#include <cstddef>

#include "server/command/caller.hpp"
#include "server/core/message.hpp"

namespace tidemark::server {

// A client's commands on their way, which may have to wait where they are.
class Traveller : public Message, public Caller {
 private:
  friend class WaitingRuns;
  size_t waiting_place_ = 0;  // among those that wait on its core
};

}  // namespace tidemark::server
