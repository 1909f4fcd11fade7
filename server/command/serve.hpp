#pragma once

#include <span>
#include <vector>

#include "server/command/reach.hpp"
#include "server/core/core.hpp"

namespace tidemark::server {

struct CommandEntry;

// What a command that writes owes those who wait for its keys (key_wait.hpp).

// After a command, a transaction or a script as a whole, on the core or cores that it ran on, and
// before anything else runs there: answers those who wait for what it wrote, in their order, and
// those whom these wake in turn.
void serve_ready(const OnCore& here, Reach reach);

// Before a command: the cores that have to be stopped for it, those of `reach` among them, so that
// serve_ready() reaches all that it will write. Empty where nothing is missing, as nearly always:
// it takes somebody who waits for one of the command's keys, to move an element to another core.
//
// That is how LPUSH, and the BLMOVE that it wakes, take effect in one step on two cores: LPUSH
// itself runs with both of them stopped. Running the move behind it would need more: the core of
// the pushed key would have to hold back all other commands and all exclusive work until then, and
// the reply of LPUSH, too.
std::vector<CoreId> find_cores_to_stop(const OnCore& here, const CommandEntry& entry,
                                       std::span<const Bytes> args, Reach reach);
inline std::vector<CoreId> cores_to_stop(const OnCore& here, const CommandEntry& entry,
                                         std::span<const Bytes> args, Reach reach) {
  if (reach.cores().empty() && here.data().waiting_keys.far() == 0) [[likely]] {
    return {};
  }
  return find_cores_to_stop(here, entry, args, reach);
}

}  // namespace tidemark::server
