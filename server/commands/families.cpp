#include "server/commands/families.hpp"

#include <array>

namespace tidemark::server {

// Each is defined in the file of its name and called here alone. They are not in the header, which
// all of those files include, so that a new family compiles two files and not a hundred.
std::span<const Command> bit_commands();
std::span<const Command> bit_field_commands();
std::span<const Command> client_commands();
std::span<const Command> cluster_commands();
std::span<const Command> command_commands();
std::span<const Command> config_commands();
std::span<const Command> connection_commands();
std::span<const Command> database_commands();
std::span<const Command> debug_commands();
std::span<const Command> dump_commands();
std::span<const Command> function_call_commands();
std::span<const Command> function_commands();
std::span<const Command> generic_expiry_commands();
std::span<const Command> generic_keys_commands();
std::span<const Command> generic_move_commands();
std::span<const Command> geo_commands();
std::span<const Command> geo_search_commands();
std::span<const Command> hash_commands();
std::span<const Command> hash_counter_commands();
std::span<const Command> hash_expiry_commands();
std::span<const Command> hash_ttl_commands();
std::span<const Command> hash_value_expiry_commands();
std::span<const Command> hash_whole_commands();
std::span<const Command> hyperloglog_commands();
std::span<const Command> info_commands();
std::span<const Command> latency_commands();
std::span<const Command> lcs_commands();
std::span<const Command> list_change_commands();
std::span<const Command> list_commands();
std::span<const Command> list_move_commands();
std::span<const Command> list_pop_commands();
std::span<const Command> list_position_commands();
std::span<const Command> memory_commands();
std::span<const Command> migrate_commands();
std::span<const Command> monitor_commands();
std::span<const Command> object_commands();
std::span<const Command> pubsub_commands();
std::span<const Command> pubsub_query_commands();
std::span<const Command> read_state_commands();
std::span<const Command> read_state_keeping_commands();
std::span<const Command> replication_commands();
std::span<const Command> script_commands();
std::span<const Command> server_commands();
std::span<const Command> set_algebra_commands();
std::span<const Command> set_commands();
std::span<const Command> set_random_commands();
std::span<const Command> slowlog_commands();
std::span<const Command> sort_commands();
std::span<const Command> sorted_set_algebra_commands();
std::span<const Command> sorted_set_commands();
std::span<const Command> sorted_set_pop_commands();
std::span<const Command> sorted_set_random_commands();
std::span<const Command> sorted_set_range_commands();
std::span<const Command> sorted_set_remove_commands();
std::span<const Command> stream_claim_commands();
std::span<const Command> stream_commands();
std::span<const Command> stream_group_commands();
std::span<const Command> stream_info_commands();
std::span<const Command> stream_pending_commands();
std::span<const Command> stream_range_commands();
std::span<const Command> stream_read_commands();
std::span<const Command> string_commands();
std::span<const Command> string_condition_commands();
std::span<const Command> string_counter_commands();
std::span<const Command> string_many_commands();
std::span<const Command> string_many_expiry_commands();
std::span<const Command> string_part_commands();
std::span<const Command> throttle_commands();
std::span<const Command> transaction_commands();
std::span<const Command> wait_commands();

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
      dump_commands(),
      function_call_commands(),
      function_commands(),
      generic_expiry_commands(),
      generic_keys_commands(),
      generic_move_commands(),
      geo_commands(),
      geo_search_commands(),
      hash_commands(),
      hash_counter_commands(),
      hash_expiry_commands(),
      hash_ttl_commands(),
      hash_value_expiry_commands(),
      hash_whole_commands(),
      hyperloglog_commands(),
      info_commands(),
      latency_commands(),
      lcs_commands(),
      list_change_commands(),
      list_commands(),
      list_move_commands(),
      list_pop_commands(),
      list_position_commands(),
      memory_commands(),
      migrate_commands(),
      monitor_commands(),
      object_commands(),
      pubsub_commands(),
      pubsub_query_commands(),
      read_state_commands(),
      read_state_keeping_commands(),
      replication_commands(),
      script_commands(),
      server_commands(),
      set_algebra_commands(),
      set_commands(),
      set_random_commands(),
      slowlog_commands(),
      sort_commands(),
      sorted_set_algebra_commands(),
      sorted_set_commands(),
      sorted_set_pop_commands(),
      sorted_set_random_commands(),
      sorted_set_range_commands(),
      sorted_set_remove_commands(),
      stream_claim_commands(),
      stream_commands(),
      stream_group_commands(),
      stream_info_commands(),
      stream_pending_commands(),
      stream_range_commands(),
      stream_read_commands(),
      string_commands(),
      string_condition_commands(),
      string_counter_commands(),
      string_many_commands(),
      string_many_expiry_commands(),
      string_part_commands(),
      throttle_commands(),
      transaction_commands(),
      wait_commands(),
  };
  // clang-format on
  return kFamilies;
}

}  // namespace tidemark::server
