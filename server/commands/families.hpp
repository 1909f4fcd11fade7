#pragma once

#include <span>

#include "server/command/command.hpp"

namespace tidemark::server {

// Every family of commands, one line each: a table that can be read, and that no linker drops.
std::span<const std::span<const Command>> command_families();

std::span<const Command> client_commands();
std::span<const Command> cluster_commands();
std::span<const Command> command_commands();
std::span<const Command> config_commands();
std::span<const Command> connection_commands();
std::span<const Command> database_commands();
std::span<const Command> debug_commands();
std::span<const Command> generic_expiry_commands();
std::span<const Command> generic_keys_commands();
std::span<const Command> generic_move_commands();
std::span<const Command> info_commands();
std::span<const Command> latency_commands();
std::span<const Command> lcs_commands();
std::span<const Command> memory_commands();
std::span<const Command> monitor_commands();
std::span<const Command> object_commands();
std::span<const Command> read_state_commands();
std::span<const Command> read_state_keeping_commands();
std::span<const Command> replication_commands();
std::span<const Command> server_commands();
std::span<const Command> slowlog_commands();
std::span<const Command> stream_claim_commands();
std::span<const Command> stream_commands();
std::span<const Command> stream_group_commands();
std::span<const Command> stream_info_commands();
std::span<const Command> stream_pending_commands();
std::span<const Command> stream_range_commands();
std::span<const Command> stream_read_commands();
std::span<const Command> string_commands();
std::span<const Command> string_counter_commands();
std::span<const Command> string_many_commands();
std::span<const Command> string_part_commands();
std::span<const Command> wait_commands();

}  // namespace tidemark::server
