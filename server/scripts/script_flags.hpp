#pragma once

#include <span>

#include "server/command/command.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

class Server;
struct CommandEntry;

// The flags of a call: those of the command, but that a script, or a function, which says that it
// writes nothing may not write (Flag::may_write).
Flag flags_of_call(Server& server, const CommandEntry& entry, std::span<const Bytes> args);

}  // namespace tidemark::server
