#include "server/commands/families.hpp"

#include <array>

namespace tidemark::server {

std::span<const std::span<const Command>> command_families() {
  static const std::array kFamilies{
      client_commands(),     command_commands(),
      config_commands(),     connection_commands(),
      database_commands(),   debug_commands(),
      info_commands(),       monitor_commands(),
      read_state_commands(), read_state_keeping_commands(),
      string_commands(),
  };
  return kFamilies;
}

}  // namespace tidemark::server
