// MULTI, EXEC and WATCH, byte for byte.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/everywhere.hpp"
#include "tests/wire/test_server.hpp"
#include "tests/wire/waiting.hpp"
#include "tests/wire/wire_talk.hpp"

using tidemark::test::Connection;
using tidemark::test::everywhere_in_both;
using tidemark::test::Talk;
using tidemark::test::TestServer;
using tidemark::test::wait_for_blocked;

namespace {

constexpr const char* kOk = "+OK\r\n";
constexpr const char* kQueued = "+QUEUED\r\n";
constexpr const char* kAborted = "-EXECABORT Transaction discarded because of previous errors.\r\n";
constexpr const char* kNoMulti = "-ERR EXEC without MULTI\r\n";

}  // namespace

TEST_CASE("what is queued runs with EXEC and answers as an array") {
  everywhere_in_both([](TestServer& server, int resp) {
    Talk client(server.port(), resp);
    client.queue({"SET a 1", "SET b 2", "INCR a", "MGET a b c", "CONFIG GET hz", "PING"});
    client.expect("EXEC",
                  "*6\r\n+OK\r\n+OK\r\n:2\r\n*3\r\n$1\r\n2\r\n$1\r\n2\r\n$-1\r\n*2\r\n$2\r\nhz\r\n$"
                  "2\r\n10\r\n+PONG\r\n",
                  "*6\r\n+OK\r\n+OK\r\n:2\r\n*3\r\n$1\r\n2\r\n$1\r\n2\r\n_\r\n%1\r\n$2\r\nhz\r\n$"
                  "2\r\n10\r\n+PONG\r\n");
    client.expect("EXEC", kNoMulti);
    client.queue({});
    client.expect("EXEC", "*0\r\n");
    client.expect("MGET a b", "*2\r\n$1\r\n2\r\n$1\r\n2\r\n");
  });
}

TEST_CASE("a command that fails fails alone") {
  everywhere_in_both([](TestServer& server, int resp) {
    Talk client(server.port(), resp);
    client.queue({"SET a x", "LPUSH a 1", "GET a"});
    client.expect("EXEC",
                  "*3\r\n+OK\r\n-WRONGTYPE Operation against a key holding the wrong kind of "
                  "value\r\n$1\r\nx\r\n");
  });
}

TEST_CASE("DISCARD gives up what is queued and what is watched") {
  everywhere_in_both([](TestServer& server, int resp) {
    Talk client(server.port(), resp);
    client.expect("DISCARD", "-ERR DISCARD without MULTI\r\n");
    client.expect("WATCH a b", kOk);
    client.queue({"SET a 1"});
    client.expect("DISCARD", kOk);
    client.expect("EXISTS a", ":0\r\n");
    client.expect("SET a 2", kOk);
    client.queue({"GET a"});
    client.expect("EXEC", "*1\r\n$1\r\n2\r\n");
  });
}

TEST_CASE("what is refused when it should be queued makes EXEC fail, but for MULTI and WATCH") {
  everywhere_in_both([](TestServer& server, int resp) {
    Talk client(server.port(), resp);
    const std::vector<std::pair<std::string, std::string>> refused = {
        {"FOO x", "-ERR unknown command 'FOO', with args beginning with: 'x' \r\n"},
        {"GET", "-ERR wrong number of arguments for 'get' command\r\n"},
        {"CONFIG NONE", "-ERR unknown subcommand 'NONE'. Try CONFIG HELP.\r\n"},
        {"SAVE", "-ERR Command not allowed inside a transaction\r\n"},
        {"SHUTDOWN NOSAVE", "-ERR Command not allowed inside a transaction\r\n"}};
    for (const auto& [line, error] : refused) {
      client.queue({"SET a 1"});
      client.expect(line, error);
      client.expect("SET b 1", kQueued);
      client.expect("EXEC", kAborted);
      client.expect("EXEC", kNoMulti);
    }
    client.expect("EXISTS a b", ":0\r\n");
    client.queue({"SET a 1"});
    client.expect("MULTI", "-ERR MULTI calls can not be nested\r\n");
    client.expect("WATCH a", "-ERR WATCH inside MULTI is not allowed\r\n");
    client.expect("EXEC", "*1\r\n+OK\r\n");
    client.queue({"SET a 2"});
    client.expect("EXEC now",
                  "-EXECABORT Transaction discarded because of: wrong number of arguments for "
                  "'exec' command\r\n");
    client.expect("EXEC", kNoMulti);
  });
}

TEST_CASE("a key that was changed since it was watched makes EXEC answer null") {
  everywhere_in_both([](TestServer& server, int resp) {
    const std::string null = resp == 2 ? "*-1\r\n" : "_\r\n";
    Connection other(server.port());
    Talk client(server.port(), resp);
    for (int i = 0; i < 12; ++i) {
      const std::string key = "k" + std::to_string(i);
      const std::string absent = "none" + std::to_string(i);
      other.run({"SET", key, "1"});
      client.expect("WATCH " + key + " " + absent, kOk);
      client.queue({"GET x"});
      client.expect("EXEC", "*1\r\n$-1\r\n", "*1\r\n_\r\n");

      const std::vector<std::vector<std::string>> changes = {
          {"APPEND", key, "x"},   {"SET", absent, "1"}, {"DEL", absent},
          {"EXPIRE", key, "100"}, {"PERSIST", key},     {"FLUSHDB"}};
      for (const auto& change : changes) {
        CAPTURE(change.front());
        client.expect("WATCH " + key + " " + absent, kOk);
        other.run(change);
        client.queue({"SET written 1"});
        client.expect("EXEC", null);
      }
      // What does not change it does not count, and neither does what comes after UNWATCH.
      client.expect("WATCH " + key + " " + absent, kOk);
      other.run({"DEL", key});
      other.run({"GET", absent});
      client.queue({"PING"});
      client.expect("EXEC", "*1\r\n+PONG\r\n");
      client.expect("WATCH " + key, kOk);
      other.run({"SET", key, "1"});
      client.expect("UNWATCH", kOk);
      client.queue({"UNWATCH"});
      client.expect("EXEC", "*1\r\n+OK\r\n");
    }
    CHECK(other.run({"EXISTS", "written"}) == "0");
  });
}

TEST_CASE("a client's own changes count, before MULTI and not in EXEC") {
  everywhere_in_both([](TestServer& server, int resp) {
    Talk client(server.port(), resp);
    client.expect("WATCH a", kOk);
    client.expect("SET a 1", kOk);
    client.queue({"UNWATCH"});
    client.expect("EXEC", "*-1\r\n", "_\r\n");
    client.expect("WATCH a", kOk);
    client.queue({"SET a 2", "SET a 3"});
    client.expect("EXEC", "*2\r\n+OK\r\n+OK\r\n");
    client.expect("WATCH a a a", kOk);
    client.expect("WATCH a", kOk);
    client.queue({"GET a"});
    client.expect("EXEC", "*1\r\n$1\r\n3\r\n");
  });
}

TEST_CASE("a watched key is one of its database") {
  everywhere_in_both([](TestServer& server, int resp) {
    Connection other(server.port());
    Talk client(server.port(), resp);
    client.expect("SELECT 3", kOk);
    client.expect("WATCH a b", kOk);
    other.run({"SET", "a", "1"});
    other.run({"SET", "b", "1"});
    client.queue({"PING"});
    client.expect("EXEC", "*1\r\n+PONG\r\n");
    client.expect("WATCH a b", kOk);
    other.run({"SWAPDB", "0", "3"});
    client.queue({"PING"});
    client.expect("EXEC", "*-1\r\n", "_\r\n");
    client.expect("WATCH none", kOk);
    other.run({"SWAPDB", "0", "3"});
    client.queue({"PING"});
    client.expect("EXEC", "*1\r\n+PONG\r\n");
  });
}

TEST_CASE("a watched key whose time is up was changed") {
  everywhere_in_both(
      [](TestServer& server, int resp) {
        Connection other(server.port());
        other.run({"DEBUG", "SET-ACTIVE-EXPIRE", "0"});
        Talk client(server.port(), resp);
        for (int i = 0; i < 6; ++i) {
          const std::string key = "k" + std::to_string(i);
          other.run({"SET", key, "1", "PX", "20"});
          client.expect("WATCH " + key, kOk);
          // Nobody touches the key itself.
          const std::string clock = "clock" + std::to_string(i);
          other.run({"SET", clock, "1", "PX", "25"});
          while (other.run({"EXISTS", clock}) == "1") {
          }
          client.queue({"PING"});
          client.expect("EXEC", "*-1\r\n", "_\r\n");
        }
      },
      "store none\nenable-debug-command yes\n");
}

TEST_CASE("what is about the connection takes effect within the transaction") {
  everywhere_in_both([](TestServer& server, int resp) {
    Talk client(server.port(), resp);
    client.queue({"SELECT 3", "SET a three", "SET b three", "SELECT 99", "CLIENT SETNAME me"});
    client.expect("EXEC", "*5\r\n+OK\r\n+OK\r\n+OK\r\n-ERR DB index is out of range\r\n+OK\r\n");
    client.expect("GET a", "$5\r\nthree\r\n");
    client.expect("CLIENT GETNAME", "$2\r\nme\r\n");
    client.queue({"SELECT 0", "EXISTS a", "DBSIZE", "SWAPDB 0 3", "EXISTS a", "DBSIZE"});
    client.expect("EXEC", "*6\r\n+OK\r\n:0\r\n:0\r\n+OK\r\n:1\r\n:2\r\n");
    client.queue({"FLUSHALL", "SET a 1", "DBSIZE", "KEYS *", "RANDOMKEY"});
    client.expect("EXEC", "*5\r\n+OK\r\n+OK\r\n:1\r\n*1\r\n$1\r\na\r\n$1\r\na\r\n");
  });
}

TEST_CASE("HELLO within a transaction changes the replies behind it") {
  for (const int cores : {1, 4}) {
    TestServer server({.cores = cores});
    Talk client(server.port(), 2);
    client.queue({"CONFIG GET hz", "HELLO 3", "CONFIG GET hz"});
    client.send("EXEC");
    const std::string begin = "*3\r\n*2\r\n$2\r\nhz\r\n$2\r\n10\r\n%7\r\n";
    CHECK(client.receive(begin.size()) == begin);
    CHECK(client.read_to("modules\r\n*0\r\n").ends_with("*0\r\n"));
    CHECK(client.receive(20) == "%1\r\n$2\r\nhz\r\n$2\r\n10\r\n");
  }
}

TEST_CASE("CLIENT REPLY within a transaction silences the rest of it") {
  everywhere_in_both([](TestServer& server, int resp) {
    Talk client(server.port(), resp);
    client.queue({"SET a 1", "CLIENT REPLY OFF", "SET b 1"});
    client.expect("EXEC", "*3\r\n+OK\r\n");
    client.expect("CLIENT REPLY ON", kOk);
    client.expect("GET b", "$1\r\n1\r\n");

    client.expect("CLIENT REPLY OFF", "");
    client.expect("MULTI", "");
    client.expect("SET a 2", "");
    client.expect("CLIENT REPLY ON", "");
    client.expect("GET a", "");
    client.expect("GET b", "");
    client.expect("EXEC", "+OK\r\n$1\r\n2\r\n$1\r\n1\r\n");
    client.expect("PING", "+PONG\r\n");

    client.queue({"CLIENT REPLY SKIP", "PING", "PING"});
    client.expect("EXEC", "*3\r\n+PONG\r\n+PONG\r\n");
    client.expect("PING", "");
    client.expect("ECHO on", "$2\r\non\r\n");
  });
}

TEST_CASE("what would wait answers as if its time were up") {
  everywhere_in_both([](TestServer& server, int resp) {
    Talk client(server.port(), resp);
    client.queue({"BLPOP none 0", "BLMOVE none x LEFT LEFT 0", "BRPOPLPUSH none x 0",
                  "BLMPOP 0 1 none LEFT", "WAIT 1 0", "RPUSH l a", "BLPOP l 0"});
    client.expect("EXEC",
                  "*7\r\n*-1\r\n$-1\r\n$-1\r\n*-1\r\n:0\r\n:1\r\n*2\r\n$1\r\nl\r\n$1\r\na\r\n",
                  "*7\r\n_\r\n_\r\n_\r\n_\r\n:0\r\n:1\r\n*2\r\n$1\r\nl\r\n$1\r\na\r\n");
    client.queue({"MONITOR"});
    client.expect("EXEC", "*1\r\n-ERR MONITOR isn't allowed for DENY BLOCKING client\r\n");
  });
}

TEST_CASE("who waits for a key is served when the transaction is over") {
  everywhere_in_both([](TestServer& server, int resp) {
    Connection boss(server.port());
    for (int i = 0; i < 8; ++i) {
      const std::string l = "l" + std::to_string(i);
      const std::string m = "m" + std::to_string(i);
      Connection waiting(server.port());
      Connection moving(server.port());
      Talk client(server.port(), resp);
      waiting.begin({"BLPOP", l, "0"});
      wait_for_blocked(boss, 1);
      client.expect("MULTI", kOk);
      client.expect("RPUSH " + l + " a b", kQueued);
      client.expect("DEL " + l, kQueued);
      client.expect("EXEC", "*2\r\n:2\r\n:1\r\n");
      client.expect("MULTI", kOk);
      client.expect("RPUSH " + l + " a b", kQueued);
      client.expect("LPUSH " + l + " c", kQueued);
      client.expect("EXEC", "*2\r\n:2\r\n:3\r\n");
      CHECK(waiting.receive() == "[\"" + l + "\", \"c\"]");
      boss.run({"DEL", l});

      // To another core, perhaps: both take effect in one step.
      moving.begin({"BLMOVE", l, m, "LEFT", "LEFT", "0"});
      wait_for_blocked(boss, 1);
      client.expect("MULTI", kOk);
      client.expect("RPUSH " + l + " d", kQueued);
      client.expect("SET x" + std::to_string(i) + " 1", kQueued);
      client.expect("EXEC", "*2\r\n:1\r\n+OK\r\n");
      CHECK(boss.run({"LRANGE", m, "0", "-1"}) == "[\"d\"]");
      CHECK(moving.receive() == "\"d\"");
      wait_for_blocked(boss, 0);
    }
  });
}

TEST_CASE("RESET and QUIT end a transaction, and so does the end of the connection") {
  everywhere_in_both([](TestServer& server, int resp) {
    Talk client(server.port(), resp);
    client.expect("WATCH w", kOk);
    client.queue({"SET a 1"});
    client.expect("RESET", "+RESET\r\n");
    client.expect("EXEC", kNoMulti);
    client.expect("SET w 1", kOk);
    client.queue({"PING"});
    client.expect("EXEC", "*1\r\n+PONG\r\n");
    client.expect("WATCH w x y z", kOk);
    client.queue({"SET a 1"});
    client.expect("QUIT", kOk);
    CHECK(client.connection().read_to_end().empty());
    Connection other(server.port());
    CHECK(other.run({"EXISTS", "a"}) == "0");
    // Nobody is left who could be told.
    CHECK(other.run({"SET", "w", "2"}) == "OK");
  });
}

TEST_CASE("a pipeline may hold whole transactions") {
  everywhere_in_both([](TestServer& server, int resp) {
    Talk client(server.port(), resp);
    std::string replies;
    for (int i = 0; i < 200; ++i) {
      const std::string n = std::to_string(i);
      client.send("WATCH w" + n);
      client.send("MULTI");
      client.send("SET a" + n + " " + n);
      client.send("INCR counter");
      client.send("GET a" + n);
      client.send("EXEC");
      replies +=
          "+OK\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n:" + std::to_string(i + 1) +
          "\r\n$" + std::to_string(n.size()) + "\r\n" + n + "\r\n";
    }
    CHECK(client.receive(replies.size()) == replies);
  });
}
