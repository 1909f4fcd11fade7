#pragma once

#include <string>

#include "server/command/command_table.hpp"

namespace tidemark::server {

// docs/commands.md: every command of the table, by group, in the words of its declaration.
std::string command_manual(const CommandTable& table);

}  // namespace tidemark::server
