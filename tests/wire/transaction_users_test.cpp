// Read states within transactions: users who are not in memory are there before anything runs.

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/fault/fault_store.hpp"
#include "tests/wire/connection.hpp"
#include "tests/wire/read_state_client.hpp"
#include "tests/wire/test_server.hpp"
#include "tests/wire/waiting.hpp"

namespace tidemark::test {
namespace {

using fault::Fault;
using fault::FaultStore;

constexpr int kUsers = 12;

std::string user(int i) { return "user:" + std::to_string(i); }

bool info_has(Connection& client, const std::string& key, const std::string& text) {
  return client.run({"READSTATE.INFO", key}).find(text) != std::string::npos;
}

struct Faulty {
  explicit Faulty(int cores, const std::string& config = "")
      : Faulty(cores, config, std::make_unique<FaultStore>()) {}
  ~Faulty() { store.release(); }

  FaultStore& store;
  TestServer server;

 private:
  Faulty(int cores, const std::string& config, std::unique_ptr<FaultStore> owned)
      : store(*owned), server({.cores = cores, .config = config, .store = std::move(owned)}) {}
};

// Marks channel 1 of each user and drops them all from memory.
void fill(Connection& client) {
  for (int i = 0; i < kUsers; ++i) {
    client.run({"READSTATE.ACK", user(i), "1", std::to_string(10 + i)});
  }
  for (int i = 0; i < kUsers; ++i) REQUIRE(client.run({"READSTATE.EVICT", user(i)}) == "1");
}

void queue_reads(Connection& client) {
  client.run({"MULTI"});
  client.run({"SET", "before", "1"});
  for (int i = 0; i < kUsers; ++i) client.run({"READSTATE.UNREAD", user(i), "1", "100"});
  client.run({"SET", "after", "1"});
}

void check_reads(const std::string& reply) {
  CAPTURE(reply);
  CHECK(reply.starts_with("[OK, [["));
  CHECK(reply.ends_with("]], OK]"));
  for (int i = 0; i < kUsers; ++i) {
    CHECK(reply.find("\"" + std::to_string(10 + i) + "\"") != std::string::npos);
  }
}

TEST_CASE("users who are not in memory are loaded before a transaction runs, all at once") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    Faulty faulty(cores);
    Connection client(faulty.server.port());
    Connection other(faulty.server.port());
    fill(client);
    queue_reads(client);
    faulty.store.stall();
    client.begin({"EXEC"});
    for (int i = 0; i < kUsers; ++i) {
      while (!info_has(other, user(i), "\"loading\", 1")) {
      }
    }
    // Nothing has run, and nobody is held up.
    for (int i = 0; i < 20; ++i) CHECK(other.run({"SET", "k" + std::to_string(i), "1"}) == "OK");
    CHECK(other.run({"EXISTS", "before", "after"}) == "0");
    faulty.store.release();
    check_reads(client.receive());
    CHECK(other.run({"EXISTS", "before", "after"}) == "2");
  }
}

TEST_CASE("where the store is down nothing of the transaction runs") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    Faulty faulty(cores);
    Connection client(faulty.server.port());
    Connection other(faulty.server.port());
    fill(client);
    faulty.store.set_load_fault(Fault::fail);
    const std::string down =
        std::string(
            "!EXECABORT Transaction discarded because of: STOREDOWN the read state store "
            "is unavailable: ") +
        FaultStore::kReason;
    for (int i = 0; i < 3; ++i) {
      queue_reads(client);
      CHECK(client.run({"EXEC"}) == down);
    }
    CHECK(other.run({"EXISTS", "before", "after"}) == "0");
    faulty.store.set_load_fault(Fault::none);
    std::string reply = down;
    while (reply == down) {
      queue_reads(client);
      reply = client.run({"EXEC"});
    }
    check_reads(reply);
  }
}

TEST_CASE("a wrong call in a transaction asks the store for nobody") {
  for (const int cores : {1, 4}) {
    Faulty faulty(cores);
    Connection client(faulty.server.port());
    fill(client);
    const size_t loads = faulty.store.loads();
    client.run({"MULTI"});
    client.run({"READSTATE.GET", user(0), "x"});
    client.run({"READSTATE.INCR", user(1), "1", "99"});
    client.run({"READSTATE.FANOUT", "1", "99", "3", user(1), user(2), user(3)});
    client.run({"READSTATE.FANOUT", "1", "99", "0", user(1)});
    CHECK(client.run({"EXEC"}) ==
          "[!ERR channel id must be an integer between 0 and 9223372036854775807, 1, 3, "
          "!ERR numkeys should be greater than 0]");
    CHECK(faulty.store.loads() == loads);
    CHECK(client.run({"READSTATE.UNREAD", user(1), "1", "0"}).find(", 2, 0, 0, 0, ") !=
          std::string::npos);
  }
}

TEST_CASE("a memory that is too small for anybody serves transactions all the same") {
  for (const std::string policy : {"allkeys-lru", "noeviction"}) {
    for (const int cores : {1, 4}) {
      CAPTURE(policy);
      CAPTURE(cores);
      TestServer server(
          {.cores = cores, .config = "store rocksdb\nmaxmemory-policy " + policy + "\n"});
      Connection boss(server.port());
      fill(boss);
      boss.run({"MULTI"});
      for (int i = 0; i < kUsers; ++i) boss.run({"READSTATE.UNREAD", user(i), "1", "100"});
      boss.run({"CONFIG", "SET", "maxmemory", "1"});
      // It was queued before.
      Connection client(server.port());
      boss.run({"EXEC"});
      boss.run({"CONFIG", "SET", "maxmemory", "0"});
      std::vector<std::unique_ptr<Connection>> clients;
      for (int c = 0; c < 4; ++c) {
        clients.push_back(std::make_unique<Connection>(server.port()));
        clients.back()->run({"MULTI"});
        for (int i = 0; i < kUsers; ++i) {
          clients.back()->run({"READSTATE.UNREAD", user(i), "1", "100"});
        }
      }
      for (int i = 0; i < kUsers; ++i) boss.run({"READSTATE.EVICT", user(i)});
      boss.run({"CONFIG", "SET", "maxmemory", "1"});
      for (const auto& each : clients) each->begin({"EXEC"});
      for (const auto& each : clients) {
        const std::string reply = each->receive();
        CAPTURE(reply);
        for (int i = 0; i < kUsers; ++i) {
          CHECK(reply.find("\"" + std::to_string(10 + i) + "\"") != std::string::npos);
        }
      }
      // And they do not stay.
      for (int i = 0; i < kUsers; ++i) {
        while (!info_has(boss, user(i), "\"resident\", 0")) {
        }
      }
    }
  }
}

TEST_CASE("what waits for the store is done when the rest has run, and EXEC waits for it") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    Faulty faulty(cores, "commit-delay 3600000\n");
    Connection client(faulty.server.port());
    Connection other(faulty.server.port());
    for (const char* const key : {"a", "b", "c", "d"}) client.run({"READSTATE.GET", key, "1"});
    client.run({"MULTI"});
    client.run({"READSTATE.COMMIT", "a", "b", "c", "d"});
    for (const char* const key : {"a", "b", "c", "d"}) client.run({"READSTATE.ACK", key, "1", "5"});
    client.run({"READSTATE.COMMIT", ""});
    client.run({"READSTATE.EVICT", "a"});
    client.run({"SET", "x", "1"});
    faulty.store.stall();
    client.begin({"EXEC"});
    while (other.run({"EXISTS", "x"}) == "0") {
    }
    CHECK(info_has(other, "a", "\"resident\", 1"));
    faulty.store.release();
    const std::string reply = client.receive();
    CAPTURE(reply);
    CHECK(reply.starts_with("[4, "));
    CHECK(reply.ends_with(", !ERR user key must be 1 to 512 bytes, 1, OK]"));
    CHECK(info_has(other, "a", "\"resident\", 0"));
    for (const char* const key : {"b", "c", "d"}) CHECK(info_has(other, key, "\"dirty-ms\", 0"));
  }
}

TEST_CASE("clients that go while their transaction waits for users leave nothing behind") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    Faulty faulty(cores);
    Connection boss(faulty.server.port());
    fill(boss);
    faulty.store.stall();
    {
      Connection client(faulty.server.port());
      const std::string id = client.run({"CLIENT", "ID"});
      client.run({"WATCH", "w"});
      queue_reads(client);
      client.begin({"EXEC"});
      while (!info_has(boss, user(0), "\"loading\", 1")) {
      }
      CHECK(boss.run({"CLIENT", "KILL", "ID", id}) == "1");
      CHECK(client.read_to_end().empty());
    }
    faulty.store.release();
    for (int i = 0; i < kUsers; ++i) {
      while (!info_has(boss, user(i), "\"resident\", 1")) {
      }
    }
    CHECK(boss.run({"EXISTS", "before", "after"}) == "0");
    boss.run({"SET", "w", "1"});
    // Nobody holds them any more.
    for (int i = 0; i < kUsers; ++i) {
      while (boss.run({"READSTATE.EVICT", user(i)}) != "1") {
      }
    }
    wait_for_info(boss, "connected_clients:1");
  }
}

}  // namespace
}  // namespace tidemark::test
