// The server as a process: its signals, its exit codes, and the files that it leaves.

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/log_file.hpp"
#include "tests/wire/server_process.hpp"
#include "tests/wire/test_server.hpp"

namespace tidemark::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> options(const LogFile& log, std::vector<std::string> more = {}) {
  std::vector<std::string> all = {"--store", "none", "--logfile", log.path(), "--cores", "2"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST_CASE("SIGTERM and SIGINT end the server with exit code 0, and its pid file goes") {
  for (const int signal : {SIGTERM, SIGINT}) {
    CAPTURE(signal);
    const TempFolder folder;
    const LogFile log(folder.path() / "log");
    const fs::path pid_file = folder.path() / "pid";
    ServerProcess server(options(log, {"--pidfile", pid_file.string()}));
    CHECK(LogFile(pid_file).text() == std::to_string(server.pid()) + "\n");
    server.signal(signal);
    CHECK(server.wait() == 0);
    CHECK(!fs::exists(pid_file));
    CHECK(log.has(signal == SIGTERM ? "Received SIGTERM scheduling shutdown..."
                                    : "Received SIGINT scheduling shutdown..."));
    CHECK(log.has("ready to exit, bye bye"));
  }
}

TEST_CASE("SIGHUP opens the log anew, and SIGPIPE is nothing") {
  const TempFolder folder;
  const LogFile log(folder.path() / "log");
  ServerProcess server(options(log));
  const LogFile rotated(folder.path() / "log.1");
  fs::rename(log.path(), rotated.path());
  server.signal(SIGHUP);
  while (!fs::exists(log.path())) std::this_thread::yield();
  server.signal(SIGPIPE);
  server.signal(SIGTERM);
  CHECK(server.wait() == 0);
  CHECK(log.has("Received SIGTERM"));
  CHECK(!rotated.has("Received SIGTERM"));
}

// A socket that stands for systemd's, as long as it lives.
class Supervisor {
 public:
  explicit Supervisor(const fs::path& path) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.string().size() < sizeof address.sun_path);
    std::strcpy(address.sun_path, path.c_str());
    REQUIRE(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~Supervisor() {
    unsetenv("NOTIFY_SOCKET");
    close(fd_);
  }
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  std::string next() {
    std::string text(1000, ' ');
    text.resize(static_cast<size_t>(recv(fd_, text.data(), text.size(), 0)));
    return text;
  }

 private:
  int fd_;
};

TEST_CASE("systemd is told when the server is ready, and that it ends") {
  for (const char* const supervised : {"systemd", "auto"}) {
    CAPTURE(supervised);
    const TempFolder folder;
    const LogFile log(folder.path() / "log");
    Supervisor systemd(folder.path() / "notify");
    ServerProcess server(options(log, {"--supervised", supervised}));
    CHECK(systemd.next() == "STATUS=Ready to accept connections\nREADY=1\n");
    CHECK(Connection(server.port()).run({"INFO", "server"}).find("process_supervised:systemd") !=
          std::string::npos);
    server.signal(SIGTERM);
    CHECK(systemd.next() == "STOPPING=1\n");
    CHECK(server.wait() == 0);
  }
}

TEST_CASE("a server that becomes a daemon leaves its parent, and can be found by its pid file") {
  const TempFolder folder;
  const LogFile log(folder.path() / "log");
  const fs::path socket = folder.path() / "socket";
  const LogFile pid_file(folder.path() / "pid");
  const FailedStart parent = run_server_to_its_end(
      options(log, {"--daemonize", "yes", "--pidfile", pid_file.path(), "--dir",
                    folder.path().string(), "--unixsocket", socket.string()}));
  CHECK(parent.exit_code == 0);
  CHECK(parent.log.empty());
  while (!pid_file.has("\n")) std::this_thread::yield();
  const pid_t pid = std::stoi(pid_file.text());
  CHECK(pid != getpid());
  CHECK(getsid(pid) == pid);
  CHECK(fs::exists(socket));
  CHECK(kill(pid, SIGTERM) == 0);
  while (fs::exists(pid_file.path())) std::this_thread::yield();
  CHECK(!fs::exists(socket));
}

TEST_CASE("SHUTDOWN ABORT cancels a signal that cron has not looked at yet") {
  const TempFolder folder;
  const LogFile log(folder.path() / "log");
  ServerProcess server(options(log, {"--enable-debug-command", "yes"}));
  Connection client(server.port());
  CHECK(client.run({"DEBUG", "PAUSE-CRON", "1"}) == "OK");
  server.signal(SIGTERM);
  while (!log.has("Received SIGTERM")) std::this_thread::yield();
  CHECK(client.run({"SHUTDOWN", "ABORT"}) == "OK");
  CHECK(log.has("Shutdown manually aborted."));
  CHECK(client.run({"SHUTDOWN", "ABORT"}) == "!ERR No shutdown in progress.");
  CHECK(client.run({"DEBUG", "PAUSE-CRON", "0"}) == "OK");
  CHECK(client.run({"PING"}) == "PONG");
  // One that was held ends the server when cron runs again.
  CHECK(client.run({"DEBUG", "PAUSE-CRON", "1"}) == "OK");
  server.signal(SIGTERM);
  CHECK(client.run({"DEBUG", "PAUSE-CRON", "0"}) == "OK");
  CHECK(server.wait() == 0);
}

TEST_CASE("CONFIG REWRITE with every option makes a file that starts the same server") {
  const TempFolder folder;
  const LogFile log(folder.path() / "log");
  const fs::path file = folder.path() / "server.conf";
  std::ofstream(file) << "maxclients 77\nenable-debug-command yes\n";
  const auto start = [&] {
    std::vector<std::string> all = options(log);
    all.insert(all.begin(), file.string());
    return all;
  };
  std::string before;
  {
    ServerProcess server(start());
    Connection client(server.port());
    CHECK(client.run({"CONFIG", "SET", "timeout", "123"}) == "OK");
    CHECK(client.run({"CONFIG", "SET", "port", "0"}) == "OK");
    CHECK(client.run({"DEBUG", "CONFIG-REWRITE-FORCE-ALL"}) == "OK");
    before = client.run({"CONFIG", "GET", "maxclients", "timeout", "save", "latency*"});
  }
  CHECK(LogFile(file).has("\nhz 10\n"));
  ServerProcess server(start());
  Connection client(server.port());
  CHECK(client.run({"CONFIG", "GET", "maxclients", "timeout", "save", "latency*"}) == before);
}

std::string proc_file(const ServerProcess& server, const std::string& name) {
  return LogFile(fs::path("/proc") / std::to_string(server.pid()) / name).text();
}

TEST_CASE("the process list shows what proc-title-template says, however long that is") {
  const TempFolder folder;
  const LogFile log(folder.path() / "log");
  const std::string socket = (folder.path() / "socket").string();
  ServerProcess server(options(log, {"--unixsocket", socket}));
  Connection client(server.port());
  const auto title = [&server] {
    const std::string line = proc_file(server, "cmdline");
    return line.substr(0, line.find('\0'));
  };
  const std::string port = std::to_string(server.port());
  CHECK(title() == std::string(TIDEMARK_SERVER) + " 127.0.0.1:" + port);
  const auto set = [&client](const std::string& text) {
    return client.run({"CONFIG", "SET", "proc-title-template", text});
  };
  CHECK(set("  TEST {title} {listen-addr} {port} {tls-port} {unixsocket} {{} {server-mode} ") ==
        "OK");
  CHECK(title() == "TEST " + std::string(TIDEMARK_SERVER) + " 127.0.0.1:" + port + " " + port +
                       " 0 " + socket + " {}");
  CHECK(set("short") == "OK");
  CHECK(title() == "short");
  CHECK(set(std::string(100'000, 'x')) == "OK");
  CHECK(title().find_first_not_of('x') == std::string::npos);
  CHECK(set("{none}").find("template format is invalid") != std::string::npos);
  // The environment, part of which has made room, is what it was.
  CHECK(client.run({"PING"}) == "PONG");
}

TEST_CASE("oom-score-adj is told to the kernel, and taken back when it is switched off") {
  const TempFolder folder;
  const LogFile log(folder.path() / "log");
  ServerProcess server(options(log));
  Connection client(server.port());
  const auto score = [&server] { return std::stoi(proc_file(server, "oom_score_adj")); };
  const auto set = [&client](const std::vector<std::string>& pairs) {
    std::vector<std::string> call = {"CONFIG", "SET"};
    call.insert(call.end(), pairs.begin(), pairs.end());
    return client.run(call);
  };
  const int before = score();
  CHECK(set({"oom-score-adj-values", "10 20 30"}) == "OK");
  CHECK(score() == before);
  CHECK(set({"oom-score-adj", "yes"}) == "OK");
  CHECK(score() == before + 10);
  CHECK(set({"oom-score-adj-values", "15 20 30"}) == "OK");
  CHECK(score() == before + 15);
  CHECK(set({"oom-score-adj", "absolute", "oom-score-adj-values", "900 0 0"}) == "OK");
  CHECK(score() == 900);
  CHECK(set({"oom-score-adj-values", "2000 0 0"}) == "OK");
  CHECK(score() == 1000);
  CHECK(set({"oom-score-adj", "no"}) == "OK");
  CHECK(score() == before);
  CHECK(set({"oom-score-adj-values", "2001 0 0"}).find("between -2000 and 2000") !=
        std::string::npos);
}

}  // namespace
}  // namespace tidemark::test
