// tidemark-echo-floor: what the kernel alone costs. A bare epoll loop that answers canned replies,
// without parsing, without data: no server on this machine can be cheaper for each operation.
//
// It answers one canned reply for every `--request-bytes` received, so that it must be driven with
// requests of one size, and the handshake be left out. See bench/compare for how.

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/base/endpoint.hpp"
#include "bench/base/flags.hpp"

namespace {

using namespace tidemark::bench;

constexpr size_t kReadBytes = 64 * 1024;
constexpr int kEventsMax = 128;
constexpr size_t kConnectionsMax = 4096;

struct Settings {
  uint16_t port = 7379;
  uint64_t request_bytes = 35;
  uint64_t reply_bytes = 64;
};

[[noreturn]] void fail(const char* what) {
  throw BenchError(std::string(what) + ": " + std::strerror(errno));
}

Socket listen_on(uint16_t port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("bind");
  }
  if (listen(socket.fd(), 511) != 0) fail("listen");
  return socket;
}

class EchoFloor {
 public:
  explicit EchoFloor(const Settings& settings)
      : settings_(settings),
        listener_(listen_on(settings.port)),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        partial_(kConnectionsMax),
        in_(kReadBytes) {
    const std::string reply = '$' + std::to_string(settings.reply_bytes) + "\r\n" +
                              std::string(settings.reply_bytes, 'x') + "\r\n";
    reply_bytes_ = reply.size();
    const size_t replies_max = kReadBytes / settings.request_bytes + 2;
    for (size_t i = 0; i < replies_max; ++i) replies_ += reply;
    watch(listener_.fd());
  }

  [[noreturn]] void serve() {
    epoll_event events[kEventsMax];
    while (true) {
      const int ready = epoll_wait(epoll_, events, kEventsMax, -1);
      if (ready < 0 && errno != EINTR) fail("epoll_wait");
      for (int i = 0; i < ready; ++i) {
        if (events[i].data.fd == listener_.fd()) {
          accept_one();
        } else {
          answer(events[i].data.fd);
        }
      }
    }
  }

 private:
  void watch(int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  }

  void accept_one() {
    const int fd = accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    if (static_cast<size_t>(fd) >= kConnectionsMax) {
      close(fd);
      return;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    partial_[static_cast<size_t>(fd)] = 0;
    watch(fd);
  }

  void answer(int fd) {
    const ssize_t got = recv(fd, in_.data(), in_.size(), 0);
    if (got <= 0) {
      close(fd);
      return;
    }
    uint64_t& partial = partial_[static_cast<size_t>(fd)];
    partial += static_cast<uint64_t>(got);
    const uint64_t requests = partial / settings_.request_bytes;
    partial %= settings_.request_bytes;
    if (requests == 0) return;
    if (send(fd, replies_.data(), requests * reply_bytes_, MSG_NOSIGNAL) < 0) close(fd);
  }

  Settings settings_;
  Socket listener_;
  int epoll_;
  std::vector<uint64_t> partial_;  // by descriptor: bytes of a request that is not complete
  std::vector<char> in_;
  std::string replies_;  // as many as one read may hold requests
  size_t reply_bytes_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  Settings settings;
  Flags flags("tidemark-echo-floor: canned replies without parsing, on 127.0.0.1 only.");
  flags.add("--port", "number", "(7379)", settings.port);
  flags.add("--request-bytes", "number", "one reply for so many bytes received (35)",
            settings.request_bytes);
  flags.add("--reply-bytes", "number", "of the bulk string that it answers (64)",
            settings.reply_bytes);
  try {
    if (flags.parse(argc, argv) == FlagsResult::helped) return 0;
    if (settings.request_bytes == 0) throw BenchError("--request-bytes must not be 0");
    EchoFloor(settings).serve();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tidemark-echo-floor: %s\n", error.what());
    return 1;
  }
}
