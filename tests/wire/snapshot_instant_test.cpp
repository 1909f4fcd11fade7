// A snapshot of one moment over all cores, by looking: money is moved between accounts that lie on
// all of them, and lists pass their elements on, while snapshots are made; what each of them holds
// must be all of it. The checker is also run on transfers that are none, and has to notice.

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using namespace tidemark::test;

namespace {

constexpr int kAccounts = 200;
constexpr int kEach = 1000;
constexpr int kLists = 50;
constexpr int kElements = 20;
constexpr int kSnapshots = 12;
constexpr int kSnapshotsToFind = 2000;

std::string account(uint64_t i) { return "account:" + std::to_string(i % kAccounts); }
std::string list(uint64_t i) { return "list:" + std::to_string(i % kLists); }

void fill(Connection& client) {
  for (uint64_t i = 0; i < kAccounts; ++i) {
    client.run({"SET", account(i), std::to_string(kEach)});
  }
  for (uint64_t i = 0; i < kLists; ++i) {
    std::vector<std::string> push{"RPUSH", list(i)};
    for (int n = 0; n < kElements; ++n) push.push_back("element " + std::to_string(n));
    client.run(push);
  }
}

enum class Transfer { atomic, in_two_steps };

// Moves things about until it is told to stop.
void move_about(int port, Transfer how, uint64_t seed, const std::atomic<bool>& stop) {
  Connection client(port);
  std::mt19937_64 random(seed);
  while (!stop) {
    const std::string amount = std::to_string(random() % 100);
    const bool atomic = how == Transfer::atomic;
    if (atomic) client.run({"MULTI"});
    client.run({"DECRBY", account(random()), amount});
    client.run({"INCRBY", account(random()), amount});
    if (atomic) client.run({"EXEC"});
    client.run({"LMOVE", list(random()), list(random()), "LEFT", "RIGHT"});
  }
}

struct Holdings {
  int64_t money = 0;
  int64_t elements = 0;
  bool operator==(const Holdings&) const = default;
};
constexpr Holdings kAll{.money = kAccounts * kEach, .elements = kLists * kElements};

// What a server that starts with the snapshot in a folder has.
Holdings held_in(const std::filesystem::path& folder) {
  TestServer server({.cores = 1, .config = "store none\nsave \"\"\ndir " + folder.string() + "\n"});
  Connection client(server.port());
  while (client.run({"PING"}).starts_with("!LOADING")) {
  }
  Holdings holdings;
  for (uint64_t i = 0; i < kAccounts; ++i) {
    const std::string reply = client.run({"GET", account(i)});
    holdings.money += std::stoll(reply.substr(1));
  }
  for (uint64_t i = 0; i < kLists; ++i) {
    holdings.elements += std::stoll(client.run({"LLEN", list(i)}));
  }
  return holdings;
}

void save(Connection& client) {
  REQUIRE(client.run({"BGSAVE"}) == "Background saving started");
  while (client.run({"INFO", "persistence"}).find("rdb_bgsave_in_progress:1") !=
         std::string::npos) {
  }
}

// Whether so many snapshots, made while things move, all hold everything.
bool all_hold_everything(Transfer how, int snapshots) {
  // Slowly, so that much happens between the beginning of a snapshot and its end.
  TestServer server({.cores = 4, .config = "store none\nsave \"\"\nrdb-key-save-delay 200\n"});
  Connection client(server.port());
  fill(client);
  std::atomic<bool> stop = false;
  std::vector<std::thread> movers;
  for (uint64_t i = 0; i < 3; ++i) {
    movers.emplace_back([&, i] { move_about(server.port(), how, i, stop); });
  }
  bool everything = true;
  for (int i = 0; i < snapshots && everything; ++i) {
    save(client);
    everything = held_in(server.folder()) == kAll;
  }
  stop = true;
  for (std::thread& mover : movers) mover.join();
  return everything;
}

}  // namespace

TEST_CASE("a snapshot is of one moment over all cores") {
  CHECK(all_hold_everything(Transfer::atomic, kSnapshots));
}

TEST_CASE("who looks at snapshots would notice one that is not of one moment") {
  CHECK_FALSE(all_hold_everything(Transfer::in_two_steps, kSnapshotsToFind));
}
