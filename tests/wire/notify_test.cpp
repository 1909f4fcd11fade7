// Notifications of the keyspace, as Redis sends them, and of read states.

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/read_state_client.hpp"
#include "tests/wire/test_server.hpp"
#include "tests/wire/waiting.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;
using tidemark::test::wait_for_blocked;
using tidemark::test::words;

namespace {

// On one core and on four.
template <typename Test>
void everywhere(Test&& test, const std::string& config = "store none\n") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = config});
    Connection boss(server.port());
    test(server, boss, cores);
  }
}

// A line of keyspace_events.txt.
struct Recorded {
  std::string command;
  std::vector<std::string> events;
};

std::vector<Recorded> load_recorded() {
  std::ifstream file(SOURCE_FOLDER "/tests/wire/keyspace_events.txt");
  std::vector<Recorded> all;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t arrow = line.find(" ->");
    Recorded recorded{.command = line.substr(0, arrow), .events = {}};
    for (size_t at = arrow + 3; at < line.size();) {
      const size_t end = std::min(line.find(',', at), line.size());
      recorded.events.push_back(line.substr(at + 1, end - at - 1));
      at = end + 1;
    }
    all.push_back(recorded);
  }
  return all;
}

// Whoever has subscribed to all events of keys.
class Listener {
 public:
  explicit Listener(const TestServer& server) : connection_(server.port()) {
    connection_.run({"PSUBSCRIBE", "__keyevent@*"});
  }
  // "lpush l", or "lpush l@3" for another database.
  std::string next() {
    // ["pmessage", pattern, "__keyevent@0__:lpush", "l"]
    const std::string message = connection_.receive();
    const size_t channel = message.find("\"__keyevent@", 20) + 12;
    const size_t event = message.find(':', channel) + 1;
    const size_t event_end = message.find('"', event);
    const size_t key = message.find('"', event_end + 1) + 1;
    const std::string db = message.substr(channel, message.find('_', channel) - channel);
    return message.substr(event, event_end - event) + ' ' +
           message.substr(key, message.rfind('"') - key) + (db == "0" ? "" : "@" + db);
  }
  std::vector<std::string> next(size_t count) {
    std::vector<std::string> events;
    while (events.size() < count) events.push_back(next());
    return events;
  }

 private:
  Connection connection_;
};

}  // namespace

TEST_CASE("commands send the events that Redis sends") {
  everywhere([](TestServer& server, Connection& boss, int cores) {
    boss.run({"CONFIG", "SET", "notify-keyspace-events", "KEAm"});
    Listener listener(server);
    for (const Recorded& recorded : load_recorded()) {
      CAPTURE(recorded.command);
      boss.run(words(recorded.command));
      std::vector<std::string> expected = recorded.events;
      std::vector<std::string> events = listener.next(expected.size());
      // Each core speaks of its own keys.
      if (cores > 1) std::sort(expected.begin(), expected.end());
      if (cores > 1) std::sort(events.begin(), events.end());
      CHECK(events == expected);
    }
    boss.run({"SET", "last", "1"});
    CHECK(listener.next() == "set last");
  });
}

TEST_CASE("keys that expire or are evicted are told of") {
  everywhere([](TestServer& server, Connection& boss, int) {
    boss.run({"CONFIG", "SET", "notify-keyspace-events", "Exe"});
    Listener listener(server);
    boss.run({"SET", "short", "1", "PX", "1"});
    CHECK(listener.next() == "expired short");
    boss.run({"SET", "long", "1"});
    boss.run({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
    boss.run({"CONFIG", "SET", "maxmemory", "1"});
    CHECK(listener.next() == "evicted long");
  });
}

TEST_CASE("classes choose what is told, and where") {
  everywhere([](TestServer& server, Connection& boss, int) {
    Connection keys(server.port());
    keys.run({"PSUBSCRIBE", "__key*"});
    const auto set = [&boss](const std::string& classes) {
      CHECK(boss.run({"CONFIG", "SET", "notify-keyspace-events", classes}) == "OK");
    };
    const std::string in_space = R"(["pmessage", "__key*", "__keyspace@0__:k", ")";
    const std::string in_event = R"(["pmessage", "__key*", "__keyevent@0__:)";
    set("K$");
    boss.run({"SET", "k", "1", "EX", "100"});
    CHECK(keys.receive() == in_space + "set\"]");
    set("Eg");
    boss.run({"SET", "k", "1", "EX", "100"});
    CHECK(keys.receive() == in_event + "expire\", \"k\"]");
    boss.run({"DEL", "k"});
    CHECK(keys.receive() == in_event + "del\", \"k\"]");
    // Neither a class alone nor a place alone says anything.
    for (const char* const classes : {"A", "KE", "nm", ""}) {
      set(classes);
      boss.run({"SET", "k", "1", "EX", "100"});
      boss.run({"DEL", "k"});
    }
    set("KEn");
    boss.run({"RPUSH", "k", "1"});
    boss.run({"RPUSH", "k", "1"});
    CHECK(keys.receive() == in_space + "new\"]");
    CHECK(keys.receive() == in_event + "new\", \"k\"]");
    set("KEl");
    boss.run({"LPOP", "k", "2"});
    CHECK(keys.receive() == in_space + "lpop\"]");
    CHECK(keys.receive() == in_event + "lpop\", \"k\"]");
    boss.run({"SELECT", "5"});
    boss.run({"LPUSH", "k", "1"});
    CHECK(keys.receive() == R"(["pmessage", "__key*", "__keyspace@5__:k", "lpush"])");
    CHECK(
        boss.run({"CONFIG", "SET", "notify-keyspace-events", "KEq"}) ==
        "!ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') - Invalid "
        "event class character. Use 'Ag$lshzxeKEtmdn'.");
  });
}

TEST_CASE("what a client who waited is served with is told of behind the push") {
  everywhere([](TestServer& server, Connection& boss, int cores) {
    boss.run({"CONFIG", "SET", "notify-keyspace-events", "KEA"});
    Listener listener(server);
    for (int i = 0; i < 6; ++i) {
      const std::string l = "l" + std::to_string(i);
      const std::string m = "m" + std::to_string(i);
      Connection waiting(server.port());
      waiting.begin({"BLMOVE", l, m, "LEFT", "RIGHT", "0"});
      wait_for_blocked(boss, 1);
      boss.run({"RPUSH", l, "x"});
      CHECK(waiting.receive() == "\"x\"");
      std::vector<std::string> events = listener.next(4);
      std::vector<std::string> expected = {"rpush " + l, "rpush " + m, "lpop " + l, "del " + l};
      if (cores > 1) std::sort(events.begin(), events.end());
      if (cores > 1) std::sort(expected.begin(), expected.end());
      CHECK(events == expected);
    }
  });
}

TEST_CASE("a transaction tells of what it did") {
  everywhere([](TestServer& server, Connection& boss, int cores) {
    boss.run({"CONFIG", "SET", "notify-keyspace-events", "KEA"});
    Listener listener(server);
    boss.run({"MULTI"});
    std::vector<std::string> expected;
    for (int i = 0; i < 8; ++i) {
      boss.run({"SADD", "s" + std::to_string(i), "x"});
      expected.push_back("sadd s" + std::to_string(i));
    }
    boss.run({"SPOP", "s0"});
    expected.insert(expected.end(), {"spop s0", "del s0"});
    boss.run({"EXEC"});
    std::vector<std::string> events = listener.next(expected.size());
    if (cores > 1) std::sort(events.begin(), events.end());
    if (cores > 1) std::sort(expected.begin(), expected.end());
    CHECK(events == expected);
  });
}

TEST_CASE("changes of read states are published for those who have subscribed") {
  for (const std::string store : {"none", "rocksdb"}) {
    CAPTURE(store);
    everywhere(
        [](TestServer& server, Connection& boss, int) {
          const auto change = [&boss](const std::vector<std::string>& command) {
            return boss.run(command);
          };
          Connection listener(server.port());
          listener.run({"SUBSCRIBE", "__readstate__:u"});
          Connection all(server.port());
          all.run({"PSUBSCRIBE", "__readstate__:*"});
          const auto expect = [&](const std::string& user, const std::string& json) {
            CAPTURE(json);
            std::string quoted = "\"" + json + "\"";
            if (user == "u") {
              CHECK(listener.receive() == "[\"message\", \"__readstate__:u\", " + quoted + "]");
            }
            CHECK(all.receive() == "[\"pmessage\", \"__readstate__:*\", \"__readstate__:" + user +
                                       "\", " + quoted + "]");
          };
          const std::string one = change({"READSTATE.ACK", "u", "TYPE", "2", "MENTIONS", "3",
                                          "FLAGS", "7", "1000000000000000001", "9007199254740993"});
          expect("u", R"({"op":"ack","type":2,"channel":"1000000000000000001",)"
                      R"("mark":"9007199254740993","mentions":3,"unread":0,"flags":7,)"
                      R"("manual":0,"version":)" +
                          one + "}");
          // A no-op notifies nobody.
          change({"READSTATE.ACK", "u", "TYPE", "2", "1000000000000000001", "5"});
          const std::string two = change({"READSTATE.SET", "v", "UNREAD", "4", "MANUAL", "1", "8"});
          expect("v", R"({"op":"set","type":0,"channel":"1","mark":"8","mentions":0,"unread":4,)"
                      R"("flags":0,"manual":1,"version":)" +
                          two + "}");
          change({"READSTATE.INCR", "v", "1", "9"});
          CHECK(boss.run({"CONFIG", "SET", "readstate-notify", "incr"}) == "OK");
          change({"READSTATE.ACK", "u", "3", "4"});
          change({"READSTATE.INCR", "v", "1", "9"});
          const std::string received = all.receive();
          CHECK(received.find(R"("op":"incr","type":0,"channel":"1","mark":"8","mentions":2)") !=
                std::string::npos);
          CHECK(boss.run({"CONFIG", "SET", "readstate-notify", "del"}) == "OK");
          CHECK(change({"READSTATE.DEL", "v"}) == "1");
          CHECK(all.receive().find(R"("op":"del","type":0,"channel":"1","mark":"8",)") !=
                std::string::npos);
        },
        "store " + store + "\n");
  }
}
