#pragma once

#include <cstdint>

namespace tidemark::server {

// Descriptors that are no clients: listening sockets, the store's files, the log.
inline constexpr int64_t kReservedFiles = 128;

// Raises the limit of open files so that `clients` may connect. Returns how many may: fewer where
// the operating system refuses (errno tells why), possibly none.
int64_t allow_clients(int64_t clients);

}  // namespace tidemark::server
