#include <doctest/doctest.h>
#include <poll.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/fault/fault_store.hpp"
#include "tests/wire/connection.hpp"
#include "tests/wire/read_state_client.hpp"
#include "tests/wire/test_server.hpp"

// What clients see of a store that fails, stalls and lies.
namespace tidemark::test {
namespace {

using fault::Fault;
using fault::FaultStore;

const std::string kDown =
    std::string("!STOREDOWN the read state store is unavailable: ") + FaultStore::kReason;

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

std::string user(int i) { return "user:" + std::to_string(i); }

bool info_has(Connection& client, const std::string& key, const std::string& text) {
  return client.run({"READSTATE.INFO", key}).find(text) != std::string::npos;
}

// Until somebody's user is on the way from the store, which is stalled. Whoever asked for the user
// must not be answered before: then there would be nothing left to wait for.
void wait_until_loading(Connection& other, const Connection& asking, const std::string& key) {
  while (!info_has(other, key, "\"loading\", 1")) {
    pollfd answer{.fd = asking.fd(), .events = POLLIN, .revents = 0};
    REQUIRE(poll(&answer, 1, 1) == 0);
  }
}

// Asks until the answer is no error of the store: it is tried again after a pause.
std::string run_until_up(Connection& client, const std::vector<std::string>& command) {
  for (;;) {
    std::string reply = client.run(command);
    if (!reply.starts_with("!STOREDOWN")) return reply;
  }
}

TEST_CASE(
    "whoever waits for a load holds nobody up, and those who want the same user wait together") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    Faulty faulty(cores);
    Connection other(faulty.server.port());
    CHECK(other.run({"READSTATE.ACK", "here", "1", "5"}) != "0");
    const size_t loads = faulty.store.loads();
    faulty.store.stall();
    std::vector<std::unique_ptr<Connection>> waiting;
    for (int i = 0; i < 10; ++i) {
      waiting.push_back(std::make_unique<Connection>(faulty.server.port()));
      waiting.back()->write(request({"READSTATE.GET", "u", "1"}) + request({"PING"}));
    }
    wait_until_loading(other, *waiting.front(), "u");
    // The same core serves keys, users in memory, and pending deltas of the one who is loading.
    for (int i = 0; i < 100; ++i) {
      CHECK(other.run({"SET", "{u}key", "v"}) == "OK");
      CHECK(other.run({"READSTATE.GET", "here", "1"}).find("\"mark\", \"5\"") != std::string::npos);
      CHECK(other.run({"READSTATE.INCR", "u", "1", "9"}) == "1");
    }
    CHECK(other.run({"READSTATE.ACK", "here", "1", "6"}) != "0");
    faulty.store.release();
    for (const auto& client : waiting) {
      // The reply to PING comes after that to GET, although it could have been given at once.
      const std::string reply = client->read(4);
      CHECK(reply == "*1\r\n");
    }
    CHECK(other.run({"READSTATE.GET", "u", "1"}).find("\"mentions\", 100") != std::string::npos);
    CHECK(faulty.store.loads() == loads + 1);
  }
}

TEST_CASE("while the store cannot be read, users in memory are served and others get STOREDOWN") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    Faulty faulty(cores);
    Connection client(faulty.server.port());
    CHECK(client.run({"READSTATE.ACK", "{t}here", "1", "5"}) != "0");
    faulty.store.set_load_fault(Fault::fail);
    CHECK(client.run({"READSTATE.GET", "{t}u", "1"}) == kDown);
    CHECK(client.run({"READSTATE.ACK", "{t}u", "1", "1"}) == kDown);
    CHECK(client.run({"READSTATE.ACK", "{t}u", "x", "1"}).starts_with("!ERR channel id"));
    CHECK(client.run({"READSTATE.ACK", "{t}here", "1", "6"}) != "0");
    CHECK(client.run({"READSTATE.INCR", "{t}u", "1", "6"}) == "1");
    CHECK(info_has(client, "{t}u", "\"resident\", 0, \"loading\", 0"));
    faulty.store.set_load_fault(Fault::none);
    const std::string entry = run_until_up(client, {"READSTATE.GET", "{t}u", "1"});
    CHECK(entry.find("\"mentions\", 1,") != std::string::npos);
  }
}

TEST_CASE("while the store takes no commits nothing is lost, and COMMIT and EVICT say so") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    Faulty faulty(cores, "commit-delay 3600000\n");
    Connection client(faulty.server.port());
    CHECK(client.run({"READSTATE.ACK", "u", "1", "5"}) != "0");
    faulty.store.set_commit_fault(Fault::fail);
    CHECK(client.run({"READSTATE.COMMIT", "u"}) == kDown);
    CHECK(client.run({"READSTATE.COMMIT"}) == kDown);
    CHECK(client.run({"READSTATE.EVICT", "u"}) == kDown);
    CHECK(info_has(client, "u", "\"resident\", 1"));
    CHECK(faulty.store.user("u").rows.empty());
    CHECK(client.run({"READSTATE.ACK", "u", "1", "6"}) != "0");
    faulty.store.set_commit_fault(Fault::none);
    CHECK(run_until_up(client, {"READSTATE.EVICT", "u"}) == "1");
    REQUIRE(faulty.store.user("u").rows.size() == 1);
    CHECK(faulty.store.user("u").rows[0].mark == 6);
    CHECK(client.run({"READSTATE.GET", "u", "1"}).find("\"mark\", \"6\"") != std::string::npos);
  }
}

TEST_CASE("a mention is counted once although the store said that it was not") {
  for (const Fault fault : {Fault::lie, Fault::half, Fault::fail}) {
    CAPTURE(static_cast<int>(fault));
    for (const int cores : {1, 4}) {
      CAPTURE(cores);
      Faulty faulty(cores, "commit-delay 3600000\n");
      Connection client(faulty.server.port());
      constexpr int kUsers = 20;
      faulty.store.set_commit_fault(fault);
      for (int i = 0; i < kUsers; ++i) client.run({"READSTATE.INCR", user(i), "1", "7"});
      CHECK(client.run({"READSTATE.COMMIT"}) == kDown);
      // Some are loaded while it is not known what became of their commit, some are not.
      for (int i = 0; i < kUsers; i += 2) {
        CHECK(client.run({"READSTATE.GET", user(i), "1"}).find("\"mentions\", 1,") !=
              std::string::npos);
      }
      faulty.store.set_commit_fault(Fault::none);
      (void)run_until_up(client, {"READSTATE.COMMIT"});
      for (int i = 0; i < kUsers; ++i) {
        CAPTURE(i);
        REQUIRE(faulty.store.user(user(i)).rows.size() == 1);
        CHECK(faulty.store.user(user(i)).rows[0].mentions == 1);
        CHECK(client.run({"READSTATE.GET", user(i), "1"}).find("\"mentions\", 1,") !=
              std::string::npos);
      }
    }
  }
}

TEST_CASE("changes that the store has not are kept up to dirty-limit, then writes get STOREDOWN") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    Faulty faulty(cores, "commit-delay 3600000\ndirty-limit 1mb\n");
    Connection client(faulty.server.port());
    faulty.store.set_commit_fault(Fault::fail);
    CHECK(client.run({"READSTATE.ACK", "first", "1", "1"}) != "0");
    CHECK(client.run({"READSTATE.COMMIT", "first"}) == kDown);
    std::string reply;
    int accepted = 0;
    for (; !reply.starts_with("!"); ++accepted) {
      REQUIRE(accepted < 1'000'000);
      reply = client.run({"READSTATE.ACK", "{first}" + user(accepted), "1", "1"});
    }
    --accepted;
    CHECK(reply ==
          "!STOREDOWN the read state store is unavailable: changes that are not in the store have "
          "reached dirty-limit: the fault store fails as told");
    CHECK(accepted > 500);
    for (const std::vector<std::string>& write :
         std::vector<std::vector<std::string>>{{"READSTATE.SET", "first", "1", "9"},
                                               {"READSTATE.INCR", "first", "1", "9"},
                                               {"READSTATE.DEL", "first"}}) {
      CHECK(client.run(write) == reply);
    }
    CHECK(client.run({"READSTATE.FANOUT", "1", "9", "1", "first"}) == reply);
    CHECK(client.run({"READSTATE.GET", "first", "1"}).find("\"mark\", \"1\"") != std::string::npos);
    CHECK(client.run({"SET", "{first}key", "v"}) == "OK");
    faulty.store.set_commit_fault(Fault::none);
    (void)run_until_up(client, {"READSTATE.COMMIT"});
    CHECK(client.run({"READSTATE.ACK", "first", "1", "2"}) != "0");
    CHECK(faulty.store.user("{first}" + user(accepted - 1)).rows.size() == 1);
  }
}

// The first of user(from), user(from + 1) ... whom this core has.
std::string user_on(Connection& client, int core, int from = 0) {
  for (int i = from;; ++i) {
    if (info_has(client, user(i), "\"partition\", " + std::to_string(core) + ",")) return user(i);
  }
}

TEST_CASE("a fan-out asks those whom it is for, and counts for all of them or for nobody") {
  Faulty faulty(4, "commit-delay 3600000\ndirty-limit 1mb\n");
  // One on each core.
  std::vector<std::unique_ptr<Connection>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<Connection>(faulty.server.port()));
    CHECK(clients.back()->run({"PING"}) == "PONG");
  }
  Connection& any = *clients[0];
  faulty.store.set_commit_fault(Fault::fail);
  std::vector<std::string> users;
  for (int core = 0; core < 4; ++core) users.push_back(user_on(any, core));
  // The buffer of core 2 is filled.
  std::string full;
  for (int i = 0; !full.starts_with("!"); ++i) {
    full = any.run({"READSTATE.INCR", "{" + users[2] + "}" + user(i), "1", "1"});
  }
  CHECK(full.starts_with("!STOREDOWN"));
  for (const auto& client : clients) {
    const std::vector<std::vector<std::string>> refused = {
        {"READSTATE.FANOUT", "1", "9", "4", users[0], users[1], users[2], users[3]},
        {"READSTATE.FANOUT", "1", "9", "2", users[1], users[2]},
        {"READSTATE.FANOUT", "1", "9", "1", users[2]}};
    for (const std::vector<std::string>& command : refused) CHECK(client->run(command) == full);
    for (const std::string& each : users) CHECK(info_has(*client, each, "\"pending\", 0"));
  }
  for (const auto& client : clients) {
    CHECK(client->run({"READSTATE.FANOUT", "1", "9", "3", users[0], users[1], users[3]}) == "3");
    CHECK(client->run({"READSTATE.FANOUT", "1", "9", "1", users[0]}) == "1");
  }
  faulty.store.set_commit_fault(Fault::none);
  (void)run_until_up(any, {"READSTATE.COMMIT"});
  CHECK(any.run({"READSTATE.FANOUT", "1", "9", "4", users[0], users[1], users[2], users[3]}) ==
        "4");
  CHECK(any.run({"READSTATE.GET", users[0], "1"}).find("\"mentions\", 9,") != std::string::npos);
  CHECK(any.run({"READSTATE.GET", users[1], "1"}).find("\"mentions\", 5,") != std::string::npos);
  CHECK(any.run({"READSTATE.GET", users[2], "1"}).find("\"mentions\", 1,") != std::string::npos);
}

TEST_CASE("a fan-out past maxmemory counts for nobody") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    Faulty faulty(cores, "commit-delay 3600000\nmaxmemory-policy noeviction\n");
    Connection client(faulty.server.port());
    CHECK(client.run({"SET", "key", std::string(10000, 'v')}) == "OK");
    CHECK(client.run({"CONFIG", "SET", "maxmemory", "5000"}) == "OK");
    std::vector<std::string> command = {"READSTATE.FANOUT", "1", "9", "20"};
    for (int i = 0; i < 20; ++i) command.push_back(user(i));
    CHECK(client.run(command) == "!OOM command not allowed when used memory > 'maxmemory'.");
    for (int i = 0; i < 20; ++i) CHECK(info_has(client, user(i), "\"pending\", 0"));
    CHECK(client.run({"INFO", "commandstats"}).find("cmdstat_readstate.fanout:calls=0") !=
          std::string::npos);
  }
}

TEST_CASE("more commands than may wait for loads are told so, and the others are served") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    Faulty faulty(cores, "load-queue-limit 3\n");
    Connection other(faulty.server.port());
    CHECK(other.run({"READSTATE.ACK", "{t}here", "1", "5"}) != "0");
    faulty.store.stall();
    std::vector<std::unique_ptr<Connection>> waiting;
    for (int i = 0; i < 3; ++i) {
      waiting.push_back(std::make_unique<Connection>(faulty.server.port()));
      waiting.back()->write(request({"READSTATE.GET", "{t}" + user(i), "1"}));
      wait_until_loading(other, *waiting.back(), "{t}" + user(i));
    }
    const std::string refused =
        "!STOREDOWN the read state store is unavailable: too many commands wait for read states to "
        "be loaded (load-queue-limit ";
    CHECK(other.run({"READSTATE.GET", "{t}" + user(0), "1"}) == refused + "3)");
    CHECK(other.run({"READSTATE.GET", "{t}" + user(3), "1"}) == refused + "3)");
    CHECK(other.run({"READSTATE.ACK", "{t}here", "1", "6"}) != "0");
    CHECK(other.run({"READSTATE.INCR", "{t}" + user(0), "1", "6"}) == "1");
    CHECK(other.run({"CONFIG", "SET", "load-queue-limit", "4"}) == "OK");
    waiting.push_back(std::make_unique<Connection>(faulty.server.port()));
    waiting.back()->write(request({"READSTATE.GET", "{t}" + user(3), "1"}));
    wait_until_loading(other, *waiting.back(), "{t}" + user(3));
    CHECK(other.run({"READSTATE.GET", "{t}" + user(4), "1"}) == refused + "4)");
    faulty.store.release();
    for (const auto& client : waiting) CHECK(client->receive().starts_with("["));
    CHECK(other.run({"READSTATE.GET", "{t}" + user(4), "1"}) == "[(nil)]");
  }
}

TEST_CASE("what does not fit into the store's queue waits where it is, and nothing of it is lost") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    Faulty faulty(cores, "store-queue-limit 1\nstore-threads 1\ncommit-delay 0\n");
    Connection writer(faulty.server.port());
    constexpr int kUsers = 50;
    for (int i = 0; i < kUsers; ++i) {
      CHECK(writer.run({"READSTATE.ACK", "here" + user(i), "1", "1"}) != "0");
    }
    (void)run_until_up(writer, {"READSTATE.COMMIT"});
    faulty.store.stall();
    // Each change asks for a commit, each look for a load.
    std::vector<std::unique_ptr<Connection>> waiting;
    for (int i = 0; i < kUsers; ++i) {
      CHECK(writer.run({"READSTATE.ACK", "here" + user(i), "1", "2"}) != "0");
      waiting.push_back(std::make_unique<Connection>(faulty.server.port()));
      waiting.back()->write(request({"READSTATE.GET", "there" + user(i), "1"}));
      wait_until_loading(writer, *waiting.back(), "there" + user(i));
    }
    faulty.store.release();
    for (const auto& client : waiting) CHECK(client->receive() == "[(nil)]");
    (void)run_until_up(writer, {"READSTATE.COMMIT"});
    for (int i = 0; i < kUsers; ++i) {
      CHECK(faulty.store.user("here" + user(i)).rows.at(0).mark == 2);
    }
  }
}

TEST_CASE("a user whom the store refuses is told so, and the others are committed") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    Faulty faulty(cores, "commit-delay 3600000\n");
    Connection client(faulty.server.port());
    faulty.store.refuse("{t}odd");
    CHECK(client.run({"READSTATE.GET", "{t}odd", "1"}) ==
          "!STOREDOWN the read state store is unavailable: user {t}odd is refused");
    CHECK(client.run({"READSTATE.INCR", "{t}odd", "1", "5"}) == "1");
    for (int i = 0; i < 10; ++i) client.run({"READSTATE.ACK", "{t}" + user(i), "1", "1"});
    CHECK(client.run({"READSTATE.COMMIT"}) ==
          "!STOREDOWN the read state store is unavailable: user {t}odd is refused");
    for (int i = 0; i < 10; ++i) CHECK(faulty.store.user("{t}" + user(i)).rows.size() == 1);
  }
}

TEST_CASE("the end of a server commits everything") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    Faulty faulty(cores, "commit-delay 3600000\n");
    Connection client(faulty.server.port());
    for (int i = 0; i < 200; ++i) client.run({"READSTATE.ACK", user(i), "1", "5"});
    for (int i = 200; i < 400; ++i) client.run({"READSTATE.INCR", user(i), "1", "5"});
    CHECK(faulty.server.stop() == 0);
    for (int i = 0; i < 400; ++i) CHECK(faulty.store.user(user(i)).rows.size() == 1);
  }
}

TEST_CASE("a server that starts again finds everything, on as many cores as it likes") {
  const TempFolder folder;
  const std::string config =
      "store rocksdb\ncommit-delay 3600000\nstore-path " + (folder.path() / "data").string() + "\n";
  std::vector<std::string> before;
  {
    TestServer server({.cores = 4, .config = config});
    Connection client(server.port());
    for (int i = 0; i < 200; ++i) {
      client.run({"READSTATE.ACK", user(i), "MENTIONS", "2", "FLAGS", "3", "1", "5"});
      client.run({"READSTATE.SET", user(i), "TYPE", "2", "UNREAD", "9", "MANUAL", "1", "6"});
      if (i % 3 == 0) client.run({"READSTATE.DEL", user(i), "1"});
      before.push_back(client.run({"READSTATE.GETALL", user(i)}));
    }
    CHECK(server.stop() == 0);
  }
  for (const int cores : {1, 3}) {
    TestServer server({.cores = cores, .config = config});
    Connection client(server.port());
    for (int i = 0; i < 200; ++i)
      CHECK(client.run({"READSTATE.GETALL", user(i)}) == before[static_cast<size_t>(i)]);
  }
}

}  // namespace
}  // namespace tidemark::test
