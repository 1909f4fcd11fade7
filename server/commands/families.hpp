#pragma once

#include <span>

#include "server/command/command.hpp"

namespace tidemark::server {

// Every family of commands, one line each: a table that can be read, and that no linker drops.
std::span<const std::span<const Command>> command_families();

}  // namespace tidemark::server
