#include "server/net/socket.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace tidemark::server {

namespace {

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
};

ListenResult failed(int fd, const std::string& what) {
  const int error = errno;
  if (fd >= 0) close(fd);
  return {.fd = -1, .error = what + ": " + std::strerror(error)};
}

std::string text_of(const Address& address) {
  char host[INET6_ADDRSTRLEN] = "";
  switch (address.any.sa_family) {
    case AF_INET:
      inet_ntop(AF_INET, &address.v4.sin_addr, host, sizeof host);
      return std::string(host) + ":" + std::to_string(ntohs(address.v4.sin_port));
    case AF_INET6:
      inet_ntop(AF_INET6, &address.v6.sin6_addr, host, sizeof host);
      return "[" + std::string(host) + "]:" + std::to_string(ntohs(address.v6.sin6_port));
    default:
      return {};
  }
}

std::string unix_path(const Address& address, socklen_t length) {
  const size_t offset = offsetof(sockaddr_un, sun_path);
  if (length <= offset) return {};
  return {address.local.sun_path, strnlen(address.local.sun_path, length - offset)};
}

}  // namespace

ListenResult listen_tcp(const std::string& address, uint16_t port, int backlog) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  // "*" and "::*" are Redis's names for every address of a family.
  const bool any_v4 = address == "*";
  const bool any_v6 = address == "::*";
  if (any_v4) hints.ai_family = AF_INET;
  if (any_v6) hints.ai_family = AF_INET6;
  const int error = getaddrinfo(any_v4 || any_v6 ? nullptr : address.c_str(),
                                std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return {.fd = -1, .error = gai_strerror(error)};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);

  const int fd =
      socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, found->ai_protocol);
  if (fd < 0) return failed(fd, "socket");
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (found->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd, found->ai_addr, found->ai_addrlen) < 0) return failed(fd, "bind");
  if (listen(fd, backlog) < 0) return failed(fd, "listen");
  return {.fd = fd, .error = {}};
}

ListenResult listen_unix(const std::string& path, int backlog, unsigned mode) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return failed(-1, "bind");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed(fd, "socket");
  unlink(path.c_str());
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
    return failed(fd, "bind");
  }
  if (mode != 0 && chmod(path.c_str(), mode) < 0) return failed(fd, "chmod");
  if (listen(fd, backlog) < 0) return failed(fd, "listen");
  return {.fd = fd, .error = {}};
}

uint16_t local_port(int fd) {
  Address address{};
  socklen_t length = sizeof address;
  if (getsockname(fd, &address.any, &length) < 0) return 0;
  return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

std::string peer_name(int fd) {
  Address address{};
  socklen_t length = sizeof address;
  if (getpeername(fd, &address.any, &length) < 0) return {};
  // A client of a Unix socket has no name of its own; Redis shows the socket's.
  if (address.any.sa_family == AF_UNIX) return local_name(fd);
  return text_of(address);
}

std::string local_name(int fd) {
  Address address{};
  socklen_t length = sizeof address;
  if (getsockname(fd, &address.any, &length) < 0) return {};
  if (address.any.sa_family == AF_UNIX) return unix_path(address, length) + ":0";
  return text_of(address);
}

bool peer_is_local(int fd) {
  Address address{};
  socklen_t length = sizeof address;
  if (getpeername(fd, &address.any, &length) < 0) return false;
  switch (address.any.sa_family) {
    case AF_UNIX:
      return true;
    case AF_INET:
      return (ntohl(address.v4.sin_addr.s_addr) >> 24) == 127;
    case AF_INET6:
      return IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
    default:
      return false;
  }
}

void set_keepalive(int fd, int seconds) {
  const int on = seconds > 0 ? 1 : 0;
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (seconds <= 0) return;
  // As Redis: three probes, a third of the time apart, so that a dead peer is found in twice the
  // time.
  const int interval = seconds / 3 > 0 ? seconds / 3 : 1;
  const int probes = 3;
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

int accept_one(int listening_fd) {
  return accept4(listening_fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

void close_socket(int fd) { close(fd); }

}  // namespace tidemark::server
