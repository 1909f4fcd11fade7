#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/wire/collections.hpp"
#include "tests/wire/waiting.hpp"

using namespace tidemark::test;

namespace {

// What DUMP answers, without the quotes that run() puts around it.
std::string dump(Connection& client, const std::string& key) {
  const std::string reply = client.run({"DUMP", key});
  REQUIRE(reply.size() >= 12);
  return reply.substr(1, reply.size() - 2);
}

constexpr const char* kBadPayload = "!ERR DUMP payload version or checksum are wrong";
constexpr const char* kBusy = "!BUSYKEY Target key name already exists.";

}  // namespace

TEST_CASE("every type of value goes through DUMP and RESTORE") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"SET", "string", "foo"});
    client.run({"RPUSH", "list", "a", "b", "1000"});
    client.run({"SADD", "set", "a"});
    client.run({"SADD", "integers", "1", "70000"});
    client.run({"HSET", "hash", "f", "v", "n", "7"});
    client.run({"ZADD", "zset", "1.5", "a", "inf", "b"});
    client.run({"XADD", "stream", "1-1", "f", "v"});
    client.run({"XGROUP", "CREATE", "stream", "g", "0"});
    client.run({"XREADGROUP", "GROUP", "g", "c", "STREAMS", "stream", ">"});
    const std::vector<std::vector<std::string>> reads{
        {"GET", "string"},
        {"LRANGE", "list", "0", "-1"},
        {"SMEMBERS", "set"},
        {"SMEMBERS", "integers"},
        {"HGETALL", "hash"},
        {"ZRANGE", "zset", "0", "-1", "WITHSCORES"},
        {"XRANGE", "stream", "-", "+"},
        {"XPENDING", "stream", "g"},
    };
    for (std::vector<std::string> read : reads) {
      CAPTURE(read[1]);
      const std::string before = client.run(read);
      const std::string encoding = client.run({"OBJECT", "ENCODING", read[1]});
      const std::string copy = "copy:" + read[1];
      CHECK(client.run({"RESTORE", copy, "0", dump(client, read[1]), "REPLACE"}) == "OK");
      CHECK(client.run({"OBJECT", "ENCODING", copy}) == encoding);
      CHECK(client.run({"PTTL", copy}) == "-1");
      read[1] = copy;
      CHECK(client.run(read) == before);
    }
    CHECK(client.run({"DUMP", "absent"}) == "(nil)");
  });
}

TEST_CASE("RESTORE does not replace a key unless it is told to, and only by what is whole") {
  on_one_core_and_four(
      [](Connection& client, TestServer&) {
        client.run({"SET", "k", "foo"});
        client.run({"RPUSH", "other", "x"});
        std::string payload = dump(client, "k");
        CHECK(client.run({"RESTORE", "other", "0", payload}) == kBusy);
        CHECK(client.run({"RESTORE", "other", "-1", "nonsense"}) == kBusy);
        CHECK(client.run({"RESTORE", "other", "0", "nonsense", "REPLACE"}) == kBadPayload);
        CHECK(client.run({"LRANGE", "other", "0", "-1"}) == "[\"x\"]");
        CHECK(client.run({"RESTORE", "other", "0", payload, "replace"}) == "OK");
        CHECK(client.run({"GET", "other"}) == "\"foo\"");
        payload[0] = '\x01';
        CHECK(client.run({"RESTORE", "new", "0", payload}) == kBadPayload);
        CHECK(client.run({"RESTORE", "new", "0", ""}) == kBadPayload);
        CHECK(client.run({"DEBUG", "SET-SKIP-CHECKSUM-VALIDATION", "1"}) == "OK");
        payload[0] = '\x63';
        CHECK(client.run({"RESTORE", "new", "0", payload}) == "!ERR Bad data format");
        CHECK(client.run({"DEBUG", "SET-SKIP-CHECKSUM-VALIDATION", "0"}) == "OK");
        CHECK(client.run({"RESTORE", "new", "0", payload}) == kBadPayload);
        CHECK(client.run({"EXISTS", "new"}) == "0");
        CHECK(client.run({"RESTORE-ASKING", "new", "0", dump(client, "k")}) == "OK");
        CHECK(client.run({"GET", "new"}) == "\"foo\"");
      },
      "store none\nenable-debug-command yes\n");
}

TEST_CASE("RESTORE gives a key the time to live that it is told") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"SET", "k", "foo"});
    const std::string payload = dump(client, "k");
    const auto restore = [&](std::vector<std::string> rest) {
      std::vector<std::string> command{"RESTORE", "new"};
      command.push_back(rest[0]);
      command.push_back(payload);
      command.insert(command.end(), rest.begin() + 1, rest.end());
      client.run({"DEL", "new"});
      return client.run(command);
    };
    CHECK(restore({"1000000000000"}) == "OK");
    CHECK(std::stoll(client.run({"PTTL", "new"})) > 999'999'000'000);
    CHECK(restore({"4000000000000", "ABSTTL"}) == "OK");
    CHECK(client.run({"PEXPIRETIME", "new"}) == "4000000000000");
    CHECK(restore({"9223372036854775807", "ABSTTL"}) == "OK");
    CHECK(client.run({"PEXPIRETIME", "new"}) == "9223372036854775807");
    CHECK(restore({"0", "ABSTTL"}) == "OK");
    CHECK(client.run({"PTTL", "new"}) == "-1");
    // What has no time left is not there; nor is what it takes the place of.
    CHECK(restore({"1", "ABSTTL"}) == "OK");
    CHECK(client.run({"EXISTS", "new"}) == "0");
    CHECK(restore({"9223372036854775807"}) == "OK");
    CHECK(client.run({"EXISTS", "new"}) == "0");
    client.run({"SET", "old", "x"});
    CHECK(client.run({"RESTORE", "old", "1", payload, "REPLACE", "ABSTTL"}) == "OK");
    CHECK(client.run({"EXISTS", "old"}) == "0");
    for (const char* negative : {"-1", "-2147483648", "-9223372036854775808"}) {
      CHECK(restore({negative}) == "!ERR Invalid TTL value, must be >= 0");
    }
    for (const char* no_integer : {"a", "", "9223372036854775808", "1.5"}) {
      CHECK(restore({no_integer}) == "!ERR value is not an integer or out of range");
    }
  });
}

TEST_CASE("RESTORE sets how long a key has been idle, or how often it was used") {
  TestServer server;
  Connection client(server.port());
  client.run({"SET", "k", "foo"});
  const std::string payload = dump(client, "k");
  const auto restore = [&](std::vector<std::string> options) {
    std::vector<std::string> command{"RESTORE", "new", "0", payload, "REPLACE"};
    command.insert(command.end(), options.begin(), options.end());
    return client.run(command);
  };
  CHECK(restore({"IDLETIME", "1000"}) == "OK");
  CHECK(std::stoll(client.run({"OBJECT", "IDLETIME", "new"})) / 10 == 100);
  CHECK(within_a_second(client, [&] {
          CHECK(restore({"FREQ", "200"}) == "OK");
          return client.run({"OBJECT", "IDLETIME", "new"});
        }) == "0");
  CHECK(restore({"IDLETIME", "9223372036854775807"}) == "OK");
  client.run({"CONFIG", "SET", "maxmemory-policy", "allkeys-lfu"});
  CHECK(restore({"FREQ", "200"}) == "OK");
  CHECK(client.run({"OBJECT", "FREQ", "new"}) == "200");
  CHECK(restore({"IDLETIME", "7"}) == "OK");
  CHECK(client.run({"OBJECT", "FREQ", "new"}) == "5");

  for (const char* idle : {"-1", "-9223372036854775808"}) {
    CHECK(restore({"IDLETIME", idle}) == "!ERR Invalid IDLETIME value, must be >= 0");
  }
  for (const char* frequency : {"-1", "256", "2147483648", "9223372036854775807"}) {
    CHECK(restore({"FREQ", frequency}) == "!ERR Invalid FREQ value, must be >= 0 and <= 255");
  }
  for (const char* option : {"IDLETIME", "FREQ"}) {
    CHECK(restore({option, "9223372036854775808"}) ==
          "!ERR value is not an integer or out of range");
    CHECK(restore({option}) == "!ERR syntax error");
  }
  CHECK(restore({"IDLETIME", "1", "FREQ", "1"}) == "!ERR syntax error");
  CHECK(restore({"FREQ", "1", "IDLETIME", "1"}) == "!ERR syntax error");
  CHECK(restore({"NONSENSE"}) == "!ERR syntax error");
}
