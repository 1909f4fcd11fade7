#pragma once

#include <span>
#include <vector>

#include "server/command/command_table.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

// The arguments as MONITOR and SLOWLOG may show them, with "(redacted)" for what is secret
// (Flag::hidden_args, Command::is_secret). The views are those of `args`, or of static life.
std::vector<Bytes> without_secrets(const CommandEntry& entry, std::span<const Bytes> args);

}  // namespace tidemark::server
