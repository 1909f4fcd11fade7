#pragma once

#include <span>

#include "server/command/command.hpp"

namespace tidemark::server {

// Every family of commands, one line each: a table that can be read, and that no linker drops.
std::span<const std::span<const Command>> command_families();

std::span<const Command> client_commands();
std::span<const Command> command_commands();
std::span<const Command> config_commands();
std::span<const Command> connection_commands();
std::span<const Command> database_commands();
std::span<const Command> debug_commands();
std::span<const Command> info_commands();
std::span<const Command> monitor_commands();
std::span<const Command> read_state_commands();
std::span<const Command> read_state_keeping_commands();
std::span<const Command> string_commands();

}  // namespace tidemark::server
