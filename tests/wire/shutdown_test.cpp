// The end of a server that is in the midst of things: it comes, and costs nobody what was said.

#include <doctest/doctest.h>
#include <poll.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/server.hpp"
#include "tests/fault/fault_store.hpp"
#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::fault::FaultStore;
using tidemark::test::Connection;
using tidemark::test::TestServer;

namespace {

bool has_bytes(const Connection& connection) {
  pollfd waits{.fd = connection.fd(), .events = POLLIN, .revents = 0};
  return poll(&waits, 1, 0) == 1;
}

bool somebody_is_held(Connection& asker) {
  return asker.run({"CLIENT", "LIST"}).find("flags=b") != std::string::npos;
}

std::string request(const std::vector<std::string>& args) {
  std::string text = "*" + std::to_string(args.size()) + "\r\n";
  for (const std::string& arg : args) {
    text += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
  }
  return text;
}

// Commands of which each stops the cores that own its keys.
std::string stopping_commands() {
  std::string all;
  for (int i = 0; i < 20; ++i) {
    std::vector<std::string> args = {"MSET"};
    for (int key = 0; key < 8; ++key) {
      args.push_back("key" + std::to_string(i * 8 + key));
      args.emplace_back("value");
    }
    all += request(args);
  }
  return all;
}

}  // namespace

TEST_CASE("a server whose cores are being stopped by commands ends all the same") {
  const std::string commands = stopping_commands();
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    TestServer server({.cores = 4});
    std::vector<std::thread> clients;
    std::atomic<int> served = 0;
    for (int i = 0; i < 6; ++i) {
      clients.emplace_back([&] {
        Connection connection(server.port());
        for (bool first = true;; first = false) {
          connection.write(commands);
          if (connection.read(20 * 5).size() < 20 * 5) return;
          if (first) ++served;
        }
      });
    }
    while (served < 6) std::this_thread::yield();
    CHECK(server.stop() == 0);
    for (std::thread& client : clients) client.join();
  }
}

TEST_CASE("what was acknowledged is in the store when the server has ended") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    auto owned = std::make_unique<FaultStore>();
    FaultStore& store = *owned;
    TestServer server(
        {.cores = cores, .config = "commit-delay 1000000\n", .store = std::move(owned)});
    Connection early(server.port());
    Connection late(server.port());
    Connection asker(server.port());
    // Both users are in memory, so that nothing has to be loaded while the store stalls.
    CHECK(early.run({"READSTATE.ACK", "{u}1", "1", "1"}) != "0");
    CHECK(late.run({"READSTATE.ACK", "{u}2", "1", "1"}) != "0");
    CHECK(late.run({"READSTATE.COMMIT", "{u}2"}) == "1");

    store.stall();
    server.server().shutdown().request();
    while (store.stalled() == 0) std::this_thread::yield();
    // The last commits are under way. Whoever writes now is either answered and believed, or waits.
    late.write(request({"READSTATE.ACK", "{u}2", "1", "2"}));
    while (!has_bytes(late) && !somebody_is_held(asker)) std::this_thread::yield();
    const bool acknowledged = has_bytes(late);
    store.release();
    CHECK(server.stop() == 0);
    CHECK(store.user("{u}1").rows.at(0).mark == 1);
    CHECK(store.user("{u}2").rows.at(0).mark == (acknowledged ? 2 : 1));
  }
}

TEST_CASE("commands that wait for the store when the server ends are forgotten") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    auto owned = std::make_unique<FaultStore>();
    FaultStore& store = *owned;
    TestServer server({.cores = cores, .config = "", .store = std::move(owned)});
    store.stall();
    std::vector<std::unique_ptr<Connection>> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(std::make_unique<Connection>(server.port()));
      clients.back()->write(request({"READSTATE.GET", "user" + std::to_string(i), "1"}));
    }
    while (store.stalled() == 0) std::this_thread::yield();
    std::thread end([&] { CHECK(server.stop() == 0); });
    for (const auto& client : clients) CHECK(client->read_to_end().empty());
    store.release();
    end.join();
  }
}

TEST_CASE("who waited to write during a shutdown that is refused goes on") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    auto owned = std::make_unique<FaultStore>();
    FaultStore& store = *owned;
    TestServer server(
        {.cores = cores, .config = "commit-delay 1000000\n", .store = std::move(owned)});
    Connection boss(server.port());
    Connection writer(server.port());
    Connection asker(server.port());
    CHECK(boss.run({"READSTATE.ACK", "user", "1", "1"}) != "0");
    store.set_commit_fault(tidemark::fault::Fault::fail);
    store.stall();
    boss.write(request({"SHUTDOWN"}));
    while (store.stalled() == 0) std::this_thread::yield();
    writer.write(request({"SET", "key", "value"}));
    while (!somebody_is_held(asker)) std::this_thread::yield();
    store.release();
    CHECK(boss.receive() == "!ERR Errors trying to SHUTDOWN. Check logs.");
    CHECK(writer.receive() == "OK");
    store.set_commit_fault(tidemark::fault::Fault::none);
  }
}
