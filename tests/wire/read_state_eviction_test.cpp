#include <doctest/doctest.h>

#include <string>

#include "tests/wire/read_state_client.hpp"

// Users and keys compete for one memory.
namespace tidemark::test {
namespace {

std::string user(int i) { return "user:" + std::to_string(i); }
std::string key(int i) { return "key:" + std::to_string(i); }

int64_t resident(ReadStateClient& client, int first, int last) {
  int64_t count = 0;
  for (int i = first; i < last; ++i) count += client.info(user(i), "resident");
  return count;
}

int present(ReadStateClient& client, int first, int last) {
  int count = 0;
  for (int i = first; i < last; ++i) {
    count += client.connection().run({"STRLEN", key(i)}) == "0" ? 0 : 1;
  }
  return count;
}

constexpr int kEach = 5000;

// Users and keys in turn, of about the same size, three times what fits.
void fill(ReadStateClient& client) {
  const std::string value(300, 'v');
  for (int i = 0; i < kEach; ++i) {
    std::vector<std::string> ack = {"ACK", user(i)};
    for (int c = 0; c < 12; ++c) {
      ack.push_back(std::to_string(1'000'003'000'000LL * (c + i)));
      ack.push_back(std::to_string(1'000'003'000'007LL * (c + i)));
    }
    CHECK(std::stoll(client.run_args(ack)) > 0);
    CHECK(client.connection().run({"SET", key(i), value}) == "OK");
  }
}

std::string limit(const std::string& policy, const std::string& kilobytes = "1500") {
  return "maxmemory " + kilobytes + "kb\nmaxmemory-policy " + policy + "\n";
}

TEST_CASE(
    "under LRU the users and keys who were not used for longest go, as if they were one kind") {
  ReadStateClient client({.cores = 1, .store = "rocksdb"}, limit("allkeys-lru"));
  fill(client);
  const int64_t users = resident(client, 0, kEach);
  const int64_t keys = present(client, 0, kEach);
  MESSAGE(users << " users and " << keys << " keys of " << kEach << " are left");
  CHECK(users < kEach);
  CHECK(keys < kEach);
  // Those that are left are the youngest of both kinds, and about as many of each.
  CHECK(resident(client, kEach - static_cast<int>(users) / 2, kEach) >= users / 2 * 9 / 10);
  CHECK(users > keys / 2);
  CHECK(keys > users / 2);
  // Nothing was lost of those who are gone.
  for (int i = 0; i < kEach; i += 97) {
    CHECK(element(client.run("TOTAL " + user(i)), 7) == "12");
  }
}

TEST_CASE("a user who is loaded into too small a memory is served all the same") {
  ReadStateClient client({.cores = 1, .store = "rocksdb"},
                         "maxmemory 1\nmaxmemory-policy allkeys-lru\n");
  CHECK(client.run("GET u 1") == "[(nil)]");
  CHECK(client.run("GETALL u").find("\"version\", 0") != std::string::npos);
  CHECK(client.run("ACK u 1 1")
            .starts_with("!OOM command not allowed when used memory > 'maxmemory'."));
}

TEST_CASE("without a store, only policies for all keys may lose users") {
  for (const std::string policy : {"volatile-lru", "volatile-ttl", "noeviction"}) {
    CAPTURE(policy);
    ReadStateClient client({.cores = 1, .store = "none"}, limit(policy, "400"));
    int accepted = 0;
    std::string reply;
    do {
      reply = client.run("ACK " + user(accepted) + " 1 1");
      REQUIRE(++accepted < 1'000'000);
    } while (!reply.starts_with("!"));
    CHECK(reply == "!OOM command not allowed when used memory > 'maxmemory'.");
    CHECK(resident(client, 0, accepted - 1) == accepted - 1);
    // What is there can still be read and be taken away.
    CHECK(element(client.run("TOTAL " + user(0)), 7) == "1");
    CHECK(client.run("DEL " + user(0)) == "1");
  }
}

TEST_CASE("with a store, users go under every policy but noeviction") {
  for (const std::string policy : {"volatile-lru", "volatile-lfu", "volatile-random",
                                   "volatile-ttl", "allkeys-lfu", "allkeys-random"}) {
    CAPTURE(policy);
    ReadStateClient client({.cores = 1, .store = "rocksdb"}, limit(policy, "500"));
    int refused = 0;
    for (int i = 0; i < 5000; ++i)
      refused += client.run("ACK " + user(i) + " 1 1").starts_with("!");
    CHECK(refused == 0);
    CHECK(client.number("COMMIT") >= 0);
    CHECK(client.number("ACK last 1 1") > 0);
    CHECK(resident(client, 0, 5000) < 5000);
    for (int i = 0; i < 5000; i += 997) {
      CHECK(element(client.run("GET " + user(i) + " 1"), 5) == "\"1\"");
    }
  }
}

int64_t info_field(ReadStateClient& client, const std::string& section, const std::string& field) {
  const std::string text = client.connection().run({"INFO", section});
  const size_t at = text.find("\n" + field + ":");
  REQUIRE(at != std::string::npos);
  return std::stoll(text.substr(at + field.size() + 2));
}

int64_t used_memory(ReadStateClient& client) { return info_field(client, "memory", "used_memory"); }

int64_t users_in_memory(ReadStateClient& client) {
  return info_field(client, "readstate", "readstate_users");
}

void set_maxmemory(ReadStateClient& client, int64_t bytes) {
  CHECK(client.connection().run({"CONFIG", "SET", "maxmemory", std::to_string(bytes)}) == "OK");
}

TEST_CASE("under noeviction strangers who are read do not stay where memory is full") {
  for (const int cores : {1, 4}) {
    for (const std::string store : {"rocksdb", "none"}) {
      CAPTURE(cores);
      CAPTURE(store);
      ReadStateClient client({.cores = cores, .store = store}, "maxmemory-policy noeviction\n");
      for (int i = 0; i < 2000; ++i) CHECK(client.number("ACK " + user(i) + " 1 1") > 0);
      if (store != "none") CHECK(client.number("COMMIT") >= 0);
      set_maxmemory(client, used_memory(client) / 2);
      const int64_t users = users_in_memory(client);
      const int64_t memory = used_memory(client);
      for (int i = 0; i < 1000; ++i) {
        const std::string stranger = "stranger:" + std::to_string(i);
        CHECK(client.run("GET " + stranger + " 1") == "[(nil)]");
        CHECK(element(client.run("TOTAL " + stranger), 7) == "0");
        CHECK(client.run("DEL " + stranger) == "0");
        CHECK(client.run("INCR " + stranger + " 1 1").starts_with("!OOM"));
        CHECK(client.run("ACK " + stranger + " 1 1").starts_with("!OOM"));
      }
      // Empty users are looked for only where they are not rare.
      CHECK(users_in_memory(client) <= users + users / 20);
      CHECK(used_memory(client) < memory * 11 / 10);
      CHECK(resident(client, 0, 2000) == 2000);
    }
  }
}

TEST_CASE("under noeviction users are loaded into full memory for as long as they are needed") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    ReadStateClient client({.cores = cores, .store = "rocksdb"}, "maxmemory-policy noeviction\n");
    for (int i = 0; i < 2000; ++i) CHECK(client.number("ACK " + user(i) + " 1 5 2 6") > 0);
    CHECK(client.number("COMMIT") >= 0);
    for (int i = 0; i < 100; ++i) CHECK(client.number("EVICT " + user(i)) == 1);
    set_maxmemory(client, used_memory(client) / 2);
    for (int i = 0; i < 100; ++i) {
      CHECK(element(client.run("GET " + user(i) + " 1"), 5) == "\"5\"");
      CHECK(client.info(user(i), "resident") == 0);
    }
    // Who has changes goes when the store has them.
    for (int i = 0; i < 100; i += 2) CHECK(client.number("DEL " + user(i) + " 2") == 1);
    for (int i = 0; i < 100; ++i) {
      CHECK(element(client.run("TOTAL " + user(i)), 7) == (i % 2 == 0 ? "1" : "2"));
    }
    CHECK(client.number("COMMIT") >= 0);
    while (resident(client, 0, 100) > 0) {
    }
    CHECK(resident(client, 100, 2000) == 1900);
    // Where there is room again, users stay.
    set_maxmemory(client, 0);
    CHECK(element(client.run("TOTAL " + user(0)), 7) == "1");
    CHECK(client.info(user(0), "resident") == 1);
  }
}

TEST_CASE(
    "strangers who are remembered are forgotten under every policy, sooner than writes fail") {
  for (const std::string policy : {"noeviction", "volatile-lru", "volatile-ttl", "allkeys-lru"}) {
    for (const std::string store : {"rocksdb", "none"}) {
      CAPTURE(policy);
      CAPTURE(store);
      ReadStateClient client({.cores = 1, .store = store}, "maxmemory-policy " + policy + "\n");
      for (int i = 0; i < 5000; ++i) {
        CHECK(client.run("GET stranger:" + std::to_string(i) + " 1") == "[(nil)]");
      }
      CHECK(users_in_memory(client) == 5000);
      set_maxmemory(client, used_memory(client) / 2);
      for (int i = 0; i < 500; ++i) CHECK(client.number("ACK " + user(i) + " 1 1") > 0);
      CHECK(resident(client, 0, 500) == 500);
      CHECK(users_in_memory(client) < 5000);
    }
  }
}

}  // namespace
}  // namespace tidemark::test
