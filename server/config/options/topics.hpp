#pragma once

#include <span>

#include "server/config/option.hpp"

namespace tidemark::server {

// The rows of each topic; one file each in this folder, gathered by option_table.cpp.
std::span<const Option> network_options();
std::span<const Option> tls_options();
std::span<const Option> process_options();
std::span<const Option> logging_options();
std::span<const Option> security_options();
std::span<const Option> client_options();
std::span<const Option> memory_options();
std::span<const Option> encoding_options();
std::span<const Option> latency_options();
std::span<const Option> script_options();
std::span<const Option> readstate_options();
std::span<const Option> snapshot_options();
std::span<const Option> append_only_options();
std::span<const Option> replication_options();
std::span<const Option> cluster_options();

// Bounds that many rows share.
inline constexpr int64_t kAnyInt64 = std::numeric_limits<int64_t>::max();
inline constexpr uint64_t kAnyUint64 = std::numeric_limits<uint64_t>::max();
inline constexpr int64_t kPortMax = 65535;

}  // namespace tidemark::server
