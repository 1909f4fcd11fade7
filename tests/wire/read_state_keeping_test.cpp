#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/wire/read_state_client.hpp"

// FANOUT, COMMIT, EVICT, SCAN, INFO and HELP; and how read states stay apart from the cache.
namespace tidemark::test {
namespace {

using Users = ReadStateSetup::Users;

std::vector<ReadStateSetup> setups_with_store() {
  return {{.cores = 1, .store = "rocksdb"}, {.cores = 4, .store = "rocksdb"}};
}

std::string user(int i) { return "user:" + std::to_string(i); }

std::string mentions(ReadStateClient& client, const std::string& key) {
  const std::string reply = client.run("GET " + key + " 1");
  return reply == "[(nil)]" ? "none" : element(reply, 7);
}

TEST_CASE("FANOUT counts for every user named, as often as named") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    if (setup.users != Users::resident) continue;
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    client.number("ACK a 1 5");
    client.number("ACK b 1 10");
    client.number("ACK c 9 9");
    CHECK(client.number("FANOUT 1 10 5 a b c a c") == 4);
    CHECK(mentions(client, "a") == "2");
    CHECK(mentions(client, "b") == "0");
    CHECK(mentions(client, "c") == "2");
    CHECK(client.number("FANOUT 1 11 2 a b type 3 mentions 5 unread -1") == 2);
    CHECK(element(client.run("GET a TYPE 3 1"), 7) == "5");
    CHECK(client.number("FANOUT 1 5 1 a") == 0);
    CHECK(client.number("FANOUT 1 11 1 b UNREAD 2") == 1);
    CHECK(element(client.run("GET b 1"), 9) == "2");
  }
}

TEST_CASE("FANOUT takes 65536 users, loads none of them, and refuses one more as a whole") {
  for (const ReadStateSetup& setup : setups_with_store()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    std::vector<std::string> command = {"FANOUT", "1", "10", "65537"};
    for (int i = 0; i < 65537; ++i) command.push_back(user(i));
    CHECK(client.run_args(command).starts_with("!ERR "));
    CHECK(client.info(user(0), "pending") == 0);
    command.pop_back();
    command[3] = "65536";
    CHECK(client.run_args(command) == "65536");
    CHECK(client.info(user(0), "resident") == 0);
    CHECK(client.info(user(65535), "resident") == 0);
    CHECK(mentions(client, user(0)) == "1");
    CHECK(mentions(client, user(65535)) == "1");
    CHECK(client.run("GET " + user(65536) + " 1") == "[(nil)]");
  }
}

TEST_CASE("COMMIT counts the users whose changes it put into the store") {
  for (const ReadStateSetup& setup : setups_with_store()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup, "commit-delay 3600000\n");
    CHECK(client.number("COMMIT") == 0);
    for (int i = 0; i < 20; ++i) client.number("ACK " + user(i) + " 1 1");
    CHECK(client.info(user(0), "dirty-ms") > 0);
    CHECK(client.number("COMMIT " + user(0) + " " + user(1) + " " + user(0) + " nobody") == 2);
    CHECK(client.info(user(0), "dirty-ms") == 0);
    CHECK(client.info(user(2), "dirty-ms") > 0);
    CHECK(client.number("COMMIT " + user(0)) == 0);
    CHECK(client.number("COMMIT") == 18);
    CHECK(client.info(user(2), "dirty-ms") == 0);
    CHECK(client.info(user(2), "resident") == 1);
    // A no-op dirties nothing.
    client.number("ACK " + user(2) + " 1 1");
    client.number("ACK " + user(2) + " 1 0");
    client.number("DEL " + user(2) + " 99");
    client.number("SET " + user(2) + " 1 1");
    client.number("INCR " + user(2) + " 1 1");
    CHECK(client.info(user(2), "dirty-ms") == 0);
    CHECK(client.number("COMMIT") == 0);
  }
}

TEST_CASE("EVICT commits, then frees, and counts who went") {
  for (const ReadStateSetup& setup : setups_with_store()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup, "commit-delay 3600000\n");
    const int64_t version = client.number("ACK a MENTIONS 2 UNREAD 3 FLAGS 4 1 5");
    client.number("ACK b 1 5");
    const std::string before = client.run("GETALL a");
    CHECK(client.number("EVICT a b a nobody") == 2);
    CHECK(client.info("a", "resident") == 0);
    CHECK(client.info("a", "version") == 0);
    CHECK(client.run("GETALL a") == before);
    CHECK(client.info("a", "resident") == 1);
    CHECK(client.info("a", "version") == version);
    // Nobody is remembered as such.
    CHECK(client.run("GET nobody 1") == "[(nil)]");
    CHECK(client.info("nobody", "resident") == 1);
    CHECK(client.info("nobody", "entries") == 0);
    CHECK(client.number("EVICT nobody") == 1);
  }
}

TEST_CASE("without a store, EVICT forgets and COMMIT has nothing to do") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    ReadStateClient client({.cores = cores, .store = "none"});
    client.number("ACK a 1 5");
    CHECK(client.number("COMMIT") == 0);
    CHECK(client.number("COMMIT a") == 0);
    CHECK(client.info("a", "dirty-ms") == 0);
    CHECK(client.number("EVICT a b") == 1);
    CHECK(client.run("GET a 1") == "[(nil)]");
    CHECK(client.number("INCR new 1 5") == 1);
    CHECK(mentions(client, "new") == "1");
  }
}

TEST_CASE("SCAN visits the users in memory, whichever core has them") {
  for (const ReadStateSetup& setup : setups_with_store()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    constexpr int kUsers = 500;
    for (int i = 0; i < kUsers; ++i) client.number("ACK " + user(i) + " 1 1");
    client.number("EVICT " + user(7));
    client.number("INCR asleep 1 1");
    client.connection().run({"SET", "a-key", "v"});
    for (const char* const options : {"", " COUNT 100", " MATCH user:* count 7", " match *"}) {
      std::multiset<std::string> seen;
      std::string cursor = "0";
      int calls = 0;
      do {
        const std::string reply = client.run("SCAN " + cursor + options);
        cursor = element(reply, 0);
        std::erase(cursor, '"');
        std::string users = reply.substr(reply.find(", [") + 2);
        std::erase_if(users, [](char c) { return c == '[' || c == ']' || c == ','; });
        for (const std::string& found : words(users)) seen.insert(found);
        REQUIRE(++calls <= kUsers + 10);
      } while (cursor != "0");
      CHECK(seen.size() == kUsers - 1);
      for (int i = 0; i < kUsers; ++i) CHECK(seen.count('"' + user(i) + '"') == (i != 7));
    }
    CHECK(client.run("SCAN 0 MATCH nothing COUNT 100000").ends_with(", []]"));
  }
}

TEST_CASE("INFO tells how a user is kept, loads nobody and is no use") {
  for (const ReadStateSetup& setup : setups_with_store()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    const std::string unknown = client.run("INFO u");
    CHECK(unknown.starts_with("[\"resident\", 0, \"loading\", 0, \"partition\", "));
    CHECK(unknown.find("\"entries\", 0, \"bytes\", 0, \"version\", 0, \"last-deletion\", 0, "
                       "\"dirty-ms\", 0, \"idle-ms\", 0, \"pending\", 0]") != std::string::npos);
    CHECK(client.info("{tag}x", "slot") == client.info("{tag}y", "slot"));
    CHECK(client.info("{tag}x", "partition") == client.info("{tag}y", "partition"));
    CHECK(client.connection().run({"READSTATE.INFO", "foo"}).find("\"slot\", 12182") !=
          std::string::npos);
    const int64_t version = client.number("ACK u 1 1 2 2");
    CHECK(client.info("u", "resident") == 1);
    CHECK(client.info("u", "entries") == 2);
    CHECK(client.info("u", "version") == version);
    CHECK(client.info("u", "bytes") >= 100);
    CHECK(client.info("u", "pending") == 0);
  }
}

TEST_CASE(
    "INFO's idle-ms counts real milliseconds since the last use, which INCR and INFO are not") {
  for (const ReadStateSetup& setup : setups_with_store()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    // The server's clock has to go on by 20 ms by itself.
    const auto now_us = [&client] {
      const std::string time = client.connection().run({"TIME"});
      return time.starts_with("!") ? 0
                                   : std::stoll(element(time, 0).substr(1)) * 1'000'000 +
                                         std::stoll(element(time, 1).substr(1));
    };
    const int64_t start_us = now_us();  // no later than the use
    client.number("ACK u 1 1");
    int64_t idle_ms = 0;
    while (idle_ms < 20) {
      client.number("INCR u 1 5");
      client.number("FANOUT 1 5 1 u");
      idle_ms = client.info("u", "idle-ms");
    }
    if (start_us != 0) CHECK(now_us() - start_us >= 15'000);
    client.run("GET u 1");
    CHECK(client.info("u", "idle-ms") <= idle_ms + 1000);
  }
}

TEST_CASE("HELP is an array of lines") {
  ReadStateClient client({});
  const std::string help = client.run("HELP");
  CHECK(help.starts_with("["));
  for (const char* const name : {"ack", "set", "incr", "fanout", "get", "getall", "unread", "total",
                                 "del", "commit", "evict", "scan", "info", "help"}) {
    CHECK(help.find(std::string("readstate.") + name) != std::string::npos);
  }
}

TEST_CASE("read states are beside the databases: flushing the cache loses nobody's marks") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    Connection& redis = client.connection();
    client.number("ACK u 1 5");
    const auto known = [&redis](std::vector<std::string> command) {
      return !redis.run(command).starts_with("!ERR unknown command");
    };
    CHECK(redis.run({"SET", "u", "a string"}) == "OK");
    CHECK(redis.run({"GET", "u"}) == "\"a string\"");
    CHECK(element(client.run("GET u 1"), 5) == "\"5\"");
    if (known({"DBSIZE"})) CHECK(redis.run({"DBSIZE"}) == "1");
    if (known({"KEYS", "*"})) CHECK(redis.run({"KEYS", "*"}) == "[\"u\"]");
    if (known({"DEL", "u"})) CHECK(redis.run({"EXISTS", "u"}) == "0");
    if (known({"SELECT", "3"})) CHECK(element(client.run("GET u 1"), 5) == "\"5\"");
    (void)known({"SWAPDB", "0", "3"});
    (void)known({"FLUSHDB"});
    (void)known({"FLUSHALL"});
    CHECK(element(client.run("GET u 1"), 5) == "\"5\"");
    CHECK(client.info("u", "resident") == 1);
  }
}

}  // namespace
}  // namespace tidemark::test
