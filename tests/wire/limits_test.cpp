// What a client may use up, and what becomes of one that wants more.

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/server.hpp"
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

TEST_CASE("of replies above the hard limit the peer sees nothing") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server(
        {.cores = cores, .config = "store none\nclient-output-buffer-limit normal 100000 0 0\n"});
    Connection asker(server.port());
    CHECK(asker.run({"SET", "big", std::string(120'000, 'x')}) == "OK");
    Connection one(server.port());
    one.write("GET big\r\n");
    CHECK(one.read_to_end().empty());

    // As many commands as come in one read are measured together.
    CHECK(asker.run({"SET", "part", std::string(10'000, 'x')}) == "OK");
    Connection many(server.port());
    std::string pipeline;
    for (int i = 0; i < 15; ++i) {
      const std::string key = std::to_string(i);
      pipeline += "SET " + key + " v\r\nGET " + key + "\r\nDEL " + key + "\r\nGET part\r\n";
    }
    many.write(pipeline);
    CHECK(many.read_to_end().empty());

    Connection repeating(server.port());
    repeating.write("MGET " + times(1000, "part ") + "\r\n");
    CHECK(repeating.read_to_end().empty());

    for (int i = 0; i < 2000; ++i) {
      asker.send({"SET", std::string(90, 'k') + std::to_string(i), "v"});
    }
    for (int i = 0; i < 2000; ++i) CHECK(asker.receive() == "OK");
    Connection nosy(server.port());
    nosy.write("KEYS *\r\n");
    CHECK(nosy.read_to_end().empty());
    CHECK(asker.run({"PING"}) == "PONG");
    CHECK(asker.run({"INFO", "stats"}).find("client_output_buffer_limit_disconnections:4") !=
          std::string::npos);
  }
}

TEST_CASE("a peer that reads as it sends never meets the hard limit") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server(
        {.cores = cores, .config = "store none\nclient-output-buffer-limit normal 1mb 0 0\n"});
    Connection client(server.port());
    CHECK(client.run({"SET", "k", std::string(1000, 'x')}) == "OK");
    // Five times the limit in all; but a sixteenth of it for what Redis would read at once.
    constexpr int kCommands = 5000;
    std::thread writer([&] { client.write(times(kCommands, "GET k" + times(260, " ") + "\r\n")); });
    const size_t reply_bytes = std::string("$1000\r\n\r\n").size() + 1000;
    CHECK(client.read(kCommands * reply_bytes).size() == kCommands * reply_bytes);
    writer.join();
  }
}

TEST_CASE("a hard limit of one byte locks nobody out") {
  TestServer server({.cores = 4});
  Connection client(server.port());
  CHECK(client.run({"SET", "small", std::string(16'000, 'x')}) == "OK");
  CHECK(client.run({"SET", "large", std::string(17'000, 'x')}) == "OK");
  CHECK(client.run({"CONFIG", "SET", "client-output-buffer-limit", "normal 1 1 0"}) == "OK");
  CHECK(client.run({"GET", "small"}).size() == 16'002);
  client.write("GET large\r\n");
  CHECK(client.read_to_end().empty());
}

TEST_CASE("replies that wait are told as Redis keeps them: some in a buffer, the rest in a list") {
  TestServer server({.cores = 4});
  Connection asker(server.port());
  CHECK(asker.run({"SET", "k", std::string(16 << 20, 'x')}) == "OK");
  Connection slow(server.port());
  CHECK(slow.run({"CLIENT", "SETNAME", "slow"}) == "OK");
  CHECK(field(line_of(asker, "slow"), "omem") == "0");
  write_some(slow.fd(), "GET k\r\n");
  while (field(line_of(asker, "slow"), "events") != "rw") {
  }
  const std::string line = line_of(asker, "slow");
  CHECK(field(line, "obl") == "16384");
  const long long listed = std::stoll(field(line, "omem"));
  CHECK(listed > 0);
  CHECK(std::stoll(field(line, "oll")) == (listed + 16383) / 16384);
  CHECK(std::stoll(field(line, "tot-mem")) > listed);
}

TEST_CASE("a client that is about to be closed is not read any more, and gets what it is owed") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection asker(server.port());
    constexpr size_t kValueBytes = 16 << 20;
    CHECK(asker.run({"SET", "k", std::string(kValueBytes, 'x')}) == "OK");
    Connection leaving(server.port());
    CHECK(leaving.run({"CLIENT", "SETNAME", "leaving"}) == "OK");
    leaving.write("GET k\r\nQUIT\r\nSET k changed\r\n");
    while (field(line_of(asker, "leaving"), "flags") != "c") {
    }
    // What comes behind its last command stays where it is.
    write_some(leaving.fd(), times(2000, "SET k changed\r\n"));
    for (int i = 0; i < 100; ++i) {
      const std::string line = line_of(asker, "leaving");
      CHECK(field(line, "events") == "w");
      CHECK(field(line, "qbuf") == "0");
    }
    const std::string owed = leaving.read_to_end();
    CHECK(owed.size() == std::string("$16777216\r\n\r\n+OK\r\n").size() + kValueBytes);
    CHECK(owed.ends_with("\r\n+OK\r\n"));
    CHECK(asker.run({"STRLEN", "k"}) == std::to_string(kValueBytes));
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

TEST_CASE("a stranger who does not read is closed, with a few kilobytes of replies waiting") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = "store none\nrequirepass secret\n"});
    Connection boss(server.port());
    CHECK(boss.run({"AUTH", "secret"}) == "OK");
    Connection client(server.port());
    const std::string refusals = times(400, "-NOAUTH Authentication required.\r\n");
    client.write(times(400, "GET k\r\n"));
    CHECK(client.read(refusals.size()) == refusals);
    const std::string request = times(1000, "GET k\r\n");
    while (write_some(client.fd(), request) > 0 ||
           boss.run({"INFO", "stats"}).find("output_buffer_limit_disconnections:0") !=
               std::string::npos) {
    }
    CHECK(boss.run({"INFO", "stats"}).find("output_buffer_limit_disconnections:1") !=
          std::string::npos);
  }
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

TEST_CASE("CONFIG SET maxmemory-clients has evicted who is too much when it answers") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection asker(server.port());
    CHECK(asker.run({"CLIENT", "NO-EVICT", "on"}) == "OK");
    std::vector<std::unique_ptr<Connection>> clients;
    for (int i = 0; i < 8; ++i) {
      const std::string name = "client" + std::to_string(i);
      clients.push_back(std::make_unique<Connection>(server.port()));
      CHECK(clients.back()->run({"CLIENT", "SETNAME", name}) == "OK");
      clients.back()->write("*2\r\n$3\r\nGET\r\n$1000000\r\n" + std::string(1'000'000, 'x'));
      while (field(line_of(asker, name), "qbuf") != std::to_string(1'000'000)) {
      }
    }
    const long long each = std::stoll(field(line_of(asker, "client0"), "tot-mem"));
    const long long limit = 4 * each + 100'000;
    CHECK(asker.run({"CONFIG", "SET", "maxmemory-clients", std::to_string(limit)}) == "OK");
    const std::string list = asker.run({"CLIENT", "LIST"});
    int left = 0;
    for (int i = 0; i < 8; ++i) {
      left += list.find("name=client" + std::to_string(i) + " ") != std::string::npos ? 1 : 0;
    }
    CHECK(left == 4);
    CHECK(asker.run({"INFO", "stats"}).find("evicted_clients:4") != std::string::npos);
  }
}

TEST_CASE("cores that see too much client memory at once stop each other once") {
  TestServer server({.cores = 4, .config = "store none\nmaxmemory-clients 4mb\n"});
  Connection asker(server.port());
  const auto stops = [&asker] {
    const std::string info = asker.run({"INFO", "stats"});
    return info.find("evicted_clients:1") != std::string::npos;
  };
  CHECK(asker.run({"CLIENT", "NO-EVICT", "on"}) == "OK");
  Connection big(server.port());
  CHECK(big.run({"CLIENT", "SETNAME", "big"}) == "OK");
  big.write("*2\r\n$3\r\nGET\r\n$5000000\r\n" + std::string(4'500'000, 'x'));
  CHECK(big.read_to_end().empty());
  CHECK(stops());
  // One whom nobody may evict keeps memory above the limit; nobody is stopped for that.
  Connection guarded(server.port());
  CHECK(guarded.run({"CLIENT", "SETNAME", "guarded"}) == "OK");
  CHECK(guarded.run({"CLIENT", "NO-EVICT", "on"}) == "OK");
  guarded.write("*2\r\n$3\r\nGET\r\n$5000000\r\n" + std::string(4'500'000, 'x'));
  while (std::stoll(field(line_of(asker, "guarded"), "qbuf")) < 4'500'000) {
  }
  CHECK_FALSE(server.server().client_eviction());
}

TEST_CASE(
    "of a request that is here in part CLIENT LIST tells what is understood and what is not") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection boss(server.port());
    Connection client(server.port());
    CHECK(client.run({"CLIENT", "SETNAME", "client"}) == "OK");
    for (const size_t bytes : {size_t{10}, size_t{1000}, size_t{100'000}, size_t{3'000'000}}) {
      CAPTURE(bytes);
      const std::string body(bytes, 'v');
      client.write("*3\r\n$4\r\nECHO\r\n$5\r\nwords\r\n$" + std::to_string(bytes) + "\r\n" + body);
      while (field(line_of(boss, "client"), "qbuf") != std::to_string(bytes)) {
      }
      CHECK(field(line_of(boss, "client"), "argv-mem") == "9");
      CHECK(std::stoull(field(line_of(boss, "client"), "tot-mem")) > bytes);
      client.write("\r\n");
      CHECK(client.receive() == "!ERR wrong number of arguments for 'echo' command");
    }
  }
}

TEST_CASE("a big argument counts as soon as its length is known") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection boss(server.port());
    Connection client(server.port());
    CHECK(client.run({"CLIENT", "SETNAME", "client"}) == "OK");
    client.write("*2\r\n$4\r\nECHO\r\n$1000000\r\n");
    while (std::stoull(field(line_of(boss, "client"), "tot-mem")) < 1'000'000) {
    }
    CHECK(boss.run({"CLIENT", "NO-EVICT", "ON"}) == "OK");
    CHECK(boss.run({"CONFIG", "SET", "maxmemory-clients", "500kb"}) == "OK");
    CHECK(client.read_to_end() == "");
  }
}

TEST_CASE(
    "who asks for more picks than replies may wait is closed, and so is who lists too many keys") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = "store none\nenable-debug-command yes\n"});
    Connection boss(server.port());
    CHECK(boss.run({"SADD", "set", "a", "b"}) == "2");
    CHECK(boss.run({"ZADD", "zset", "1", "a", "2", "b"}) == "2");
    CHECK(boss.run({"HSET", "hash", "a", "1", "b", "2"}) == "2");
    CHECK(boss.run({"CONFIG", "SET", "client-output-buffer-limit", "normal 1000000 0 0"}) == "OK");
    for (const char* const words : {"SRANDMEMBER set", "ZRANDMEMBER zset", "HRANDFIELD hash"}) {
      CAPTURE(words);
      Connection client(server.port());
      client.write(words + std::string(" -999999999\r\n"));
      CHECK(client.read_to_end() == "");
    }
    // Just above the limit: none of this is where the first 16 KiB of other replies are.
    CHECK(boss.run({"CONFIG", "SET", "client-output-buffer-limit", "normal 20000 0 0"}) == "OK");
    CHECK(boss.run({"DEBUG", "POPULATE", "2100"}) == "OK");
    Connection client(server.port());
    client.write("KEYS *\r\n");
    CHECK(client.read_to_end() == "");
  }
}
