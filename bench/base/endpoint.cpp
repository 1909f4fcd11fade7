#include "bench/base/endpoint.hpp"

#include <cerrno>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench/base/reply_counter.hpp"

namespace tidemark::bench {

namespace {

constexpr timeval kStepTimeout{.tv_sec = 10, .tv_usec = 0};

[[noreturn]] void fail(const std::string& what) {
  throw BenchError(what + ": " + std::strerror(errno));
}

bool is_loopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) != 0;
  }
  return false;
}

void set_timeouts(int fd) {
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kStepTimeout, sizeof kStepTimeout);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kStepTimeout, sizeof kStepTimeout);
}

Socket connect_unix(const Endpoint& endpoint) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (endpoint.unix_path.size() >= sizeof address.sun_path) {
    throw BenchError("the socket's path is too long: " + endpoint.unix_path);
  }
  std::memcpy(address.sun_path, endpoint.unix_path.c_str(), endpoint.unix_path.size() + 1);
  Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.fd() < 0) fail("socket");
  set_timeouts(socket.fd());
  if (connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("connect to " + endpoint.unix_path);
  }
  return socket;
}

Socket connect_tcp(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(endpoint.port);
  if (const int error = getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &found)) {
    throw BenchError(endpoint.host + ": " + gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(found, &freeaddrinfo);
  if (endpoint.reach == Reach::loopback_only && !is_loopback(list->ai_addr)) {
    throw BenchError(endpoint.host + " is not this machine; --allow-remote if that is meant");
  }
  Socket socket(::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.fd() < 0) fail("socket");
  set_timeouts(socket.fd());
  if (connect(socket.fd(), list->ai_addr, list->ai_addrlen) != 0) {
    fail("connect to " + endpoint.host + ":" + port);
  }
  const int on = 1;
  setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

// Sends the request and waits for its reply, which must not be an error.
void call(int fd, const std::vector<Bytes>& words) {
  std::string request;
  append_request(request, words);
  if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    fail("send");
  }
  ReplyCounter counter;
  int replies = 0;
  char buffer[4096];
  while (replies == 0) {
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got < 0) fail("no reply to " + std::string(words.front()));
    if (got == 0) throw BenchError("the server closed the connection");
    if (!counter.feed(Bytes(buffer, static_cast<size_t>(got)), [&](ReplyKind) { ++replies; })) {
      throw BenchError("the server does not speak RESP");
    }
  }
  if (!counter.first_error().empty()) {
    throw BenchError(std::string(words.front()) + ": " + counter.first_error());
  }
}

void greet(int fd, const Endpoint& endpoint) {
  if (!endpoint.password.empty()) {
    if (endpoint.user.empty()) {
      call(fd, {"AUTH", endpoint.password});
    } else {
      call(fd, {"AUTH", endpoint.user, endpoint.password});
    }
  }
  if (endpoint.resp == 3) call(fd, {"HELLO", "3"});
  if (endpoint.database != 0) call(fd, {"SELECT", std::to_string(endpoint.database)});
}

}  // namespace

Socket::~Socket() {
  if (fd_ >= 0) close(fd_);
}

Socket connect_to(const Endpoint& endpoint) {
  Socket socket = endpoint.unix_path.empty() ? connect_tcp(endpoint) : connect_unix(endpoint);
  greet(socket.fd(), endpoint);
  if (fcntl(socket.fd(), F_SETFL, O_NONBLOCK) != 0) fail("fcntl");
  return socket;
}

void append_request(std::string& out, const std::vector<Bytes>& words) {
  out += '*' + std::to_string(words.size()) + "\r\n";
  for (const Bytes word : words) {
    out += '$' + std::to_string(word.size()) + "\r\n";
    out.append(word).append("\r\n");
  }
}

}  // namespace tidemark::bench
