#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "server/log/log.hpp"
#include "server/server.hpp"
#include "storage/persist/rocksdb_store.hpp"
#include "tests/fault/fault_disk.hpp"
#include "tests/fault/fault_store.hpp"
#include "tests/wire/connection.hpp"
#include "tests/wire/read_state_client.hpp"
#include "tests/wire/test_server.hpp"

// What clients and the operator see of a disk that is full or broken for a while.
namespace tidemark::test {
namespace {

std::string user(int i) { return "user:" + std::to_string(i); }

std::string run_until_up(Connection& client, const std::vector<std::string>& command) {
  for (;;) {
    std::string reply = client.run(command);
    if (!reply.starts_with("!STOREDOWN")) return reply;
  }
}

// What the server logs from here on, until the end of the object.
class LogFile {
 public:
  LogFile() {
    server::Settings settings;
    settings.logfile = path().string();
    CHECK_FALSE(server::log::open(settings));
    server::log::set_level(server::LogLevel::notice);
  }
  ~LogFile() {
    server::log::set_level(server::LogLevel::nothing);
    (void)server::log::open(server::Settings());
    server::log::set_level(server::LogLevel::nothing);
  }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  std::string text() const {
    std::ostringstream all;
    all << std::ifstream(path()).rdbuf();
    return all.str();
  }
  void wait_for(const std::string& part) const {
    while (!contains(text(), part)) {
    }
  }

 private:
  std::filesystem::path path() const { return folder_.path() / "log"; }
  TempFolder folder_;
};

TEST_CASE("on a full disk users are served and changes kept, and all is well when there is space") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    const TempFolder folder;
    fault::FaultDisk disk;
    const std::string path = (folder.path() / "data").string();
    {
      TestServer server({.cores = cores,
                         .config = "commit-delay 20\ndirty-limit 1mb\n",
                         .store = storage::RocksDbStore::open({.path = path, .env = disk.env()})});
      Connection client(server.port());
      CHECK(client.run({"READSTATE.ACK", "{t}first", "1", "5"}) != "0");
      CHECK(client.run({"READSTATE.EVICT", "{t}first"}) == "1");
      disk.full = true;
      // Until the changes that the store has not are too many. All these users are new: the full
      // disk is asked for each of them.
      std::string reply;
      int accepted = 0;
      for (; !reply.starts_with("!"); ++accepted) {
        REQUIRE(accepted < 1'000'000);
        reply = client.run({"READSTATE.ACK", "{t}" + user(accepted), "1", "7"});
      }
      --accepted;
      // The first refusal may come before the first commit has failed, and knows no reason then.
      for (int i = 0; i < 1'000'000 && !contains(reply, "No space left on device"); ++i) {
        reply = client.run({"READSTATE.ACK", "{t}" + user(accepted), "1", "7"});
      }
      CHECK_MESSAGE(reply.starts_with("!STOREDOWN the read state store is unavailable: changes "
                                      "that are not in the store have reached dirty-limit: "),
                    reply);
      CHECK_MESSAGE(contains(reply, "No space left on device"), reply);
      CHECK(contains(client.run({"READSTATE.COMMIT"}), "No space left on device"));
      CHECK(contains(client.run({"READSTATE.GET", "{t}first", "1"}), "\"mark\", \"5\""));
      CHECK(contains(client.run({"READSTATE.GET", "{t}" + user(0), "1"}), "\"mark\", \"7\""));
      CHECK(contains(client.run({"INFO", "readstate"}), "store_state:down"));
      CHECK(contains(client.run({"INFO", "readstate"}), "No space left on device"));
      disk.full = false;
      (void)run_until_up(client, {"READSTATE.COMMIT"});
      CHECK(client.run({"READSTATE.ACK", "{t}first", "1", "6"}) != "0");
      CHECK(contains(client.run({"INFO", "readstate"}), "store_state:up"));
      for (int i = 0; i < accepted; ++i) {
        CAPTURE(i);
        REQUIRE(client.run({"READSTATE.EVICT", "{t}" + user(i)}) == "1");
        REQUIRE(contains(client.run({"READSTATE.GET", "{t}" + user(i), "1"}), "\"mark\", \"7\""));
      }
      CHECK(server.stop() == 0);
    }
    const auto store = storage::RocksDbStore::open({.path = path});
    const std::string first = "{t}first";
    std::vector<storage::LoadedUser> loaded;
    REQUIRE(store->load({&first, 1}, loaded));
    CHECK(loaded[0].rows.at(0).mark == 6);
  }
}

TEST_CASE("a disk that takes nothing more is still read") {
  const TempFolder folder;
  fault::FaultDisk disk;
  const std::string path = (folder.path() / "data").string();
  TestServer server({.cores = 4,
                     .config = "commit-delay 20\n",
                     .store = storage::RocksDbStore::open({.path = path, .env = disk.env()})});
  Connection client(server.port());
  for (int i = 0; i < 20; ++i) {
    CHECK(client.run({"READSTATE.ACK", user(i), "1", "5"}) != "0");
    CHECK(client.run({"READSTATE.EVICT", user(i)}) == "1");
  }
  disk.broken = true;
  for (int i = 0; i < 10; ++i) {
    CHECK(client.run({"READSTATE.ACK", user(i), "1", "6"}) != "0");
    CHECK(contains(client.run({"READSTATE.COMMIT", user(i)}), "Input/output error"));
  }
  for (int i = 10; i < 20; ++i) {
    CHECK(contains(client.run({"READSTATE.GET", user(i), "1"}), "\"mark\", \"5\""));
  }
  disk.broken = false;
  (void)run_until_up(client, {"READSTATE.COMMIT"});
  for (int i = 0; i < 10; ++i) {
    CHECK(client.run({"READSTATE.EVICT", user(i)}) == "1");
    CHECK(contains(client.run({"READSTATE.GET", user(i), "1"}), "\"mark\", \"6\""));
  }
}

TEST_CASE("the log tells once when the store fails, in which way, and when that is over") {
  auto owned = std::make_unique<fault::FaultStore>();
  fault::FaultStore& store = *owned;
  TestServer server(
      {.cores = 4, .config = "commit-delay 3600000\ndirty-limit 1mb\n", .store = std::move(owned)});
  const LogFile log;
  Connection client(server.port());
  store.set_commit_fault(fault::Fault::fail);
  store.set_load_fault(fault::Fault::fail);
  for (int i = 0; i < 16; ++i) {
    (void)client.run({"READSTATE.INCR", user(i), "1", "5"});
    (void)client.run({"READSTATE.GET", user(i), "1"});
  }
  (void)client.run({"READSTATE.COMMIT"});
  log.wait_for("takes no commits: the fault store fails as told. Changes are kept in memory");
  log.wait_for("cannot be read: the fault store fails as told. Users who are not in memory get");
  std::string reply;
  for (int i = 0; !reply.starts_with("!"); ++i) {
    reply = client.run({"READSTATE.INCR", "{t}" + user(i), "1", "1"});
  }
  log.wait_for("fill dirty-limit: writes of read states get STOREDOWN");
  store.set_commit_fault(fault::Fault::none);
  store.set_load_fault(fault::Fault::none);
  (void)run_until_up(client, {"READSTATE.COMMIT"});
  log.wait_for("The read state store takes commits again, after ");
  log.wait_for("The read state store can be read again, after ");
  log.wait_for("Read states may be written again, after ");
  const std::string text = log.text();
  CHECK(text.find("takes no commits") == text.rfind("takes no commits"));
  CHECK(text.find("cannot be read") == text.rfind("cannot be read"));
}

TEST_CASE("a shutdown goes on trying until the store takes the last commits") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    auto owned = std::make_unique<fault::FaultStore>();
    fault::FaultStore& store = *owned;
    TestServer server(
        {.cores = cores, .config = "commit-delay 3600000\n", .store = std::move(owned)});
    Connection client(server.port());
    for (int i = 0; i < 16; ++i) {
      CHECK(client.run({"READSTATE.ACK", user(i), "1", "5"}) != "0");
    }
    store.set_commit_fault(fault::Fault::fail);
    using Shutdown = server::ShutdownOrder;
    CHECK(server.server().shutdown().request(
        {.on_failure = Shutdown::OnFailure::go_on, .patience_us = 3'600'000'000}));
    while (store.commits() < 10) {
    }
    // Whoever only reads is served meanwhile.
    CHECK(contains(client.run({"READSTATE.GET", user(0), "1"}), "\"mark\", \"5\""));
    store.set_commit_fault(fault::Fault::none);
    CHECK(server.stop() == 0);
    for (int i = 0; i < 16; ++i) CHECK(store.user(user(i)).rows.at(0).mark == 5);
  }
}

TEST_CASE("a shutdown that the store will not have is given up, and nothing is lost") {
  auto owned = std::make_unique<fault::FaultStore>();
  fault::FaultStore& store = *owned;
  TestServer server({.cores = 4, .config = "commit-delay 3600000\n", .store = std::move(owned)});
  Connection client(server.port());
  CHECK(client.run({"READSTATE.ACK", "u", "1", "5"}) != "0");
  store.set_commit_fault(fault::Fault::fail);
  using Shutdown = server::ShutdownOrder;
  CHECK(server.server().shutdown().request({.on_failure = Shutdown::OnFailure::go_on}));
  // Writes wait for the end of the attempt, and are done then.
  CHECK(client.run({"SET", "key", "value"}) == "OK");
  CHECK(contains(client.run({"READSTATE.GET", "u", "1"}), "\"mark\", \"5\""));
  store.set_commit_fault(fault::Fault::none);
  CHECK(server.stop() == 0);
  CHECK(store.user("u").rows.at(0).mark == 5);
}

}  // namespace
}  // namespace tidemark::test
