#include "bench/replay/server_process.hpp"

#include <csignal>
#include <cstring>
#include <ctime>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/base/endpoint.hpp"

namespace tidemark::bench {

namespace {

constexpr int kTick = 20'000'000;  // nanoseconds
constexpr int kStartTicks = 120 * 50;
constexpr int kStopTicks = 300 * 50;

void pause_a_tick() {
  const timespec tick{.tv_sec = 0, .tv_nsec = kTick};
  nanosleep(&tick, nullptr);
}

bool accepts(uint16_t port) {
  const Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

ServerProcess::~ServerProcess() {
  if (pid_ != 0) kill_now();
}

void ServerProcess::start() {
  std::vector<char*> argv;
  for (std::string& word : command_) argv.push_back(word.data());
  argv.push_back(nullptr);
  if (const int error = posix_spawnp(&pid_, argv[0], nullptr, nullptr, argv.data(), environ)) {
    pid_ = 0;
    throw BenchError("cannot start " + command_.front() + ": " + std::strerror(error));
  }
  for (int tick = 0; tick < kStartTicks; ++tick) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      throw BenchError("the server ended as soon as it was started");
    }
    if (accepts(port_)) return;
    pause_a_tick();
  }
  throw BenchError("the server does not listen on port " + std::to_string(port_));
}

void ServerProcess::stop() {
  kill(pid_, SIGTERM);
  for (int tick = 0; tick < kStopTicks; ++tick) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) {
      pause_a_tick();
      continue;
    }
    pid_ = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    throw BenchError("the server did not end well on SIGTERM");
  }
  throw BenchError("the server does not end on SIGTERM");
}

void ServerProcess::kill_now() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

}  // namespace tidemark::bench
