// What a client may use up, and what becomes of one that wants more.

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

namespace {

std::string field(const std::string& line, const std::string& name) {
  const size_t at = line.find(" " + name + "=") + name.size() + 2;
  return line.substr(at, line.find_first_of(" \n", at) - at);
}

// The line of CLIENT LIST about the client with this name; empty where there is none.
std::string line_of(Connection& asker, const std::string& name) {
  const std::string list = asker.run({"CLIENT", "LIST"});
  const size_t at = list.find(" name=" + name + " ");
  if (at == std::string::npos) return "";
  const size_t begin = list.rfind("id=", at);
  return list.substr(begin, list.find('\n', at) - begin);
}

// As many bytes as the kernel takes without waiting.
size_t write_some(int fd, const std::string& bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t taken =
        send(fd, bytes.data() + sent, bytes.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken <= 0) break;
    sent += static_cast<size_t>(taken);
  }
  return sent;
}

std::string times(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("a peer that sends a million commands and reads nothing is not read any more") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores,
                       .config = "store none\nclient-output-buffer-pause 1mb\n"
                                 "client-output-buffer-limit normal 0 0 0\n"});
    Connection asker(server.port());
    const std::string value(100, 'x');
    CHECK(asker.run({"SET", "k", value}) == "OK");
    Connection flood(server.port());
    CHECK(flood.run({"CLIENT", "SETNAME", "flood"}) == "OK");

    const std::string request = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
    constexpr int kBlock = 1000;
    constexpr int kBlocks = 1000;
    const std::string block = times(kBlock, request);
    std::thread writer([&] {
      for (int i = 0; i < kBlocks; ++i) flood.write(block);
    });
    // It stops reading, and holds no more than the limit and what one read brought.
    while (field(line_of(asker, "flood"), "events") != "w") {
    }
    for (int i = 0; i < 100; ++i) {
      CHECK(std::stoll(field(line_of(asker, "flood"), "tot-mem")) < (4 << 20));
    }
    // Who reads after all gets everything, in order.
    const std::string reply = "$100\r\n" + value + "\r\n";
    const std::string replies = times(kBlock, reply);
    int wrong = 0;
    for (int i = 0; i < kBlocks; ++i) wrong += flood.read(replies.size()) == replies ? 0 : 1;
    writer.join();
    CHECK(wrong == 0);
    CHECK(flood.run({"PING"}) == "PONG");
    CHECK(field(line_of(asker, "flood"), "events") == "r");
  }
}

TEST_CASE("a client whose replies pass the hard limit is closed") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server(
        {.cores = cores, .config = "store none\nclient-output-buffer-limit normal 3mb 0 0\n"});
    Connection asker(server.port());
    CHECK(asker.run({"SET", "k", std::string(1 << 20, 'x')}) == "OK");
    Connection slow(server.port());
    slow.run({"CLIENT", "SETNAME", "slow"});
    write_some(slow.fd(), times(100, "GET k\r\n"));
    while (!line_of(asker, "slow").empty()) {
    }
    CHECK(slow.read_to_end().size() < (50 << 20));
    CHECK(asker.run({"PING"}) == "PONG");
  }
}

TEST_CASE("a client above the soft limit is closed when its seconds are over") {
  TestServer server(
      {.cores = 4, .config = "store none\nclient-output-buffer-limit normal 0 100kb 1\n"});
  Connection asker(server.port());
  CHECK(asker.run({"SET", "k", std::string(1 << 20, 'x')}) == "OK");
  Connection slow(server.port());
  slow.run({"CLIENT", "SETNAME", "slow"});
  write_some(slow.fd(), times(10, "GET k\r\n"));
  while (!line_of(asker, "slow").empty()) {
  }
  CHECK(asker.run({"PING"}) == "PONG");
}

TEST_CASE("a request that does not end is cut off at the limit of the query buffer") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = "store none\nclient-query-buffer-limit 1mb\n"});
    Connection client(server.port());
    client.write("*2\r\n$3\r\nGET\r\n$100000000\r\n");
    const std::string part(1 << 16, 'x');
    for (int i = 0; i < 64; ++i) client.write(part);
    CHECK(client.read_to_end() == "");
  }
}

TEST_CASE("a pipeline longer than the query buffer's limit is no reason to close") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = "store none\nclient-query-buffer-limit 1mb\n"});
    Connection boss(server.port());
    CHECK(boss.run({"CLIENT", "PAUSE", "1000000", "WRITE"}) == "OK");
    Connection client(server.port());
    CHECK(client.run({"CLIENT", "SETNAME", "client"}) == "OK");
    constexpr int kCommands = 200000;
    std::thread writer([&] { client.write(times(kCommands, "SET key value\r\n")); });
    // What a command that waits has behind it is read up to a point, and then no more.
    while (field(line_of(boss, "client"), "events") != "") {
    }
    CHECK(std::stoll(field(line_of(boss, "client"), "tot-mem")) < (4 << 20));
    CHECK(boss.run({"CLIENT", "UNPAUSE"}) == "OK");
    const std::string replies = times(kCommands, "+OK\r\n");
    CHECK(client.read(replies.size()) == replies);
    writer.join();
  }
}

TEST_CASE("a client that is idle for longer than the timeout is closed") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = "store none\ntimeout 1\n"});
    Connection client(server.port());
    CHECK(client.run({"PING"}) == "PONG");
    CHECK(client.read_to_end() == "");
  }
}

TEST_CASE("one client more than maxclients is told so") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = "store none\nmaxclients 5\n"});
    std::vector<std::unique_ptr<Connection>> clients;
    for (int i = 0; i < 5; ++i) {
      clients.push_back(std::make_unique<Connection>(server.port()));
      CHECK(clients.back()->run({"PING"}) == "PONG");
    }
    Connection late(server.port());
    CHECK(late.read_to_end() == "-ERR max number of clients reached\r\n");
    clients.pop_back();
    for (;;) {
      Connection next(server.port());
      next.write("PING\r\n");
      if (next.read(7) == "+PONG\r\n") break;
    }
  }
}

TEST_CASE("clients wait where the process may open no more files, and are served when it may") {
  TestServer server({.cores = 4});
  Connection first(server.port());
  CHECK(first.run({"PING"}) == "PONG");
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int free = dup(first.fd());
  close(free);
  // One descriptor for our end of the connection, none for the server's.
  const rlimit tight{.rlim_cur = static_cast<rlim_t>(free) + 1, .rlim_max = before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &tight) == 0);
  Connection second(server.port());
  second.write("PING\r\n");
  for (int i = 0; i < 100; ++i) CHECK(first.run({"PING"}) == "PONG");
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(second.read(7) == "+PONG\r\n");
}

TEST_CASE("the largest clients go when all together hold more than maxmemory-clients") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = "store none\nmaxmemory-clients 6mb\n"});
    Connection asker(server.port());
    CHECK(asker.run({"CLIENT", "NO-EVICT", "on"}) == "OK");
    // Announces an argument and sends part of it.
    const auto grow = [&](const std::string& name, size_t bytes) {
      auto client = std::make_unique<Connection>(server.port());
      CHECK(client->run({"CLIENT", "SETNAME", name}) == "OK");
      client->write("*2\r\n$3\r\nGET\r\n$" + std::to_string(bytes) + "\r\n");
      client->write(std::string(bytes, 'x'));
      return client;
    };
    const auto settled = [&](const std::string& name, long long bytes) {
      for (;;) {
        const std::string line = line_of(asker, name);
        if (line.empty() || std::stoll(field(line, "qbuf")) >= bytes) return;
      }
    };
    std::vector<std::unique_ptr<Connection>> small;
    for (int i = 0; i < 8; ++i) {
      small.push_back(grow("small" + std::to_string(i), 100'000));
      settled("small" + std::to_string(i), 100'000);
    }
    const auto big = grow("big", 2'000'000);
    settled("big", 2'000'000);
    CHECK(line_of(asker, "big") != "");
    // One that is protected tips the scales: the largest of the others goes, and nobody else.
    auto guarded = std::make_unique<Connection>(server.port());
    CHECK(guarded->run({"CLIENT", "SETNAME", "guarded"}) == "OK");
    CHECK(guarded->run({"CLIENT", "NO-EVICT", "on"}) == "OK");
    guarded->write("*2\r\n$3\r\nGET\r\n$4000000\r\n" + std::string(4'000'000, 'x'));
    while (line_of(asker, "big") != "") {
    }
    CHECK(line_of(asker, "guarded") != "");
    for (int i = 0; i < 8; ++i) CHECK(line_of(asker, "small" + std::to_string(i)) != "");
  }
}

TEST_CASE("a stranger's requests are small ones") {
  TestServer server({.cores = 4, .config = "store none\nrequirepass secret\n"});
  Connection many(server.port());
  many.write("*11\r\n");
  CHECK(many.read_to_end() == "-ERR Protocol error: unauthenticated multibulk length\r\n");
  Connection big(server.port());
  big.write("*1\r\n$16385\r\n");
  CHECK(big.read_to_end() == "-ERR Protocol error: unauthenticated bulk length\r\n");
}

TEST_CASE("a peer that has left both ways while its command was away leaves nothing behind") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection asker(server.port());
    for (int i = 0; i < 200; ++i) {
      Connection client(server.port());
      client.write("SET k" + std::to_string(i) + " v\r\nMGET k1 k2 k3 k4\r\nCLIENT LIST\r\n");
      if (i % 2 == 0) client.finish_writing();
    }
    const auto count = [&asker] {
      const std::string list = asker.run({"CLIENT", "LIST"});
      size_t clients = 0;
      for (size_t at = list.find("id="); at != std::string::npos; at = list.find("\nid=", at + 1)) {
        ++clients;
      }
      return clients;
    };
    while (count() > 1) {
    }
    CHECK(count() == 1);
  }
}
