// CLIENT PAUSE: who waits, who does not, and that nothing is lost.

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

namespace {

// Waits until so many clients are held back, as CLIENT LIST shows it.
void wait_for_held(Connection& asker, int wanted) {
  for (;;) {
    const std::string list = asker.run({"CLIENT", "LIST"});
    int held = 0;
    for (size_t at = list.find("flags=b"); at != std::string::npos;
         at = list.find("flags=b", at + 1)) {
      ++held;
    }
    if (held == wanted) return;
    std::this_thread::yield();
  }
}

}  // namespace

TEST_CASE("CLIENT PAUSE WRITE holds writes back, in order, and lets reads through") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection boss(server.port());
    Connection writer(server.port());
    Connection reader(server.port());
    CHECK(boss.run({"SET", "k", "old"}) == "OK");
    CHECK(boss.run({"CLIENT", "PAUSE", "1000000", "WRITE"}) == "OK");
    CHECK(boss.run({"GET", "k"}) == "\"old\"");
    // The read in front is answered, what comes behind the write waits with it.
    for (int i = 0; i < 50; ++i) writer.send({"GET", "none" + std::to_string(i)});
    for (int i = 0; i < 200; ++i) writer.send({"APPEND", "k", std::to_string(i % 10)});
    writer.send({"GET", "k"});
    for (int i = 0; i < 50; ++i) CHECK(writer.receive() == "(nil)");
    wait_for_held(boss, 1);
    CHECK(boss.run({"INFO", "clients"}).find("blocked_clients:1\r\n") != std::string::npos);
    CHECK(reader.run({"GET", "k"}) == "\"old\"");
    CHECK(boss.run({"CLIENT", "UNPAUSE"}) == "OK");
    for (int i = 0; i < 200; ++i) CHECK(writer.receive() == std::to_string(4 + i));
    std::string expected = "\"old";
    for (int i = 0; i < 200; ++i) expected += std::to_string(i % 10);
    CHECK(writer.receive() == expected + '"');
  }
}

TEST_CASE("CLIENT PAUSE ALL holds every command back until its time is up") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection boss(server.port());
    CHECK(boss.run({"CLIENT", "PAUSE", "50"}) == "OK");
    // Refused commands do not wait, all others do.
    Connection client(server.port());
    CHECK(client.run({"NOSUCH"}).front() == '!');
    CHECK(client.run({"PING"}) == "PONG");
    CHECK(boss.run({"SET", "k", "1"}) == "OK");
  }
}

TEST_CASE("of two pauses the later end and the wider mode hold") {
  TestServer server({.cores = 4});
  Connection boss(server.port());
  CHECK(boss.run({"CLIENT", "PAUSE", "1000000", "WRITE"}) == "OK");
  CHECK(boss.run({"CLIENT", "PAUSE", "1", "WRITE"}) == "OK");
  Connection writer(server.port());
  writer.write("SET k 1\r\n");
  wait_for_held(boss, 1);
  CHECK(boss.run({"CLIENT", "UNPAUSE"}) == "OK");
  CHECK(writer.read(5) == "+OK\r\n");
}

TEST_CASE("after CLIENT PAUSE WRITE has answered, nothing is written on any core") {
  TestServer server({.cores = 4});
  Connection boss(server.port());
  std::vector<std::unique_ptr<Connection>> writers;
  constexpr int kWriters = 8;
  constexpr int kWrites = 2000;
  for (int w = 0; w < kWriters; ++w) {
    writers.push_back(std::make_unique<Connection>(server.port()));
    for (int i = 0; i < kWrites; ++i) {
      writers.back()->send({"INCR", "n" + std::to_string(i % 16)});
      if (i % 100 == 0) writers.back()->send({"MSET", "a", "1", "b", "2", "c", "3"});
    }
  }
  std::vector<std::thread> threads;
  for (auto& writer : writers) {
    threads.emplace_back([&writer] {
      for (int i = 0; i < kWrites + kWrites / 100; ++i) (void)writer->receive();
    });
  }
  const auto sum = [&boss] {
    std::string all;
    for (int i = 0; i < 16; ++i) all += boss.run({"GET", "n" + std::to_string(i)}) + " ";
    return all;
  };
  for (int round = 0; round < 20; ++round) {
    CHECK(boss.run({"CLIENT", "PAUSE", "1000000", "WRITE"}) == "OK");
    const std::string before = sum();
    CHECK(sum() == before);
    CHECK(boss.run({"CLIENT", "UNPAUSE"}) == "OK");
  }
  for (std::thread& thread : threads) thread.join();
  std::string expected;
  for (int i = 0; i < 16; ++i) expected += '"' + std::to_string(kWriters * kWrites / 16) + "\" ";
  CHECK(sum() == expected);
}

TEST_CASE("a client that leaves while it is held back is forgotten, and its command with it") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection boss(server.port());
    CHECK(boss.run({"CLIENT", "PAUSE", "1000000", "WRITE"}) == "OK");
    {
      Connection writer(server.port());
      writer.write("SET k 1\r\nSET k 2\r\n");
      wait_for_held(boss, 1);
    }
    CHECK(boss.run({"CLIENT", "KILL", "TYPE", "normal"}).size() == 1);
    wait_for_held(boss, 0);
    Connection held(server.port());
    held.write("SET other 1\r\n");
    wait_for_held(boss, 1);
    CHECK(boss.run({"CLIENT", "KILL", "TYPE", "normal"}) == "1");
    CHECK(held.read_to_end() == "");
    CHECK(boss.run({"CLIENT", "UNPAUSE"}) == "OK");
    CHECK(boss.run({"GET", "k"}) == "(nil)");
    CHECK(boss.run({"GET", "other"}) == "(nil)");
  }
}

TEST_CASE("a key that expires during a pause is gone for readers and removed afterwards") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection boss(server.port());
    CHECK(boss.run({"SET", "k", "1", "PX", "1"}) == "OK");
    CHECK(boss.run({"CLIENT", "PAUSE", "1000000", "WRITE"}) == "OK");
    while (boss.run({"GET", "k"}) != "(nil)") std::this_thread::yield();
    CHECK(boss.run({"GET", "k"}) == "(nil)");
    CHECK(boss.run({"CLIENT", "UNPAUSE"}) == "OK");
    CHECK(boss.run({"SET", "k", "2", "NX"}) == "OK");
    CHECK(boss.run({"GET", "k"}) == "\"2\"");
  }
}
