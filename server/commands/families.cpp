#include "server/commands/families.hpp"

#include <array>

namespace tidemark::server {

std::span<const std::span<const Command>> command_families() {
  // A line for each family, so that changes do not meet.
  // clang-format off
  static const std::array kFamilies{
      bit_commands(),
      bit_field_commands(),
      client_commands(),
      cluster_commands(),
      command_commands(),
      config_commands(),
      connection_commands(),
      database_commands(),
      debug_commands(),
      generic_expiry_commands(),
      generic_keys_commands(),
      generic_move_commands(),
      info_commands(),
      latency_commands(),
      lcs_commands(),
      memory_commands(),
      monitor_commands(),
      object_commands(),
      read_state_commands(),
      read_state_keeping_commands(),
      replication_commands(),
      server_commands(),
      slowlog_commands(),
      string_commands(),
      string_counter_commands(),
      string_many_commands(),
      string_part_commands(),
      wait_commands(),
  };
  // clang-format on
  return kFamilies;
}

}  // namespace tidemark::server
