// CLIENT TRACKING: clients that cache what they read are told when it changes.

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"
#include "tests/wire/waiting.hpp"
#include "tests/wire/wire_talk.hpp"

using tidemark::test::Connection;
using tidemark::test::contains;
using tidemark::test::Talk;
using tidemark::test::TestServer;
using tidemark::test::wait_for_info;

namespace {

constexpr const char* kOk = "+OK\r\n";

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

// What a RESP3 client is told.
std::string invalid(const std::vector<std::string>& keys) {
  std::string text = ">2\r\n$10\r\ninvalidate\r\n*" + std::to_string(keys.size()) + "\r\n";
  for (const std::string& key : keys) text += bulk(key);
  return text;
}
constexpr const char* kAllInvalid = ">2\r\n$10\r\ninvalidate\r\n_\r\n";

// And a RESP2 client with a subscription.
std::string redirected(const std::string& key) {
  return "*3\r\n$7\r\nmessage\r\n" + bulk("__redis__:invalidate") + "*1\r\n" + bulk(key);
}

// On one core and on four, with a client that tracks and another that does not.
template <typename Test>
void everywhere(Test&& test, const std::string& config = "store none\n") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = config});
    Talk client(server.port(), 3);
    Connection other(server.port());
    test(server, client, other);
  }
}

void expect_push(Talk& client, const std::string& push) {
  CHECK(client.receive(push.size()) == push);
}

}  // namespace

TEST_CASE("who has read a key is told once that it changed") {
  everywhere([](TestServer&, Talk& client, Connection& other) {
    client.expect("CLIENT TRACKING ON", kOk);
    for (int i = 0; i < 12; ++i) {
      const std::string key = "k" + std::to_string(i);
      const std::vector<std::vector<std::string>> changes = {{"SET", key, "1"},
                                                             {"EXPIRE", key, "100"},
                                                             {"APPEND", key, "2"},
                                                             {"DEL", key},
                                                             {"SETBIT", key, "3", "1"}};
      for (const auto& change : changes) {
        CAPTURE(change.front());
        client.expect("STRLEN " + key, change.front() == "SET" || change.front() == "SETBIT"
                                           ? ":0\r\n"
                                       : change.front() == "DEL" ? ":2\r\n"
                                                                 : ":1\r\n");
        other.run(change);
        expect_push(client, invalid({key}));
        other.run({"SET", "unrelated", "1"});
      }
      other.run({"DEL", key});
      client.expect("PING", "+PONG\r\n");
    }
    // Of what a command reads, every key; of what it writes, none.
    client.expect("MGET a b", "*2\r\n_\r\n_\r\n");
    client.expect("SET c 1", kOk);
    other.run({"SET", "c", "2"});
    other.run({"SET", "b", "2"});
    expect_push(client, invalid({"b"}));
    other.run({"SET", "a", "2"});
    expect_push(client, invalid({"a"}));
    client.expect("CLIENT TRACKING OFF", kOk);
    client.expect("GET a", "$1\r\n2\r\n");
    other.run({"SET", "a", "3"});
    client.expect("PING", "+PONG\r\n");
  });
}

TEST_CASE("a client is told of its own changes behind the reply, unless it says NOLOOP") {
  everywhere([](TestServer&, Talk& client, Connection& other) {
    client.expect("CLIENT TRACKING ON", kOk);
    for (int i = 0; i < 8; ++i) {
      const std::string key = "k" + std::to_string(i);
      client.expect("GET " + key, "_\r\n");
      client.expect("SET " + key + " 1", kOk + invalid({key}));
      client.expect("MULTI", kOk);
      client.expect("GET " + key, "+QUEUED\r\n");
      client.expect("SET " + key + " 2", "+QUEUED\r\n");
      client.expect("EXEC", "*2\r\n$1\r\n1\r\n+OK\r\n" + invalid({key}));
    }
    client.expect("CLIENT TRACKING ON NOLOOP", kOk);
    for (int i = 0; i < 8; ++i) {
      const std::string key = "k" + std::to_string(i);
      client.expect("GET " + key, "$1\r\n2\r\n");
      client.expect("SET " + key + " 3", kOk);
      client.expect("GET " + key, "$1\r\n3\r\n");
      other.run({"SET", key, "4"});
      expect_push(client, invalid({key}));
    }
  });
}

TEST_CASE("what a client is told of its own changes comes between the replies of a pipeline") {
  everywhere([](TestServer&, Talk& client, Connection&) {
    client.expect("CLIENT TRACKING ON", kOk);
    for (int i = 0; i < 8; ++i) {
      const std::string key = "k" + std::to_string(i);
      client.connection().write("GET " + key + "\r\nSET " + key + " 1\r\nGET " + key +
                                "\r\nFLUSHALL\r\nMSET " + key + " 1 z 1\r\nPING\r\n");
      const std::string expected =
          "_\r\n+OK\r\n" + invalid({key}) + "$1\r\n1\r\n+OK\r\n" + kAllInvalid + "+OK\r\n+PONG\r\n";
      CHECK(client.receive(expected.size()) == expected);
      client.expect("DEL " + key + " z", ":2\r\n");
    }
    client.connection().write("MULTI\r\nMGET a b c d e f\r\nMSET a 1 b 1 c 1\r\nEXEC\r\nPING\r\n");
    client.read_to("*6\r\n_\r\n_\r\n_\r\n_\r\n_\r\n_\r\n+OK\r\n>");
    std::string told = client.read_to("+PONG\r\n");
    for (const char* const key : {"a", "b", "c"}) CHECK(contains(told, bulk(key)));
  });
}

TEST_CASE("who waited for a key is told of what that changed behind the reply") {
  everywhere([](TestServer&, Talk& client, Connection& other) {
    client.expect("CLIENT TRACKING ON", kOk);
    for (int i = 0; i < 100; ++i) {
      CHECK(other.run({"DEL", "to{t}"}).empty() == false);
      client.expect("LRANGE to{t} 0 -1", "*0\r\n");
      client.send("BLMOVE from{t} to{t} LEFT LEFT 0");
      wait_for_info(other, "blocked_clients:1");
      CHECK(other.run({"RPUSH", "from{t}", "foo"}) == "1");
      expect_push(client, "$3\r\nfoo\r\n" + invalid({"to{t}"}));
      client.expect("PING", "+PONG\r\n");
    }
  });
}

TEST_CASE("what is evicted for a command is told of before its reply") {
  TestServer server({.config = "store none\nmaxmemory-policy volatile-random\n"});
  Talk client(server.port(), 3);
  Connection other(server.port());
  client.expect("CLIENT TRACKING ON", kOk);
  client.expect("SETEX volatile 1000 x", kOk);
  client.expect("GET volatile", "$1\r\nx\r\n");
  const std::string memory = other.run({"INFO", "memory"});
  const size_t used = std::stoull(memory.substr(memory.find("used_memory:") + 12));
  CHECK(other.run({"CONFIG", "SET", "maxmemory", std::to_string(used + 100'000)}) == "OK");
  // More than fits, which the next command finds.
  client.expect("SETBIT big 1600000 0", ":0\r\n");
  client.expect("GETBIT big 0", invalid({"volatile"}) + ":0\r\n");
}

TEST_CASE("keys that expire, are evicted or flushed are told of") {
  everywhere([](TestServer& server, Talk& client, Connection& other) {
    client.expect("CLIENT TRACKING ON", kOk);
    other.run({"SET", "short", "1", "PX", "30"});
    client.expect("GET short", "$1\r\n1\r\n");
    expect_push(client, invalid({"short"}));
    other.run({"SET", "long", "1"});
    client.expect("GET long", "$1\r\n1\r\n");
    other.run({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
    other.run({"CONFIG", "SET", "maxmemory", "1"});
    expect_push(client, invalid({"long"}));
    other.run({"CONFIG", "SET", "maxmemory", "0"});
    for (int i = 0; i < 8; ++i) other.run({"SET", "k" + std::to_string(i), "1"});
    for (int i = 0; i < 8; ++i) client.expect("EXISTS k" + std::to_string(i), ":1\r\n");
    CHECK(contains(other.run({"INFO", "stats"}), "tracking_total_keys:8\r\n"));
    other.run({"FLUSHALL"});
    expect_push(client, kAllInvalid);
    CHECK(contains(other.run({"INFO", "stats"}), "tracking_total_keys:0\r\n"));
    other.run({"FLUSHDB"});
    expect_push(client, kAllInvalid);
    client.expect("PING", "+PONG\r\n");
    Connection last(server.port());
    CHECK(contains(last.run({"INFO", "clients"}), "tracking_clients:1\r\n"));
  });
}

TEST_CASE("OPTIN and OPTOUT leave it to CLIENT CACHING") {
  everywhere([](TestServer&, Talk& client, Connection& other) {
    const auto change = [&other] { other.run({"MSET", "a", "1", "b", "2"}); };
    client.expect("CLIENT TRACKING ON OPTIN", kOk);
    client.expect("GET a", "_\r\n");
    change();
    client.expect("CLIENT CACHING YES", kOk);
    client.expect("CLIENT GETNAME", "_\r\n");
    client.expect("GET a", "$1\r\n1\r\n");
    client.expect("GET b", "$1\r\n2\r\n");
    change();
    expect_push(client, invalid({"a"}));
    client.expect("CLIENT CACHING YES", kOk);
    client.expect("MULTI", kOk);
    client.expect("GET b", "+QUEUED\r\n");
    client.expect("GET a", "+QUEUED\r\n");
    client.expect("EXEC", "*2\r\n$1\r\n2\r\n$1\r\n1\r\n");
    other.run({"SET", "a", "1"});
    expect_push(client, invalid({"a"}));
    other.run({"SET", "b", "2"});
    expect_push(client, invalid({"b"}));
    client.expect("GET a", "$1\r\n1\r\n");
    change();
    // Whatever is not CLIENT's uses it up, also what is refused.
    client.expect("CLIENT CACHING YES", kOk);
    client.expect("GET", "-ERR wrong number of arguments for 'get' command\r\n");
    client.expect("GET a", "$1\r\n1\r\n");
    change();
    client.queue({"CLIENT CACHING YES", "GET a"});
    client.expect("EXEC", "*2\r\n+OK\r\n$1\r\n1\r\n");
    client.expect("GET b", "$1\r\n2\r\n");
    change();
    expect_push(client, invalid({"a"}));
    client.expect("CLIENT TRACKING OFF", kOk);

    client.expect("CLIENT TRACKING ON OPTOUT", kOk);
    client.expect("CLIENT CACHING NO", kOk);
    client.expect("GET a", "$1\r\n1\r\n");
    client.expect("GET b", "$1\r\n2\r\n");
    change();
    expect_push(client, invalid({"b"}));
    client.expect("PING", "+PONG\r\n");
  });
}

TEST_CASE("BCAST tells of all keys with a prefix, together") {
  everywhere([](TestServer&, Talk& client, Connection& other) {
    client.expect("CLIENT TRACKING ON BCAST PREFIX {x}a PREFIX {x}b", kOk);
    other.run({"MSET", "{x}a1", "1", "{x}b1", "1", "{x}c1", "1", "{x}a2", "1"});
    expect_push(client, invalid({"{x}a1", "{x}a2"}) + invalid({"{x}b1"}));
    client.expect("SET {x}a3 1", kOk + invalid({"{x}a3"}));
    other.run({"DEL", "{x}a3"});
    expect_push(client, invalid({"{x}a3"}));
    client.expect("CLIENT TRACKING ON BCAST PREFIX {x}c", kOk);
    other.run({"DEL", "{x}c1"});
    expect_push(client, invalid({"{x}c1"}));
    client.expect("CLIENT TRACKINGINFO",
                  "%3\r\n$5\r\nflags\r\n~2\r\n$2\r\non\r\n$5\r\nbcast\r\n$8\r\nredirect\r\n:0\r\n"
                  "$8\r\nprefixes\r\n*3\r\n$4\r\n{x}a\r\n$4\r\n{x}b\r\n$4\r\n{x}c\r\n");
    CHECK(contains(other.run({"INFO", "stats"}), "tracking_total_prefixes:3\r\n"));
    // Without a prefix: of all keys, beside those.
    client.expect("CLIENT TRACKING ON BCAST", kOk);
    other.run({"SET", "{x}a1", "2"});
    expect_push(client, invalid({"{x}a1"}) + invalid({"{x}a1"}));
    client.expect("CLIENT TRACKING OFF", kOk);
    CHECK(contains(other.run({"INFO", "stats"}), "tracking_total_prefixes:0\r\n"));
    client.expect("CLIENT TRACKING ON", kOk);
    client.expect("EXISTS k0 k1 k2 k3", ":0\r\n");
    client.expect("CLIENT TRACKING OFF", kOk);
    client.expect("CLIENT TRACKING ON BCAST NOLOOP", kOk);
    for (int i = 0; i < 8; ++i) {
      const std::string key = "k" + std::to_string(i);
      client.expect("SET " + key + " 1", kOk);
      other.run({"SET", key, "2"});
      expect_push(client, invalid({key}));
    }
  });
}

TEST_CASE("a script that reads anything has read all keys that it declares") {
  everywhere([](TestServer&, Talk& client, Connection& other) {
    const auto eval = [&client](const std::string& name, const std::string& text) {
      client.connection().write(tidemark::test::request({name, text, "2", "a", "b"}));
      CHECK(client.receive(3) == "_\r\n");
    };
    const auto change = [&other] { other.run({"MSET", "a", "1", "b", "1", "c", "1"}); };
    client.expect("CLIENT TRACKING ON", kOk);
    for (const std::string name : {"EVAL", "EVAL_RO"}) {
      CAPTURE(name);
      eval(name, "redis.call('ping')");
      change();
      client.expect("PING", "+PONG\r\n");
      eval(name, "redis.call('get', 'c')");
      change();
      const std::string told = client.receive(2 * invalid({"a"}).size());
      CHECK(contains(told, invalid({"a"})));
      CHECK(contains(told, invalid({"b"})));
    }
    client.expect("PING", "+PONG\r\n");
  });
}

TEST_CASE("REDIRECT sends it to another client, and says when that has gone") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection other(server.port());
    for (int i = 0; i < 4; ++i) {
      Talk client(server.port(), 2);
      Talk three(server.port(), 3);
      auto target = std::make_unique<Talk>(server.port(), 2);
      target->send("CLIENT ID");
      const std::string reply = target->read_to("\r\n");
      const std::string id = reply.substr(1, reply.size() - 3);
      const std::string channel = "__redis__:invalidate";
      target->expect("SUBSCRIBE " + channel,
                     "*3\r\n$9\r\nsubscribe\r\n" + bulk(channel) + ":1\r\n");
      for (Talk* const tracking : {&client, &three}) {
        tracking->expect("CLIENT TRACKING ON REDIRECT " + id, kOk);
        tracking->expect("CLIENT GETREDIR", ":" + id + "\r\n");
        const std::string key = "k" + std::to_string(i);
        tracking->expect("EXISTS " + key, ":0\r\n");
        other.run({"SET", key, "1"});
        other.run({"DEL", key});
        CHECK(target->receive(redirected(key).size()) == redirected(key));
      }
      target = nullptr;
      wait_for_info(other, "connected_clients:3");
      three.expect("EXISTS a", ":0\r\n");
      client.expect("EXISTS a", ":0\r\n");
      other.run({"SET", "a", "1"});
      other.run({"DEL", "a"});
      expect_push(three, ">2\r\n$21\r\ntracking-redir-broken\r\n:" + id + "\r\n");
      three.send("CLIENT TRACKINGINFO");
      CHECK(contains(three.read_to("*0\r\n"), "broken_redirect"));
      client.expect("PING", "+PONG\r\n");
    }
  }
}

TEST_CASE("what makes no sense is refused in Redis's words") {
  everywhere([](TestServer&, Talk& client, Connection& other) {
    const auto refuse = [&client](const std::string& line, const std::string& error) {
      client.expect(line, "-ERR " + error + "\r\n");
    };
    const std::string mode =
        " before disabling tracking for this client, and then re-enabling it with a different "
        "mode.";
    refuse("CLIENT TRACKING FOO", "syntax error");
    refuse("CLIENT TRACKING ON REDIRECT", "syntax error");
    refuse("CLIENT TRACKING ON REDIRECT x", "value is not an integer or out of range");
    refuse("CLIENT TRACKING ON REDIRECT 999999",
           "The client ID you want redirect to does not exist");
    refuse("CLIENT TRACKING ON REDIRECT -1", "The client ID you want redirect to does not exist");
    const std::string id = tidemark::test::id_of(other);
    refuse("CLIENT TRACKING ON REDIRECT " + id + " REDIRECT " + id,
           "A client can only redirect to a single other client");
    refuse("CLIENT TRACKING ON PREFIX a", "PREFIX option requires BCAST mode to be enabled");
    refuse("CLIENT TRACKING ON OPTIN OPTOUT", "You can't specify both OPTIN mode and OPTOUT mode");
    refuse("CLIENT TRACKING ON BCAST OPTIN", "OPTIN and OPTOUT are not compatible with BCAST");
    refuse(
        "CLIENT TRACKING ON BCAST PREFIX a PREFIX ab",
        "Prefix 'a' overlaps with another provided prefix 'ab'. Prefixes for a single client must "
        "not overlap.");
    refuse("CLIENT CACHING YES",
           "CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
           "OPTOUT mode enabled");
    client.expect("CLIENT GETREDIR", ":-1\r\n");
    client.expect("CLIENT TRACKING OFF", kOk);
    client.expect("CLIENT TRACKING ON", kOk);
    client.expect("CLIENT GETREDIR", ":0\r\n");
    refuse("CLIENT TRACKING ON BCAST", "You can't switch BCAST mode on/off" + mode);
    refuse("CLIENT CACHING YES",
           "CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
    refuse("CLIENT CACHING NO",
           "CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
    client.expect("CLIENT TRACKING ON OPTIN", kOk);
    refuse("CLIENT TRACKING ON OPTOUT", "You can't switch OPTIN/OPTOUT mode" + mode);
    refuse("CLIENT CACHING MAYBE", "syntax error");
    client.expect("CLIENT TRACKING OFF", kOk);
    client.expect("CLIENT TRACKING ON BCAST PREFIX foo", kOk);
    refuse(
        "CLIENT TRACKING ON BCAST PREFIX fo",
        "Prefix 'fo' overlaps with an existing prefix 'foo'. Prefixes for a single client must not "
        "overlap.");
    client.expect("RESET", "+RESET\r\n");
    client.expect("CLIENT GETREDIR", ":-1\r\n");
    CHECK(contains(other.run({"INFO", "clients"}), "tracking_clients:0\r\n"));
    CHECK(contains(other.run({"INFO", "stats"}), "tracking_total_prefixes:0\r\n"));
  });
}

TEST_CASE("CLIENT LIST tells who tracks") {
  everywhere([](TestServer&, Talk& client, Connection& other) {
    client.expect("CLIENT TRACKING ON BCAST", kOk);
    CHECK(contains(other.run({"CLIENT", "LIST"}), " flags=tB "));
    CHECK(contains(other.run({"CLIENT", "LIST"}), " redir=0 "));
    CHECK(contains(other.run({"CLIENT", "LIST"}), " redir=-1 "));
  });
}

TEST_CASE("the table is limited, and what is given up is told of") {
  everywhere([](TestServer&, Talk& client, Connection& other) {
    other.run({"CONFIG", "SET", "tracking-table-max-keys", "10"});
    client.expect("CLIENT TRACKING ON", kOk);
    std::map<std::string, int> told;
    const auto take = [&] {
      client.read_to("invalidate\r\n*1\r\n$");
      client.read_to("\r\n");
      const std::string key = client.read_to("\r\n");
      ++told[key.substr(0, key.size() - 2)];
    };
    for (int i = 0; i < 100; ++i) client.send("GET k" + std::to_string(i));
    for (int i = 0; i < 90; ++i) take();
    CHECK(told.size() == 90);
    CHECK(contains(other.run({"INFO", "stats"}), "tracking_total_keys:10\r\n"));
    CHECK(contains(other.run({"INFO", "stats"}), "tracking_total_items:10\r\n"));
    other.run({"CONFIG", "SET", "tracking-table-max-keys", "3"});
    for (int i = 0; i < 7; ++i) take();
    CHECK(told.size() == 97);
    CHECK(contains(other.run({"INFO", "stats"}), "tracking_total_keys:3\r\n"));
  });
}

TEST_CASE("what a client has cached is never older than what it was told") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    constexpr int kKeys = 8;
    constexpr int kWrites = 400;
    std::thread writer([&server] {
      Connection connection(server.port());
      for (int i = 1; i <= kWrites; ++i) {
        connection.run({"SET", "k" + std::to_string(i % kKeys), std::to_string(1000 + i)});
      }
    });
    // Reads each key until it has seen its last value, and reads again only when it is told to.
    Talk client(server.port(), 3);
    client.expect("CLIENT TRACKING ON", kOk);
    for (int k = 0; k < kKeys; ++k) {
      const std::string key = "k" + std::to_string(k);
      int last = kWrites;
      while (last % kKeys != k) --last;
      const std::string final_reply = "$4\r\n" + std::to_string(1000 + last) + "\r\n";
      for (;;) {
        client.send("GET " + key);
        std::string reply = client.read_to("\r\n");
        while (reply.starts_with(">")) {
          // Another key that was read before: it is known to be stale.
          client.read_to("*1\r\n");
          client.read_to("\r\n");
          client.read_to("\r\n");
          reply = client.read_to("\r\n");
        }
        if (reply != "_\r\n") reply += client.read_to("\r\n");
        if (reply == final_reply) break;
        // A later value must come with word that this one is old.
        client.read_to(invalid({key}).substr(20));
      }
    }
    writer.join();
  }
}
