#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tidemark::server {

// What the process was asked to do.
enum class Action : uint8_t {
  serve,
  print_version,         // -v, --version
  print_help,            // -h, --help
  print_default_config,  // --print-default-config
  print_option_docs,     // --print-option-docs
  print_command_docs,    // --print-command-docs
  refuse,                // a mode of Redis that this program has not: `refusal` says which
};

struct CommandLine {
  Action action = Action::serve;
  std::string file;         // as given; empty for none
  bool from_stdin = false;  // `-`: more configuration is on the standard input
  std::string options;      // --name value ... as configuration text, one directive a line
  std::string refusal;
};

// tidemark-server [file | -] [--name value ...] [-], with the rules of redis-server 7: the first
// word after --name belongs to it even when it begins with --, except after --save; what follows up
// to the next --name is further words of the same directive. Never fails: mistakes show when the
// options are read. `arguments` is argv without the program's name.
CommandLine parse_command_line(std::span<const std::string_view> arguments);

// What --help prints.
std::string help_text();

}  // namespace tidemark::server
