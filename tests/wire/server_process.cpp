#include "tests/wire/server_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <memory>
#include <stdexcept>
#include <utility>

#include "tests/wire/connection.hpp"

extern char** environ;  // NOLINT: POSIX's name

namespace tidemark::test {

namespace {

// Somebody else may take it before the server does; then the server does not start, and the test
// says so.
int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  close(fd);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

// Starts the server with its standard output going to `output`, which is closed.
pid_t spawn_server(int port, std::vector<std::string> options, int output) {
  // A configuration file comes before the options.
  const bool has_file = !options.empty() && !options.front().starts_with("--");
  options.insert(options.begin() + (has_file ? 1 : 0),
                 {"--port", std::to_string(port), "--bind", "127.0.0.1", "--loglevel", "warning",
                  "--save", ""});
  options.insert(options.begin(), TIDEMARK_SERVER);
  std::vector<char*> args;
  for (std::string& option : options) args.push_back(option.data());
  args.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, TIDEMARK_SERVER, &actions, nullptr, args.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(output);
  if (error != 0) throw std::runtime_error("cannot start the server");
  return pid;
}

}  // namespace

ServerProcess::ServerProcess(std::vector<std::string> options)
    : port_(free_port()),
      pid_(spawn_server(port_, std::move(options), open("/dev/null", O_WRONLY | O_CLOEXEC))) {
  for (;;) {
    try {
      Connection probe(port_);
      if (probe.run({"PING"}) == "PONG") return;
    } catch (const std::runtime_error&) {
      if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
        pid_ = 0;
        throw std::runtime_error("the server did not start");
      }
    }
  }
}

void ServerProcess::kill() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void ServerProcess::signal(int number) const { ::kill(pid_, number); }

int ServerProcess::wait() {
  int status = 0;
  waitpid(std::exchange(pid_, 0), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

FailedStart run_server_to_its_end(std::vector<std::string> options) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const pid_t pid = spawn_server(free_port(), std::move(options), ends[1]);
  FailedStart result;
  char buffer[4096];
  for (ssize_t size = 0; (size = read(ends[0], buffer, sizeof buffer)) > 0;) {
    result.log.append(buffer, static_cast<size_t>(size));
  }
  close(ends[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  return result;
}

}  // namespace tidemark::test
