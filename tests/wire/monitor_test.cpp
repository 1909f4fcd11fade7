// MONITOR: every command of every core, each core's in order, and nothing that is a secret.

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

namespace {

std::string read_line(Connection& connection) {
  std::string line;
  do {
    const std::string byte = connection.read(1);
    if (byte.empty()) return line;
    line += byte;
  } while (line.size() < 2 || line.substr(line.size() - 2) != "\r\n");
  return line.substr(0, line.size() - 2);
}

void start_monitor(Connection& connection) {
  connection.write("MONITOR\r\n");
  REQUIRE(connection.read(5) == "+OK\r\n");
}

// Without the time: "[0 127.0.0.1:60866] "keys" "*"".
std::string without_time(const std::string& line) { return line.substr(line.find(' ') + 1); }

std::string address_of(Connection& client) {
  const std::string line = client.run({"CLIENT", "INFO"});
  const size_t at = line.find("addr=") + 5;
  return line.substr(at, line.find(' ', at) - at);
}

class UnixSocket {
 public:
  explicit UnixSocket(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~UnixSocket() { close(fd_); }
  UnixSocket(const UnixSocket&) = delete;
  UnixSocket& operator=(const UnixSocket&) = delete;

  void send(const std::string& bytes) {
    REQUIRE(::send(fd_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }
  std::string read(size_t bytes) {
    std::string text(bytes, ' ');
    text.resize(
        static_cast<size_t>(std::max<ssize_t>(recv(fd_, text.data(), bytes, MSG_WAITALL), 0)));
    return text;
  }

 private:
  int fd_;
};

}  // namespace

TEST_CASE("MONITOR shows the commands of clients of every core as Redis writes them") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    std::vector<std::unique_ptr<Connection>> clients;
    std::vector<std::string> addresses;
    for (int i = 0; i < 8; ++i) {
      clients.push_back(std::make_unique<Connection>(server.port()));
      addresses.push_back(address_of(*clients.back()));
    }
    Connection monitor(server.port());
    start_monitor(monitor);
    for (int i = 0; i < 8; ++i) {
      CHECK(clients[i]->run({"SET", "k" + std::to_string(i), "a \"b\"\n\x01\\"}) == "OK");
      const std::string line = read_line(monitor);
      // Seconds with six digits behind the point.
      const size_t dot = line.find('.');
      CHECK(line.front() == '+');
      CHECK(line.find(' ') == dot + 7);
      CHECK(without_time(line) ==
            "[0 " + addresses[i] + "] \"SET\" \"k" + std::to_string(i) + R"(" "a \"b\"\n\x01\\")");
    }
    // Refused, and for administrators: not shown.
    clients[0]->run({"NOSUCH"});
    clients[0]->run({"GET"});
    clients[0]->run({"CLIENT", "LIST"});
    clients[0]->run({"MGET", "k0", "k1", "k2", "k3"});
    CHECK(without_time(read_line(monitor)) ==
          "[0 " + addresses[0] + "] \"MGET\" \"k0\" \"k1\" \"k2\" \"k3\"");
  }
}

TEST_CASE("a monitor sees each client's commands in order and once") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    Connection monitor(server.port());
    start_monitor(monitor);
    constexpr int kCommands = 3000;
    for (int i = 0; i < kCommands; ++i) client.send({"SET", "k" + std::to_string(i % 50), "v"});
    for (int i = 0; i < kCommands; ++i) CHECK(client.receive() == "OK");
    int wrong = 0;
    for (int i = 0; i < kCommands; ++i) {
      const std::string line = read_line(monitor);
      if (line.find("\"SET\" \"k" + std::to_string(i % 50) + "\" \"v\"") == std::string::npos) {
        ++wrong;
      }
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("a monitor that leaves is forgotten on every core") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    Connection left(server.port());
    {
      Connection monitor(server.port());
      start_monitor(monitor);
      const std::string list = client.run({"CLIENT", "LIST"});
      CHECK(list.find("flags=O") != std::string::npos);
      CHECK(list.find("cmd=monitor") != std::string::npos);
    }
    while (client.run({"CLIENT", "LIST"}).find("flags=O") != std::string::npos) {
    }
    for (int i = 0; i < 100; ++i) CHECK(client.run({"SET", "k" + std::to_string(i), "v"}) == "OK");
    // One that is new sees only what comes after it.
    start_monitor(left);
    client.run({"GET", "k1"});
    CHECK(read_line(left).find("\"GET\" \"k1\"") != std::string::npos);
  }
}

TEST_CASE("a monitor that does not read is closed for what it has not read") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server(
        {.cores = cores, .config = "store none\nclient-output-buffer-limit normal 1mb 0 0\n"});
    Connection monitor(server.port());
    start_monitor(monitor);
    Connection client(server.port());
    const std::string value(100000, 'x');
    while (client.run({"CLIENT", "LIST"}).find("flags=O") != std::string::npos) {
      for (int i = 0; i < 10; ++i) CHECK(client.run({"SET", "k", value}) == "OK");
    }
    CHECK(client.run({"GET", "k"}).size() == value.size() + 2);
  }
}

TEST_CASE("a client of a Unix socket is shown by the socket's path") {
  const tidemark::test::TempFolder folder;
  const std::string path = folder.path() / "s";
  TestServer server({.cores = 4, .config = "store none\nunixsocket " + path + "\n"});
  UnixSocket monitor(path);
  monitor.send("MONITOR\r\n");
  CHECK(monitor.read(5) == "+OK\r\n");
  UnixSocket client(path);
  client.send("GET k\r\n");
  const std::string expected = "[0 unix:" + path + "] \"GET\" \"k\"\r\n";
  const size_t time_bytes = std::string("+1339518083.107412 ").size();
  CHECK(monitor.read(time_bytes + expected.size()).substr(time_bytes) == expected);
}

TEST_CASE("a monitor sees every word but the secret ones") {
  TestServer server;
  Connection client(server.port());
  Connection monitor(server.port());
  start_monitor(monitor);
  const std::vector<std::pair<std::vector<std::string>, std::string>> calls = {
      {{"HELLO", "2"}, R"_("HELLO" "2")_"},
      {{"HELLO", "2", "AUTH", "u", "p"}, R"_("HELLO" "2" "AUTH" "(redacted)" "(redacted)")_"},
      {{"hello", "2", "setname", "auth", "auth", "u", "p", "setname", "n"},
       R"_("hello" "2" "setname" "auth" "auth" "(redacted)" "(redacted)" "setname" "n")_"},
      {{"HELLO", "2", "AUTH", "p"}, R"_("HELLO" "2" "AUTH" "(redacted)")_"},
      {{"HELLO", "AUTH", "u", "p"}, R"_("HELLO" "AUTH" "(redacted)" "(redacted)")_"},
      {{"AUTH", "p"}, R"_("AUTH" "(redacted)")_"},
      {{"AUTH", "u", "p"}, R"_("AUTH" "(redacted)" "(redacted)")_"},
      {{"MIGRATE", "h", "1", "k", "0", "1", "AUTH", "p", "COPY"},
       R"_("MIGRATE" "h" "1" "k" "0" "1" "AUTH" "(redacted)" "COPY")_"},
  };
  for (const auto& [call, shown] : calls) {
    client.run(call);
    const std::string line = read_line(monitor);
    CHECK(line.substr(line.find("] ") + 2) == shown);
  }
}

TEST_CASE(
    "a monitor sees its own commands behind their replies, but not RESET, and touches no keys") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection other(server.port());
    Connection monitor(server.port());
    start_monitor(monitor);
    CHECK(other.run({"PING"}) == "PONG");
    CHECK(read_line(monitor).find("\"PING\"") != std::string::npos);
    monitor.write("PING\r\n");
    CHECK(read_line(monitor) == "+PONG");
    CHECK(without_time(read_line(monitor)).find("] \"PING\"") != std::string::npos);
    for (const char* const command : {"GET k", "SET k v", "FLUSHALL"}) {
      CAPTURE(command);
      monitor.write(command + std::string("\r\n"));
      CHECK(read_line(monitor) == "-ERR Replica can't interact with the keyspace");
    }
    monitor.write("RESET\r\n");
    CHECK(read_line(monitor) == "+RESET");
    monitor.write("ECHO nothing-between\r\n");
    CHECK(read_line(monitor) == "$15");
    CHECK(read_line(monitor) == "nothing-between");
  }
}
