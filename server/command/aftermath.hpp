#pragma once

#include "protocol/output.hpp"
#include "server/command/reach.hpp"
#include "server/core/core.hpp"

namespace tidemark::server {

struct Session;

// What a command did is told to those who have asked to know: subscribers to notifications, and
// clients that cache the keys. When it is over and before its reply, on the core or cores that it
// ran on. `writer` is whose command it was; null for what happened by itself.
void tell_changes(const OnCore& here, Reach reach, const Session* writer);

// What the writer itself is told of that, as far as it is to follow its reply.
void tell_writer(const OnCore& here, Reach reach, const Session& writer, protocol::Output& out);

inline void tell_of_changes(const OnCore& here, Reach reach, const Session* writer) {
  if (here.data().changes.noted() || !reach.cores().empty()) [[unlikely]] {
    tell_changes(here, reach, writer);
  }
}

}  // namespace tidemark::server
