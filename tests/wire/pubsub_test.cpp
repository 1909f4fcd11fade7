// SUBSCRIBE, PUBLISH and PUBSUB, byte for byte and over all cores.

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/everywhere.hpp"
#include "tests/wire/read_state_client.hpp"
#include "tests/wire/test_server.hpp"
#include "tests/wire/waiting.hpp"
#include "tests/wire/wire_talk.hpp"

using tidemark::test::Connection;
using tidemark::test::contains;
using tidemark::test::everywhere_in_both;
using tidemark::test::on_one_core_and_four;
using tidemark::test::Talk;
using tidemark::test::TestServer;
using tidemark::test::wait_for_info;

namespace {

constexpr const char* kOk = "+OK\r\n";

// A message as a client of this version gets it.
std::string push(int resp, const std::vector<std::string>& parts, int count = -1) {
  const size_t size = parts.size() + (count >= 0 ? 1 : 0);
  std::string text = (resp == 2 ? "*" : ">") + std::to_string(size) + "\r\n";
  for (const std::string& part : parts) {
    text += "$" + std::to_string(part.size()) + "\r\n" + part + "\r\n";
  }
  if (count >= 0) text += ":" + std::to_string(count) + "\r\n";
  return text;
}

std::string nothing_left(int resp, const std::string& word) {
  const std::string name = "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return resp == 2 ? "*3\r\n" + name + "$-1\r\n:0\r\n" : ">3\r\n" + name + "_\r\n:0\r\n";
}

// Subscribers on every core, as far as connections are spread.
std::vector<std::unique_ptr<Talk>> clients_of(const TestServer& server, int count, int resp) {
  std::vector<std::unique_ptr<Talk>> clients;
  for (int i = 0; i < count; ++i) clients.push_back(std::make_unique<Talk>(server.port(), resp));
  return clients;
}

}  // namespace

TEST_CASE("subscriptions are confirmed and counted one by one") {
  everywhere_in_both([](TestServer& server, int resp) {
    Talk client(server.port(), resp);
    client.expect("SUBSCRIBE a b a", push(resp, {"subscribe", "a"}, 1) +
                                         push(resp, {"subscribe", "b"}, 2) +
                                         push(resp, {"subscribe", "a"}, 2));
    client.expect("PSUBSCRIBE x* y*",
                  push(resp, {"psubscribe", "x*"}, 3) + push(resp, {"psubscribe", "y*"}, 4));
    client.expect("SSUBSCRIBE a s",
                  push(resp, {"ssubscribe", "a"}, 1) + push(resp, {"ssubscribe", "s"}, 2));
    client.expect("UNSUBSCRIBE zz", push(resp, {"unsubscribe", "zz"}, 4));
    client.expect("UNSUBSCRIBE",
                  push(resp, {"unsubscribe", "a"}, 3) + push(resp, {"unsubscribe", "b"}, 2));
    client.expect("PUNSUBSCRIBE x*", push(resp, {"punsubscribe", "x*"}, 1));
    client.expect("PUNSUBSCRIBE", push(resp, {"punsubscribe", "y*"}, 0));
    client.expect("SUNSUBSCRIBE a", push(resp, {"sunsubscribe", "a"}, 1));
    client.expect("SUNSUBSCRIBE", push(resp, {"sunsubscribe", "s"}, 0));
    client.expect("UNSUBSCRIBE", nothing_left(resp, "unsubscribe"));
    client.expect("PUNSUBSCRIBE", nothing_left(resp, "punsubscribe"));
    client.expect("SUNSUBSCRIBE", nothing_left(resp, "sunsubscribe"));
    client.expect("UNSUBSCRIBE q q",
                  push(resp, {"unsubscribe", "q"}, 0) + push(resp, {"unsubscribe", "q"}, 0));
    client.expect("PING", "+PONG\r\n");
  });
}

TEST_CASE("PUBLISH reaches every subscriber on every core, and counts them") {
  everywhere_in_both([](TestServer& server, int resp) {
    Connection boss(server.port());
    const auto clients = clients_of(server, 12, resp);
    int n = 0;
    for (const auto& client : clients) {
      client->expect("SUBSCRIBE news", push(resp, {"subscribe", "news"}, 1));
      if (++n % 2 == 0) client->expect("PSUBSCRIBE n*", push(resp, {"psubscribe", "n*"}, 2));
      if (n % 3 == 0) client->expect("SSUBSCRIBE news", push(resp, {"ssubscribe", "news"}, 1));
    }
    CHECK(boss.run({"PUBLISH", "news", "hello"}) == "18");
    CHECK(boss.run({"PUBLISH", "nobody", "x"}) == "6");
    CHECK(boss.run({"PUBLISH", "other", "x"}) == "0");
    CHECK(boss.run({"SPUBLISH", "news", "shard"}) == "4");
    CHECK(boss.run({"SPUBLISH", "nobody", "x"}) == "0");
    n = 0;
    for (const auto& client : clients) {
      std::string expected = push(resp, {"message", "news", "hello"});
      if (++n % 2 == 0) {
        expected += push(resp, {"pmessage", "n*", "news", "hello"});
        expected += push(resp, {"pmessage", "n*", "nobody", "x"});
      }
      if (n % 3 == 0) expected += push(resp, {"smessage", "news", "shard"});
      CHECK(client->receive(expected.size()) == expected);
    }
  });
}

TEST_CASE("in RESP2 a subscriber may do little else") {
  on_one_core_and_four([](Connection&, TestServer& server) {
    const auto error = [](const std::string& command) {
      return "-ERR Can't execute '" + command +
             "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
             "context\r\n";
    };
    Talk client(server.port(), 2);
    client.expect("SSUBSCRIBE s", push(2, {"ssubscribe", "s"}, 1));
    client.expect("GET a", error("get"));
    client.expect("CLIENT LIST", error("client|list"));
    client.expect("MULTI", error("multi"));
    client.expect("EXEC",
                  "-EXECABORT Transaction discarded because of: " + error("exec").substr(5));
    client.expect("FOO", "-ERR unknown command 'FOO', with args beginning with: \r\n");
    client.expect("GET", "-ERR wrong number of arguments for 'get' command\r\n");
    client.expect("PING", "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    client.expect("PING hi", "*2\r\n$4\r\npong\r\n$2\r\nhi\r\n");
    client.expect("SUNSUBSCRIBE", push(2, {"sunsubscribe", "s"}, 0));
    client.expect("PING", "+PONG\r\n");
    client.expect("SUBSCRIBE a", push(2, {"subscribe", "a"}, 1));
    client.expect("RESET", "+RESET\r\n");
    client.expect("PUBLISH a x", ":0\r\n");
    client.expect("SUBSCRIBE a", push(2, {"subscribe", "a"}, 1));
    client.expect("QUIT", kOk);

    Talk other(server.port(), 3);
    other.expect("SUBSCRIBE a", push(3, {"subscribe", "a"}, 1));
    other.expect("PING", "+PONG\r\n");
    other.expect("GET a", "_\r\n");
    other.expect("PUBLISH a x", push(3, {"message", "a", "x"}) + ":1\r\n");
    other.send("HELLO 2");
    other.read_to("modules\r\n*0\r\n");
    other.expect("GET a", error("get"));
  });
}

TEST_CASE("CLIENT REPLY silences replies and no messages") {
  on_one_core_and_four([](Connection&, TestServer& server) {
    Talk client(server.port(), 3);
    client.expect("CLIENT REPLY SKIP", "");
    client.expect("SUBSCRIBE a", push(3, {"subscribe", "a"}, 1));
    client.expect("PUBLISH a x", push(3, {"message", "a", "x"}) + ":1\r\n");
    client.expect("CLIENT REPLY OFF", "");
    client.expect("PUBLISH a y", push(3, {"message", "a", "y"}));
    client.expect("CLIENT REPLY ON", kOk);
  });
}

TEST_CASE("subscriptions and messages have their place in a transaction") {
  everywhere_in_both([](TestServer& server, int resp) {
    Talk client(server.port(), resp);
    client.queue({"SSUBSCRIBE a"});
    client.expect("EXEC", "*1\r\n-ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client\r\n");
    client.queue({"SUBSCRIBE a", "PUBLISH a x", "UNSUBSCRIBE", "PUBLISH a y"});
    client.expect("EXEC", "*4\r\n" + push(resp, {"subscribe", "a"}, 1) +
                              push(resp, {"message", "a", "x"}) + ":1\r\n" +
                              push(resp, {"unsubscribe", "a"}, 0) + ":0\r\n");
    const auto others = clients_of(server, 8, resp);
    for (const auto& other : others) {
      other->expect("SUBSCRIBE news", push(resp, {"subscribe", "news"}, 1));
    }
    for (int i = 0; i < 8; ++i) {
      const std::string n = std::to_string(i);
      client.expect("MULTI", kOk);
      client.expect("SET k" + n + " 1", "+QUEUED\r\n");
      client.expect("PUBLISH news " + n, "+QUEUED\r\n");
      client.expect("PUBLISH none x", "+QUEUED\r\n");
      client.expect("GET k" + n, "+QUEUED\r\n");
      client.expect("EXEC", "*4\r\n+OK\r\n:8\r\n:0\r\n$1\r\n1\r\n");
      for (const auto& other : others) {
        const std::string message = push(resp, {"message", "news", n});
        CHECK(other->receive(message.size()) == message);
      }
    }
  });
}

TEST_CASE("a script may publish, and counts all who receive it") {
  everywhere_in_both([](TestServer& server, int resp) {
    const auto clients = clients_of(server, 8, resp);
    for (const auto& client : clients) {
      client->expect("SUBSCRIBE news", push(resp, {"subscribe", "news"}, 1));
    }
    Connection boss(server.port());
    CHECK(boss.run({"EVAL", "return redis.call('publish', 'news', 'hi')", "0"}) == "8");
    const std::string message = push(resp, {"message", "news", "hi"});
    for (const auto& client : clients) CHECK(client->receive(message.size()) == message);
  });
}

TEST_CASE("PUBSUB and INFO count each name once, wherever its subscribers are") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    {
      const auto clients = clients_of(server, 10, 2);
      int n = 0;
      for (const auto& client : clients) {
        const std::string own = "own" + std::to_string(n++);
        client->expect("SUBSCRIBE all", push(2, {"subscribe", "all"}, 1));
        client->expect("SUBSCRIBE " + own, push(2, {"subscribe", own}, 2));
        client->expect("PSUBSCRIBE p* q*",
                       push(2, {"psubscribe", "p*"}, 3) + push(2, {"psubscribe", "q*"}, 4));
        client->expect("SSUBSCRIBE all", push(2, {"ssubscribe", "all"}, 1));
      }
      const std::string channels = boss.run({"PUBSUB", "CHANNELS"});
      CHECK(std::count(channels.begin(), channels.end(), '"') == 22);
      CHECK(contains(channels, "\"own7\""));
      CHECK(boss.run({"PUBSUB", "CHANNELS", "a*"}) == "[\"all\"]");
      CHECK(boss.run({"PUBSUB", "SHARDCHANNELS"}) == "[\"all\"]");
      CHECK(boss.run({"PUBSUB", "SHARDCHANNELS", "o*"}) == "[]");
      CHECK(boss.run({"PUBSUB", "NUMSUB", "all", "own3", "none"}) ==
            "[\"all\", 10, \"own3\", 1, \"none\", 0]");
      CHECK(boss.run({"PUBSUB", "NUMSUB"}) == "[]");
      CHECK(boss.run({"PUBSUB", "SHARDNUMSUB", "all", "own3"}) == "[\"all\", 10, \"own3\", 0]");
      CHECK(boss.run({"PUBSUB", "NUMPAT"}) == "2");
      const std::string info = boss.run({"INFO", "stats"});
      CHECK(contains(info, "pubsub_channels:11\r\n"));
      CHECK(contains(info, "pubsub_patterns:2\r\n"));
      CHECK(contains(info, "pubsubshard_channels:1\r\n"));
      CHECK(
          boss.run({"PUBSUB", "CHANNELS", "a", "b"}) ==
          "!ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.");
    }
    // All of them are gone.
    wait_for_info(boss, "connected_clients:1");
    CHECK(boss.run({"PUBSUB", "CHANNELS"}) == "[]");
    CHECK(boss.run({"PUBSUB", "NUMPAT"}) == "0");
    CHECK(contains(boss.run({"INFO", "stats"}), "pubsubshard_channels:0\r\n"));
    CHECK(boss.run({"PUBLISH", "all", "x"}) == "0");
  });
}

TEST_CASE("who leaves with very many subscriptions gets no message more, and they all go") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    constexpr int kChannels = 5000;
    for (const char* const last : {"RESET", "QUIT"}) {
      CAPTURE(last);
      Talk client(server.port(), 3);
      std::string names;
      std::string confirmed;
      for (int i = 0; i < kChannels; ++i) {
        const std::string name = "c" + std::to_string(i);
        names += " " + name;
        confirmed += push(3, {"subscribe", name}, i + 1);
      }
      client.expect("SUBSCRIBE" + names, confirmed);
      CHECK(boss.run({"PUBLISH", "c4999", "x"}) == "1");
      client.expect(last, push(3, {"message", "c4999", "x"}) +
                              (last == std::string("RESET") ? "+RESET\r\n" : kOk));
      CHECK(boss.run({"PUBLISH", "c4998", "x"}) == "0");
      CHECK(boss.run({"PUBSUB", "NUMSUB", "c4997"}) == "[\"c4997\", 0]");
      while (!contains(boss.run({"INFO", "stats"}), "pubsub_channels:0\r\n")) {
        std::this_thread::yield();
      }
      CHECK(boss.run({"PUBSUB", "CHANNELS"}) == "[]");
    }
  });
}

TEST_CASE("CLIENT LIST and CLIENT KILL know subscribers") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Talk client(server.port(), 3);
    client.expect("SUBSCRIBE a", push(3, {"subscribe", "a"}, 1));
    client.expect("PSUBSCRIBE b c",
                  push(3, {"psubscribe", "b"}, 2) + push(3, {"psubscribe", "c"}, 3));
    client.expect("SSUBSCRIBE d", push(3, {"ssubscribe", "d"}, 1));
    const std::string subscribers = boss.run({"CLIENT", "LIST", "TYPE", "pubsub"});
    CHECK(contains(subscribers, " flags=P "));
    CHECK(contains(subscribers, " sub=1 psub=2 ssub=1 "));
    CHECK(contains(boss.run({"CLIENT", "LIST", "TYPE", "normal"}), " sub=0 psub=0 ssub=0 "));
    CHECK_FALSE(contains(boss.run({"CLIENT", "LIST", "TYPE", "normal"}), "flags=P"));
    CHECK(boss.run({"CLIENT", "KILL", "TYPE", "pubsub"}) == "1");
    CHECK(client.connection().read_to_end().empty());
    CHECK(boss.run({"PUBLISH", "a", "x"}) == "0");
    CHECK(boss.run({"CLIENT", "KILL", "TYPE", "pubsub"}) == "0");
  });
}

TEST_CASE("who does not read is closed at the limit for subscribers, and nobody else") {
  on_one_core_and_four(
      [](Connection& boss, TestServer& server) {
        Talk slow(server.port(), 2);
        slow.expect("SUBSCRIBE a", push(2, {"subscribe", "a"}, 1));
        Talk quick(server.port(), 2);
        quick.expect("SUBSCRIBE a", push(2, {"subscribe", "a"}, 1));
        const std::string text(100000, 'x');
        const std::string message = push(2, {"message", "a", text});
        while (boss.run({"PUBLISH", "a", text}) == "2") {
          REQUIRE(quick.receive(message.size()) == message);
        }
        CHECK(quick.receive(message.size()) == message);
        CHECK(boss.run({"PUBSUB", "NUMSUB", "a"}) == "[\"a\", 1]");
        CHECK(contains(boss.run({"INFO", "stats"}), "client_output_buffer_limit_disconnections:1"));
      },
      "store none\nclient-output-buffer-limit pubsub 1mb 0 0\n");
}

TEST_CASE("the messages of one publisher arrive in their order everywhere") {
  on_one_core_and_four([](Connection&, TestServer& server) {
    constexpr int kMessages = 300;
    constexpr int kPublishers = 3;
    const auto clients = clients_of(server, 8, 2);
    for (const auto& client : clients) {
      client->expect("PSUBSCRIBE c*", push(2, {"psubscribe", "c*"}, 1));
    }
    std::vector<std::thread> publishers;
    for (int p = 0; p < kPublishers; ++p) {
      publishers.emplace_back([&server, p] {
        Connection connection(server.port());
        for (int i = 0; i < kMessages; ++i) {
          connection.send({"PUBLISH", "c" + std::to_string(i % 7),
                           std::to_string(p) + ":" + std::to_string(1000 + i)});
        }
        for (int i = 0; i < kMessages; ++i) connection.receive();
      });
    }
    for (std::thread& publisher : publishers) publisher.join();
    const size_t size = push(2, {"pmessage", "c*", "c0", "0:1000"}).size();
    for (const auto& client : clients) {
      std::vector<int> next(kPublishers, 1000);
      for (int i = 0; i < kMessages * kPublishers; ++i) {
        const std::string message = client->receive(size);
        REQUIRE(message.size() == size);
        const std::string body = message.substr(size - 8, 6);
        const auto publisher = static_cast<size_t>(body[0] - '0');
        CHECK(std::stoi(body.substr(2)) == next[publisher]++);
      }
    }
  });
}

TEST_CASE("who has seen a message finds what its sender did before, on any core") {
  on_one_core_and_four([](Connection&, TestServer& server) {
    Talk listener(server.port(), 3);
    listener.expect("SUBSCRIBE done", push(3, {"subscribe", "done"}, 1));
    std::thread writer([&server] {
      Connection connection(server.port());
      for (int i = 0; i < 200; ++i) {
        connection.send({"SET", "k" + std::to_string(i), "1"});
        connection.send({"PUBLISH", "done", std::to_string(1000 + i)});
      }
      for (int i = 0; i < 400; ++i) connection.receive();
    });
    Connection reader(server.port());
    for (int i = 0; i < 200; ++i) {
      const std::string message = push(3, {"message", "done", std::to_string(1000 + i)});
      CHECK(listener.receive(message.size()) == message);
      CHECK(reader.run({"EXISTS", "k" + std::to_string(i)}) == "1");
    }
    writer.join();
  });
}

TEST_CASE("clients that come and go in the midst of it are no trouble") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    std::atomic<bool> stop = false;
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&server, &stop, t] {
        while (!stop) {
          Connection connection(server.port());
          connection.write("SUBSCRIBE a b c\r\nPSUBSCRIBE *\r\n");
          connection.read(100);
          if (t == 0) connection.write("UNSUBSCRIBE\r\nPUNSUBSCRIBE\r\n");
          if (t == 1) connection.write("QUIT\r\n");
        }
      });
    }
    Connection publisher(server.port());
    for (int i = 0; i < 300; ++i) {
      publisher.run({"PUBLISH", i % 2 == 0 ? "a" : "z", "x"});
      if (i % 50 == 0) boss.run({"CLIENT", "KILL", "TYPE", "pubsub"});
    }
    stop = true;
    for (std::thread& thread : threads) thread.join();
    wait_for_info(boss, "connected_clients:2");
    CHECK(boss.run({"PUBSUB", "CHANNELS"}) == "[]");
    CHECK(boss.run({"PUBSUB", "NUMPAT"}) == "0");
  });
}

TEST_CASE("subscriptions are the client's memory") {
  on_one_core_and_four([](Connection& boss, TestServer& server) {
    Talk client(server.port(), 3);
    client.send("CLIENT ID");
    const std::string id = client.read_to("\r\n");
    const auto memory = [&] {
      const std::string line = boss.run({"CLIENT", "LIST", "ID", id.substr(1, id.size() - 3)});
      return std::stoll(line.substr(line.find(" tot-mem=") + 9));
    };
    const int64_t before = memory();
    const std::string name(10000, 'n');
    client.expect("SUBSCRIBE " + name, push(3, {"subscribe", name}, 1));
    CHECK(memory() > before + 10000);
    client.expect("UNSUBSCRIBE", push(3, {"unsubscribe", name}, 0));
    CHECK(memory() < before + 10000);
  });
}
