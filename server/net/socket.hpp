#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/base/bytes.hpp"

namespace tidemark::server {

// Plain calls on sockets, from any thread. A failure carries the operating system's words.

// A socket that listens, or why there is none.
struct ListenResult {
  int fd = -1;
  std::string error;
};

// Listens on one numeric address or host name; port 0 takes a free one.
ListenResult listen_tcp(const std::string& address, uint16_t port, int backlog);
// Listens on a path, which is removed first; `mode` 0 leaves the permissions to the umask.
ListenResult listen_unix(const std::string& path, int backlog, unsigned mode);

// The port that a listening socket got.
uint16_t local_port(int fd);
// "127.0.0.1:6379", "[::1]:6379", or "path:0" for a Unix socket; empty where unknown.
std::string peer_name(int fd);
std::string local_name(int fd);
// Whether the other end is on this machine.
bool peer_is_local(int fd);
// Probes idle peers after `seconds`; 0 switches that off.
void set_keepalive(int fd, int seconds);
// Accepts one connection, non-blocking; -1 where none waits (errno tells).
int accept_one(int listening_fd);
void close_socket(int fd);

}  // namespace tidemark::server
