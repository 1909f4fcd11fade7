#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace tidemark::bench {

// A server that this program starts, stops and kills: a child process. Ends it (SIGKILL) when
// destroyed, so that nothing is left behind.
class ServerProcess {
 public:
  // `command` is the program and its arguments. Throws BenchError.
  ServerProcess(std::vector<std::string> command, uint16_t port)
      : command_(std::move(command)), port_(port) {}
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Returns when the port accepts connections; throws where it does not within two minutes.
  void start();
  // SIGTERM; throws where the server does not end with exit code 0 within five minutes.
  void stop();
  // SIGKILL.
  void kill_now();

  pid_t pid() const { return pid_; }

 private:
  std::vector<std::string> command_;
  uint16_t port_;
  pid_t pid_ = 0;
};

}  // namespace tidemark::bench
