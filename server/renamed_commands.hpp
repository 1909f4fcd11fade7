#pragma once

#include "server/command/command_names.hpp"

namespace tidemark::server {

struct LoadedConfig;

// What the commands are called after every `rename-command` of the configuration. Throws
// ConfigError, which names the line, where one of them makes no sense.
CommandNames names_of_commands(const LoadedConfig& config);

}  // namespace tidemark::server
