#pragma once

#include "protocol/reply.hpp"
#include "server/command/command_table.hpp"

// What COMMAND answers about a command, from its declaration alone.

namespace tidemark::server {

// An element of COMMAND INFO.
protocol::Reply describe_info(const CommandEntry& entry);

// The value that COMMAND DOCS gives under the command's name.
protocol::Reply describe_docs(const CommandEntry& entry);

}  // namespace tidemark::server
