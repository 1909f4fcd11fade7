#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/command_line.hpp"
#include "server/config/settings.hpp"

namespace tidemark::server {

// A directive that is not an option, kept for whoever implements it.
struct DirectiveLine {
  int line = 0;                    // where it stands, from 1
  std::string text;                // the line as it stands there
  std::vector<std::string> words;  // without the directive's name
};

// What the command line and the files that it names say.
struct LoadedConfig {
  Settings settings;
  std::string file;    // absolute path of the file that CONFIG REWRITE writes, or empty
  bool given = false;  // by a file, standard input or options: not the defaults alone
  std::vector<DirectiveLine> users;             // user <name> [rule ...]
  std::vector<DirectiveLine> modules;           // loadmodule <path> [argument ...]
  std::vector<DirectiveLine> renamed_commands;  // rename-command <name> <new name>
  // Options that were given another value than their default and have no effect here; one warning
  // in the log names them all.
  std::vector<std::string> without_effect;
};

// Startup must end with exit code 1 and this text on the standard error.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What is wrong with a directive that load_config() took as it was.
ConfigError error_at(const DirectiveLine& line, std::string_view complaint);

// Reads the file, then the standard input, then the options, as `command_line` asks for; later
// values win. Throws ConfigError.
LoadedConfig load_config(const CommandLine& command_line);

// The same for configuration that is already in memory.
LoadedConfig load_config_text(std::string_view text);

}  // namespace tidemark::server
