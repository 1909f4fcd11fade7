// Order and atomicity over several cores, by looking: writers change keys that live on different
// cores, readers watch for states that no one order of the commands can explain. Each checker is
// also run on writers or settings that break the promise, and has to notice.

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "server/command/router.hpp"
#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::CoreId;
using tidemark::server::Router;
using tidemark::test::Connection;
using tidemark::test::TestServer;

namespace {

constexpr int kCores = 4;
// Rounds of a checker that must find nothing, and the most that one which must find something gets.
constexpr int kRounds = 3000;
constexpr int kRoundsToFind = 300000;

// A key that lives on this core.
std::string key_on(int core, const std::string& name) {
  const Router router(kCores);
  for (int i = 0;; ++i) {
    const std::string key = name + std::to_string(i);
    if (router.owner(key) == CoreId(static_cast<uint16_t>(core))) return key;
  }
}

int64_t number_of(const std::string& reply) {
  return reply == "(nil)" ? 0 : std::stoll(reply.substr(1, reply.size() - 2));
}

// Runs `write` on connections of its own while `read` looks, until it has looked `rounds` times or
// has found something. Returns how often it found something.
int watch(const TestServer& server, int rounds, bool stop_at_first,
          const std::function<void(Connection&, int64_t)>& write,
          const std::function<bool(Connection&)>& read) {
  std::atomic<bool> stop = false;
  std::vector<std::thread> writers;
  for (int i = 0; i < 2; ++i) {
    writers.emplace_back([&] {
      Connection connection(server.port());
      for (int64_t n = 1; !stop; ++n) write(connection, n);
    });
  }
  int found = 0;
  Connection reader(server.port());
  for (int i = 0; i < rounds && !(stop_at_first && found > 0); ++i) found += read(reader) ? 1 : 0;
  stop = true;
  for (std::thread& writer : writers) writer.join();
  return found;
}

}  // namespace

TEST_CASE("who saw the effect of a later command of a pipeline sees those of the earlier ones") {
  TestServer server({.cores = kCores});
  const std::string a = key_on(2, "a");
  const std::string b = key_on(3, "b");
  // One writer alone, or the values of two would mix.
  using Write = std::function<void(Connection&, int64_t)>;
  const Write in_order = [&](Connection& writer, int64_t n) {
    for (int i = 0; i < 8; ++i) {
      writer.send({"SET", a, std::to_string(n * 8 + i)});
      writer.send({"SET", b, std::to_string(n * 8 + i)});
    }
    for (int i = 0; i < 16; ++i) writer.receive();
  };
  // What a server that lets b overtake a would make of it, with all the time between the two that
  // an answer takes, so that it is there to be seen on any machine.
  const Write out_of_order = [&](Connection& writer, int64_t n) {
    writer.run({"SET", b, std::to_string(n)});
    writer.run({"SET", a, std::to_string(n)});
  };
  // Who reads b, then a, must not find a behind b.
  const auto times_a_was_behind = [&](const Write& write, int rounds, bool stop_at_first) {
    Connection(server.port()).run({"MSET", a, "0", b, "0"});
    std::atomic<bool> stop = false;
    std::thread writer([&] {
      Connection connection(server.port());
      for (int64_t n = 1; !stop; ++n) write(connection, n);
    });
    int found = 0;
    Connection reader(server.port());
    for (int i = 0; i < rounds && !(stop_at_first && found > 0); ++i) {
      reader.send({"GET", b});
      reader.send({"GET", a});
      const int64_t seen_b = number_of(reader.receive());
      if (number_of(reader.receive()) < seen_b) ++found;
    }
    stop = true;
    writer.join();
    return found;
  };
  CHECK(times_a_was_behind(in_order, kRounds, false) == 0);
  CHECK_MESSAGE(times_a_was_behind(out_of_order, kRoundsToFind, true) > 0,
                "the checker did not notice effects that come in the wrong order");
}

TEST_CASE("the commands of one pipeline see each other's effects in its order") {
  TestServer server({.cores = kCores});
  Connection client(server.port());
  const std::string a = key_on(0, "a");
  const std::string b = key_on(1, "b");
  const std::string c = key_on(2, "c");
  for (int n = 0; n < 500; ++n) {
    client.send({"SET", a, std::to_string(n)});
    client.send({"INCR", b});
    client.send({"MSET", a, std::to_string(n + 1), c, std::to_string(n)});
    client.send({"GET", a});
    client.send({"MGET", c, b, a});
    const std::string text = std::to_string(n);
    const std::string next = std::to_string(n + 1);
    CHECK(client.receive() == "OK");
    CHECK(client.receive() == next);
    CHECK(client.receive() == "OK");
    CHECK(client.receive() == '"' + next + '"');
    CHECK(client.receive() == "[\"" + text + "\", \"" + next + "\", \"" + next + "\"]");
  }
}

TEST_CASE("a command on several cores is seen whole or not at all") {
  TestServer server({.cores = kCores});
  const std::string a = key_on(0, "a");
  const std::string b = key_on(3, "b");
  const auto torn = [&](Connection& reader) {
    const std::string reply = reader.run({"MGET", a, b});
    const size_t comma = reply.find(", ");
    return reply.substr(1, comma - 1) != reply.substr(comma + 2, reply.size() - comma - 3);
  };
  const auto whole = [&](Connection& writer, int64_t n) {
    writer.run({"MSET", a, std::to_string(n), b, std::to_string(n)});
  };
  const auto in_halves = [&](Connection& writer, int64_t n) {
    writer.send({"SET", a, std::to_string(n)});
    writer.send({"SET", b, std::to_string(n)});
    writer.receive();
    writer.receive();
  };
  CHECK(watch(server, kRounds, false, whole, torn) == 0);
  CHECK_MESSAGE(watch(server, kRoundsToFind, true, in_halves, torn) > 0,
                "the checker did not notice two writes that are not one");
}

TEST_CASE("commands on overlapping sets of cores never wait for each other in a circle") {
  TestServer server({.cores = kCores});
  std::vector<std::string> keys;
  for (int core = 0; core < kCores; ++core) keys.push_back(key_on(core, "k"));
  std::vector<std::thread> clients;
  for (size_t i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      Connection client(server.port());
      for (size_t n = 0; n < 300; ++n) {
        const std::string& first = keys[(i + n) % 4];
        const std::string& second = keys[(i + n * 3 + 1) % 4];
        client.run({"MSET", first, "1", second, "2"});
        client.run({"MGET", second, first, keys[n % 4]});
      }
    });
  }
  for (std::thread& client : clients) client.join();
  Connection client(server.port());
  CHECK(client.run({"PING"}) == "PONG");
}
