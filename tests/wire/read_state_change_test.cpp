#include <doctest/doctest.h>

#include <string>

#include "tests/wire/read_state_client.hpp"

// ACK, SET, INCR and DEL, by the rules of the contract.
namespace tidemark::test {
namespace {

// What GET says of channel 1 of user u, as mark mentions unread flags manual.
std::string state(ReadStateClient& client, const std::string& get = "GET u 1") {
  const std::string reply = client.run(get);
  if (reply == "[(nil)]") return "none";
  std::string text;
  for (const size_t index : {5, 7, 9, 11, 13}) text += element(reply, index) + " ";
  std::erase(text, '"');
  return text;
}

int64_t version(ReadStateClient& client, const std::string& get = "GET u 1") {
  return std::stoll(element(client.run(get), 15));
}

int64_t user_version(ReadStateClient& client) {
  return std::stoll(element(client.run("GETALL u"), 1));
}

TEST_CASE("an acknowledgement moves the mark forward and clears what is read") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    const int64_t first = client.number("ACK u 1 100");
    CHECK(first > 1'600'000'000'000'000);
    CHECK(state(client) == "100 0 0 0 0 ");
    CHECK(version(client) == first);

    // Ahead, with everything that an acknowledgement can set, in any case.
    const int64_t second = client.number("ACK u mentions 3 Unread 4 FLAGS 5 1 200");
    CHECK(second > first);
    CHECK(state(client) == "200 3 4 5 0 ");

    // Stale: nothing at all, whatever else it says.
    CHECK(client.number("ACK u MENTIONS 9 UNREAD 9 FLAGS 9 1 199") == 0);
    CHECK(state(client) == "200 3 4 5 0 ");
    CHECK(version(client) == second);
    CHECK(user_version(client) == second);

    // Equal: clears the counters and the manual bit, keeps the flags.
    CHECK(client.number("SET u MANUAL 1 200") > second);
    CHECK(state(client) == "200 3 4 5 1 ");
    const int64_t third = client.number("ACK u 1 200");
    CHECK(state(client) == "200 0 0 5 0 ");
    CHECK(version(client) == third);

    // Equal, and nothing to clear: free.
    CHECK(client.number("ACK u 1 200") == 0);
    CHECK(client.number("ACK u FLAGS 5 1 200") == 0);
    CHECK(version(client) == third);
    CHECK(client.number("ACK u FLAGS 6 1 200") > third);
    CHECK(state(client) == "200 0 0 6 0 ");
  }
}

TEST_CASE("an acknowledgement of message 0 creates, once") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    const int64_t created = client.number("ACK u 1 0");
    CHECK(created > 0);
    CHECK(client.number("ACK u 1 0") == 0);
    CHECK(state(client) == "0 0 0 0 0 ");
    CHECK(version(client) == created);
    CHECK(element(client.run("TOTAL u"), 7) == "1");
  }
}

TEST_CASE("the pairs of one acknowledgement take effect in order and share a version") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    client.number("ACK u 2 50");
    const int64_t both = client.number("ACK u 1 10 2 49 3 30 1 20 1 15");
    CHECK(state(client) == "20 0 0 0 0 ");
    CHECK(version(client) == both);
    CHECK(version(client, "GET u 3") == both);
    CHECK(state(client, "GET u 2") == "50 0 0 0 0 ");
    CHECK(version(client, "GET u 2") < both);
    CHECK(user_version(client) == both);
    CHECK(client.number("ACK u 1 20 2 50 3 1") == 0);
  }
}

TEST_CASE("ids reach from 0 to 2^63-1, counters to 2^31-1, flags to 255, types to 15") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    const std::string id_max = "9223372036854775807";
    CHECK(client.number("ACK u TYPE 15 MENTIONS 2147483647 UNREAD 2147483647 FLAGS 255 " + id_max +
                        " " + id_max) > 0);
    CHECK(state(client, "GET u TYPE 15 " + id_max) == id_max + " 2147483647 2147483647 255 0 ");
    CHECK(client.number("ACK u TYPE 15 " + id_max + " 9223372036854775806") == 0);
    CHECK(client.number("ACK u TYPE 0 0 1") > 0);
    CHECK(state(client, "GET u 0") == "1 0 0 0 0 ");
    // Lanes are apart.
    CHECK(client.run("GET u " + id_max) == "[(nil)]");
    CHECK(client.run("GET u TYPE 15 0") == "[(nil)]");
  }
}

TEST_CASE("versions go up by at least one with every change, and are a user's own") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    int64_t last = 0;
    for (int i = 1; i <= 50; ++i) {
      const int64_t next = client.number("ACK u 1 " + std::to_string(i));
      CHECK(next > last);
      last = next;
    }
    CHECK(client.number("ACK v 1 1") > 0);
    CHECK(user_version(client) == last);
  }
}

TEST_CASE(
    "SET goes backwards, keeps what it does not name, and clears the manual bit unless told") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    client.number("ACK u MENTIONS 3 UNREAD 4 FLAGS 5 1 200");
    const int64_t back = client.number("SET u MANUAL 1 100");
    CHECK(state(client) == "100 3 4 5 1 ");
    CHECK(version(client) == back);
    CHECK(client.number("SET u mentions 0 unread 1 flags 2 1 100") > back);
    CHECK(state(client) == "100 0 1 2 0 ");
    CHECK(client.number("SET u TYPE 3 1 7") > back);
    CHECK(state(client, "GET u TYPE 3 1") == "7 0 0 0 0 ");
    // Its options may also follow.
    CHECK(client.number("SET u 1 90 UNREAD 0 MANUAL") > back);
    CHECK(state(client) == "90 0 0 2 1 ");
  }
}

TEST_CASE("SET of what is so already raises no version") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    const int64_t once = client.number("SET u MENTIONS 2 1 100");
    CHECK(client.number("SET u MENTIONS 2 1 100") == once);
    CHECK(client.number("SET u 1 100") == once);
    CHECK(user_version(client) == once);
  }
}

TEST_CASE("IFVERSION lets one of two writers win") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    CHECK(client.run("SET u IFVERSION 1 1 10") == "(nil)");
    CHECK(client.run("GET u 1") == "[(nil)]");
    const int64_t created = client.number("SET u IFVERSION 0 1 10");
    CHECK(client.run("SET u IFVERSION 0 1 11") == "(nil)");
    const std::string wrong = std::to_string(created - 1);
    CHECK(client.run("SET u IFVERSION " + wrong + " 1 11") == "(nil)");
    // It is the entry's version that counts, not the user's.
    client.number("ACK u 2 5");
    const int64_t next = client.number("SET u ifversion " + std::to_string(created) + " 1 9");
    CHECK(next > created);
    CHECK(version(client) == next);
    CHECK(state(client) == "9 0 0 0 0 ");
    CHECK(client.run("SET u IFVERSION 9223372036854775807 1 12") == "(nil)");
  }
}

TEST_CASE("INCR of a resident user counts what is unread, and nothing that is read") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    if (setup.users != ReadStateSetup::Users::resident) continue;
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    client.number("ACK u 1 100");
    CHECK(client.number("INCR u 1 101") == 1);
    CHECK(state(client) == "100 1 0 0 0 ");
    CHECK(client.number("INCR u UNREAD 2 1 102") == 1);
    CHECK(state(client) == "100 1 2 0 0 ");
    CHECK(client.number("INCR u mentions 5 unread -1 1 103") == 1);
    CHECK(state(client) == "100 6 1 0 0 ");
    const int64_t before = version(client);
    CHECK(client.number("INCR u 1 100") == 0);
    CHECK(client.number("INCR u 1 99") == 0);
    CHECK(client.number("INCR u MENTIONS -3 1 1") == 0);
    CHECK(version(client) == before);
    CHECK(state(client) == "100 6 1 0 0 ");
    // Both ends hold.
    CHECK(client.number("INCR u MENTIONS 2147483647 UNREAD -2147483647 1 104") == 1);
    CHECK(state(client) == "100 2147483647 0 0 0 ");
    const int64_t saturated = version(client);
    CHECK(client.number("INCR u MENTIONS 1 1 105") == 1);
    CHECK(client.number("INCR u UNREAD -1 1 105") == 1);
    CHECK(client.number("INCR u MENTIONS 0 1 105") == 1);
    CHECK(version(client) == saturated);
  }
}

TEST_CASE("INCR creates with mark 0 where the sum is positive") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    if (setup.users != ReadStateSetup::Users::resident) continue;
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    client.number("ACK u 9 9");
    CHECK(client.number("INCR u MENTIONS -1 1 5") == 1);
    CHECK(client.number("INCR u MENTIONS 0 UNREAD 0 1 5") == 1);
    CHECK(client.run("GET u 1") == "[(nil)]");
    CHECK(client.number("INCR u 1 0") == 0);  // nobody has read less than message 0
    CHECK(client.run("GET u 1") == "[(nil)]");
    CHECK(client.number("INCR u TYPE 2 UNREAD 1 1 1") == 1);
    CHECK(state(client, "GET u TYPE 2 1") == "0 0 1 0 0 ");
    CHECK(client.run("GET u 1") == "[(nil)]");
  }
}

TEST_CASE("INCR of a user who is not in memory is accepted, and merged by whoever comes first") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    ReadStateClient client({.cores = cores, .store = "rocksdb"}, "commit-delay 3600000\n");
    client.number("ACK u 1 100");
    client.evict("u");
    // Accepted all, also what turns out to have been read.
    CHECK(client.number("INCR u 1 101") == 1);
    CHECK(client.number("INCR u 1 100") == 1);
    CHECK(client.number("INCR u UNREAD 2 2 1") == 1);
    CHECK(client.info("u", "resident") == 0);
    CHECK(client.info("u", "pending") > 0);
    SUBCASE("the load") { CHECK(client.info("u", "dirty-ms") > 0); }
    SUBCASE("the commit") {
      CHECK(client.number("COMMIT u") == 1);
      CHECK(client.info("u", "pending") == 0);
      CHECK(client.info("u", "resident") == 0);
    }
    CHECK(state(client) == "100 1 0 0 0 ");
    CHECK(state(client, "GET u 2") == "0 0 2 0 0 ");
    CHECK(client.info("u", "pending") == 0);
    client.evict("u");
    CHECK(state(client) == "100 1 0 0 0 ");
  }
}

TEST_CASE("DEL removes channels, a lane or everything, and says how many") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    CHECK(client.number("DEL u") == 0);
    CHECK(client.number("DEL u 1 2") == 0);
    CHECK(user_version(client) == 0);
    client.number("ACK u 1 1 2 2 3 3 4 4");
    client.number("ACK u TYPE 5 1 1 2 2");
    const int64_t before = user_version(client);
    CHECK(client.number("DEL u 99") == 0);
    CHECK(client.number("DEL u TYPE 7") == 0);
    CHECK(user_version(client) == before);
    CHECK(client.number("DEL u 1 2 99 1") == 2);
    const int64_t after = user_version(client);
    CHECK(after > before);
    CHECK(client.info("u", "last-deletion") == after);
    CHECK(client.run("GET u 1 2") == "[(nil), (nil)]");
    CHECK(client.number("DEL u type 5 2") == 1);
    CHECK(client.number("DEL u TYPE 5") == 1);
    CHECK(client.number("DEL u") == 2);
    CHECK(element(client.run("TOTAL u"), 7) == "0");
    const int64_t erased = user_version(client);
    CHECK(erased > after);
    // A deletion is a change: what is written afterwards is newer.
    CHECK(client.number("ACK u 1 1") > erased);
    CHECK(state(client) == "1 0 0 0 0 ");
  }
}

TEST_CASE("what was deleted stays deleted in the store") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    ReadStateClient client({.cores = cores, .store = "rocksdb"});
    client.number("ACK u 1 1 2 2 3 3");
    client.number("ACK v 1 1");
    client.evict("u");
    client.evict("v");
    CHECK(client.number("DEL u 2") == 1);
    CHECK(client.number("DEL v") == 1);
    const int64_t erased = std::stoll(element(client.run("GETALL v"), 1));
    client.evict("u");
    client.evict("v");
    CHECK(client.run("GET u 2") == "[(nil)]");
    CHECK(state(client) == "1 0 0 0 0 ");
    CHECK(client.run("GETALL v") ==
          "[\"version\", " + std::to_string(erased) + ", \"partial\", 0, \"entries\", []]");
    CHECK(client.number("ACK v 1 1") > erased);
  }
}

TEST_CASE("a user has at most readstate-max-channels channels, whatever is asked") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup, "readstate-max-channels 3\n");
    const std::string error = "!ERR too many channels for this user (limit 3)";
    CHECK(client.run("ACK u 1 1 2 2 3 3 4 4") == error);
    CHECK(client.run("GETALL u") == "[\"version\", 0, \"partial\", 0, \"entries\", []]");
    client.number("ACK u 1 1 2 2");
    CHECK(client.run("ACK u 1 9 3 3 4 4") == error);
    CHECK(state(client) == "1 0 0 0 0 ");
    const int64_t full = client.number("ACK u 1 2 3 3 3 4 1 3");
    CHECK(client.run("ACK u 4 4") == error);
    CHECK(client.run("SET u 4 4") == error);
    if (setup.users == ReadStateSetup::Users::resident) CHECK(client.run("INCR u 4 4") == error);
    CHECK(client.run("ACK u TYPE 1 1 4") == error);
    CHECK(user_version(client) == full);
    CHECK(client.number("DEL u 1") == 1);
    CHECK(client.number("ACK u 4 4") > full);
  }
}

TEST_CASE("4096 pairs are one command, and one more is a wrong number of arguments") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    std::vector<std::string> command = {"ACK", "u"};
    for (int i = 0; i < 4096; ++i) {
      command.push_back(std::to_string(i));
      command.push_back(std::to_string(i + 1));
    }
    const std::string reply = client.run_args(command);
    CHECK(std::stoll(reply) > 0);
    CHECK(element(client.run("TOTAL u"), 7) == "4096");
    CHECK(version(client, "GET u 0") == std::stoll(reply));
    CHECK(version(client, "GET u 4095") == std::stoll(reply));
    command.insert(command.end(), {"5000", "1"});
    CHECK(client.run_args(command) == "!ERR wrong number of arguments for 'readstate.ack' command");
    CHECK(client.run("GET u 5000") == "[(nil)]");
  }
}

TEST_CASE("a user key is any 1 to 512 bytes") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    const std::string odd("\0\r\n\xff {}", 7);
    for (const std::string& key : {std::string(512, 'k'), odd, std::string(1, '\0')}) {
      CHECK(std::stoll(client.run_args({"ACK", key, "1", "5"})) > 0);
      CHECK(element(client.run_args({"GET", key, "1"}), 5) == "\"5\"");
    }
    for (const std::string& key : {std::string(513, 'k'), std::string()}) {
      for (const std::vector<std::string>& command :
           std::vector<std::vector<std::string>>{{"ACK", key, "1", "5"},
                                                 {"SET", key, "1", "5"},
                                                 {"INCR", key, "1", "5"},
                                                 {"FANOUT", "1", "5", "2", "a", key},
                                                 {"GET", key, "1"},
                                                 {"GETALL", key},
                                                 {"UNREAD", key, "1", "1"},
                                                 {"TOTAL", key},
                                                 {"DEL", key},
                                                 {"COMMIT", "a", key},
                                                 {"EVICT", "a", key},
                                                 {"INFO", key}}) {
        CAPTURE(command[0]);
        CHECK(client.run_args(command) == "!ERR user key must be 1 to 512 bytes");
      }
    }
    CHECK(client.run("GET a 1") == "[(nil)]");
  }
}

}  // namespace
}  // namespace tidemark::test
