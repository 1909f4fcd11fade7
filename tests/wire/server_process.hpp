#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tidemark::test {

// The real server as a child process, on a free port. Ends by SIGKILL at the latest with the
// object.
class ServerProcess {
 public:
  // Returns when it accepts connections.
  explicit ServerProcess(std::vector<std::string> options);
  ~ServerProcess() { kill(); }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  int port() const { return port_; }
  pid_t pid() const { return pid_; }
  // SIGKILL, and waits until it is gone.
  void kill();
  void signal(int number) const;
  // Returns when it has ended by itself: its exit code, or 128 and the signal that ended it.
  int wait();

 private:
  int port_;
  pid_t pid_;
};

// A server that does not start: what it said and how it ended.
struct FailedStart {
  int exit_code = -1;
  std::string log;
};
// Returns when it has ended.
FailedStart run_server_to_its_end(std::vector<std::string> options);

}  // namespace tidemark::test
