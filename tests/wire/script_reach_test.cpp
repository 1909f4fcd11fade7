// `lua-undeclared-keys no`: a script has the keys that it declares, and stops no other cores.

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

namespace {

constexpr const char* kConfig = "store none\nlua-undeclared-keys no\n";

std::string undeclared(const std::string& key) {
  return "!ERR The script did not declare the key '" + key +
         "', which it has to with 'lua-undeclared-keys no'";
}

}  // namespace

TEST_CASE("a script reaches the keys that it declares, on one core or on several") {
  TestServer server({.cores = 4, .config = kConfig});
  Connection client(server.port());
  for (int i = 0; i < 32; ++i) {
    const std::string one = "one:" + std::to_string(i);
    const std::string other = "other:" + std::to_string(i);
    CHECK(client.run({"EVAL", "return redis.call('set', KEYS[1], 'v')", "1", one}) == "OK");
    CHECK(client.run({"EVAL",
                      "redis.call('rename', KEYS[1], KEYS[2]) "
                      "return redis.call('mget', KEYS[1], KEYS[2])",
                      "2", one, other}) == "[(nil), \"v\"]");
    CHECK(client.run({"GET", other}) == "\"v\"");
  }
  CHECK(client.run({"EVAL", "return redis.call('ping')", "0"}) == "PONG");
}

TEST_CASE("a key that was not declared is refused in clear words") {
  TestServer server({.cores = 4, .config = kConfig});
  Connection client(server.port());
  for (int i = 0; i < 32; ++i) {
    const std::string key = "key:" + std::to_string(i);
    CHECK(client.run({"EVAL", "return redis.pcall('set', ARGV[1], 'v')", "1", "k", key}) ==
          undeclared(key));
    CHECK(client.run({"EVAL", "return redis.pcall('mget', KEYS[1], ARGV[1])", "1", "k", key}) ==
          undeclared(key));
  }
  for (const char* const command : {"'dbsize'", "'keys', '*'", "'flushall'", "'randomkey'"}) {
    CAPTURE(command);
    CHECK(client.run({"EVAL", "return redis.pcall(" + std::string(command) + ")", "1", "k"}) ==
          "!ERR This command is about all keys, which a script may not call with "
          "'lua-undeclared-keys no'");
  }
  CHECK(client.run({"DBSIZE"}) == "0");
}

TEST_CASE("the setting holds from the moment on that it is changed") {
  TestServer server({.cores = 4});
  Connection client(server.port());
  const std::vector<std::string> script{"EVAL", "return redis.pcall('set', 'undeclared', 'v')", "1",
                                        "k"};
  CHECK(client.run(script) == "OK");
  CHECK(client.run({"CONFIG", "SET", "lua-undeclared-keys", "no"}) == "OK");
  CHECK(client.run(script) == undeclared("undeclared"));
  CHECK(client.run({"CONFIG", "SET", "lua-undeclared-keys", "yes"}) == "OK");
  CHECK(client.run(script) == "OK");
}

TEST_CASE("scripts on several cores run side by side, and each counts what it does") {
  for (const char* const config : {kConfig, "store none\n"}) {
    CAPTURE(config);
    TestServer server({.cores = 4, .config = config});
    constexpr int kThreads = 4;
    constexpr int kTimes = 300;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&server, i] {
        Connection connection(server.port());
        for (int n = 0; n < kTimes; ++n) {
          const std::string own = "own:" + std::to_string(i);
          connection.run({"EVAL",
                          "redis.call('incr', KEYS[1]) redis.call('incr', KEYS[2]) "
                          "return redis.call('incr', KEYS[2])",
                          "2", own, "shared:" + std::to_string(n % 8)});
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    Connection client(server.port());
    int64_t sum = 0;
    for (int i = 0; i < 8; ++i) {
      const std::string text = client.run({"GET", "shared:" + std::to_string(i)});
      sum += std::stoll(text.substr(1));
    }
    CHECK(sum == 2 * kThreads * kTimes);
  }
}
