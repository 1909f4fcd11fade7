// CONFIG SET port and bind: the server goes over to other sockets while it runs.

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

namespace {

constexpr const char* kPortRefused =
    "!ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. "
    "Check server logs.";
constexpr const char* kBindRefused =
    "!ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified "
    "addresses.";

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

// Somebody else's socket on a free port of this machine.
class TakenPort {
 public:
  TakenPort() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(fd_, any, size) == 0);
    REQUIRE(getsockname(fd_, any, &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~TakenPort() { release(); }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;

  void listen() { REQUIRE(::listen(fd_, 1) == 0); }
  std::string port() const { return std::to_string(port_); }
  int release() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
    return port_;
  }

 private:
  int fd_;
  int port_ = 0;
};

bool accepts(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(port);
  const bool connected =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

std::string pair(const std::string& name, const std::string& value) {
  return "[\"" + name + "\", \"" + value + "\"]";
}

}  // namespace

TEST_CASE("another port is listened on at once, and who is connected stays") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    const int old_port = TakenPort().release();
    TestServer server(
        {.cores = cores, .config = "store none\nport " + std::to_string(old_port) + "\n"});
    Connection client(old_port);
    TakenPort free;
    const std::string port = free.port();
    const int new_port = free.release();
    CHECK(client.run({"CONFIG", "SET", "port", port}) == "OK");
    CHECK(client.run({"CONFIG", "GET", "port"}) == pair("port", port));
    CHECK(client.run({"INFO", "server"}).find("tcp_port:" + port) != std::string::npos);
    CHECK(client.run({"INFO", "server"}).find("listener0:name=tcp,bind=127.0.0.1,port=" + port) !=
          std::string::npos);
    Connection other(new_port);
    CHECK(other.run({"SET", "k", "v"}) == "OK");
    CHECK(client.run({"GET", "k"}) == "\"v\"");
    CHECK(!accepts(old_port));

    CHECK(client.run({"CONFIG", "SET", "port", "0"}) == "OK");
    CHECK(!accepts(new_port));
    CHECK(other.run({"PING"}) == "PONG");
    CHECK(client.run({"INFO", "server"}).find("listener0") == std::string::npos);
    CHECK(client.run({"CONFIG", "SET", "port", port}) == "OK");
    CHECK(Connection(new_port).run({"GET", "k"}) == "\"v\"");
  }
}

TEST_CASE("a port that cannot be had leaves the server where it is") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    TakenPort taken;
    taken.listen();
    Connection client(server.port());
    CHECK(client.run({"CONFIG", "SET", "maxmemory", "10mb", "port", taken.port(), "hz", "20"}) ==
          kPortRefused);
    CHECK(client.run({"CONFIG", "GET", "maxmemory"}) == pair("maxmemory", "0"));
    CHECK(client.run({"CONFIG", "GET", "hz"}) == pair("hz", "10"));
    CHECK(client.run({"CONFIG", "GET", "port"}) == pair("port", "0"));
    CHECK(Connection(server.port()).run({"PING"}) == "PONG");
    // Nor does it go where it could, if something else in the command is refused.
    const std::string free = std::to_string(TakenPort().release());
    CHECK(client.run({"CONFIG", "SET", "port", free, "maxclients", "4000000000"})
              .find("!ERR CONFIG SET failed (possibly related to argument 'maxclients')") == 0);
    CHECK(!accepts(std::stoi(free)));
    CHECK(Connection(server.port()).run({"PING"}) == "PONG");
  }
}

TEST_CASE("addresses come and go, and those that stay keep their socket") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    const int port = server.port();
    Connection client(port);
    for (const char* bind : {"127.0.0.1 127.0.0.2", "127.0.0.2 127.0.0.1", "*", "127.0.0.1",
                             "127.0.0.1 -192.0.2.1", "-192.0.2.1 *"}) {
      CAPTURE(bind);
      CHECK(client.run({"CONFIG", "SET", "bind", bind}) == "OK");
      CHECK(client.run({"CONFIG", "GET", "bind"}) == pair("bind", bind));
      CHECK(server.port() == port);
      CHECK(Connection(port).run({"PING"}) == "PONG");
    }
    for (const char* bind :
         {"192.0.2.1", "127.0.0.1 192.0.2.1", "no.such.host.invalid", "127.0.0.1 127.0.0.1"}) {
      CAPTURE(bind);
      CHECK(client.run({"CONFIG", "SET", "bind", bind}) == kBindRefused);
      CHECK(client.run({"CONFIG", "GET", "bind"}) == pair("bind", "-192.0.2.1 *"));
      CHECK(Connection(port).run({"PING"}) == "PONG");
    }
    CHECK(client.run({"CONFIG", "SET", "bind", ""}) == "OK");
    CHECK(!accepts(port));
    CHECK(client.run({"CONFIG", "SET", "bind", "127.0.0.1"}) == "OK");
    CHECK(Connection(port).run({"PING"}) == "PONG");
  }
}

TEST_CASE("a connection that waits to be accepted survives a change of the other addresses") {
  TestServer server;
  const int port = server.port();
  Connection client(port);
  client.send({"CONFIG", "SET", "bind", "127.0.0.1 127.0.0.2"});
  Connection waiting(port);
  CHECK(client.receive() == "OK");
  CHECK(waiting.run({"PING"}) == "PONG");
}
