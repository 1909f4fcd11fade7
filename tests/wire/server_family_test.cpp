// CONFIG, INFO, DEBUG and the databases as a whole.

#include <doctest/doctest.h>

#include <string>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

namespace {

constexpr const char* kConfig = "store none\nenable-debug-command yes\n";

// The value of an INFO field; empty where it is missing.
std::string field(const std::string& info, const std::string& name) {
  const size_t at = info.find("\n" + name + ":");
  if (at == std::string::npos) return {};
  const size_t begin = at + name.size() + 2;
  return info.substr(begin, info.find('\r', begin) - begin);
}

}  // namespace

TEST_CASE("DBSIZE counts and FLUSHALL empties the partitions of all cores") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = kConfig});
    Connection client(server.port());
    CHECK(client.run({"DEBUG", "POPULATE", "10000"}) == "OK");
    CHECK(client.run({"DBSIZE"}) == "10000");
    CHECK(client.run({"GET", "key:9999"}) == "\"value:9999\"");
    CHECK(client.run({"FLUSHDB", "SYNC"}) == "OK");
    CHECK(client.run({"DBSIZE"}) == "0");
    CHECK(client.run({"DEBUG", "POPULATE", "5", "k", "10"}) == "OK");
    CHECK(client.run({"STRLEN", "k:4"}) == "10");
    CHECK(client.run({"FLUSHALL", "ASYNC"}) == "OK");
    CHECK(client.run({"GET", "k:4"}) == "(nil)");
    CHECK(client.run({"FLUSHALL", "NOW"}) == "!ERR syntax error");
  }
}

TEST_CASE("memory of flushed databases comes back although nobody asks for anything") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = kConfig});
    Connection client(server.port());
    CHECK(client.run({"DEBUG", "POPULATE", "200000"}) == "OK");
    CHECK(client.run({"FLUSHALL"}) == "OK");
    std::string pending;
    do {
      pending = field(client.run({"INFO", "memory"}), "lazyfree_pending_objects");
    } while (pending != "0" && !pending.empty());
    CHECK(pending == "0");
    CHECK(field(client.run({"INFO", "memory"}), "lazyfreed_objects") == "200000");
  }
}

TEST_CASE("CONFIG SET changes all of its options or none") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = kConfig});
    Connection client(server.port());
    CHECK(client.run({"CONFIG", "SET", "maxmemory", "100mb", "hz", "20"}) == "OK");
    CHECK(client.run({"CONFIG", "GET", "maxmemory"}) == "[\"maxmemory\", \"104857600\"]");
    CHECK(client.run({"CONFIG", "SET", "maxmemory", "1mb", "maxclients", "4000000000"})
              .find("!ERR CONFIG SET failed (possibly related to argument 'maxclients')") == 0);
    CHECK(client.run({"CONFIG", "GET", "maxmemory"}) == "[\"maxmemory\", \"104857600\"]");
    CHECK(client.run({"CONFIG", "SET", "maxmemory", "1", "hz"}) == "!ERR syntax error");
    CHECK(client.run({"CONFIG", "REWRITE"}) == "!ERR The server is running without a config file");
  }
}

TEST_CASE("an eviction policy set at run time is in effect on every core at once") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = kConfig});
    Connection client(server.port());
    CHECK(client.run({"DEBUG", "POPULATE", "20000", "k", "1000"}) == "OK");
    CHECK(client.run({"CONFIG", "SET", "maxmemory", "1"}) == "OK");
    CHECK(client.run({"SET", "a", "b"}) ==
          "!OOM command not allowed when used memory > 'maxmemory'.");
    CHECK(client.run({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"}) == "OK");
    while (client.run({"DBSIZE"}) == "20000") {
    }
    CHECK(field(client.run({"INFO", "stats"}), "evicted_keys") != "0");
  }
}

TEST_CASE("INFO has the sections that were asked for, and adds up all cores") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = kConfig});
    Connection client(server.port());
    for (int i = 0; i < 100; ++i) client.run({"SET", "key:" + std::to_string(i), "v"});
    client.run({"GET", "key:1"});
    client.run({"GET", "nothing"});
    client.run({"NOSUCH"});
    client.run({"GET"});
    const std::string info = client.run({"INFO", "everything"});
    CHECK(field(info, "redis_version") == "7.2.4");
    CHECK(field(info, "connected_clients") == "1");
    CHECK(field(info, "keyspace_hits") == "1");
    CHECK(field(info, "keyspace_misses") == "1");
    CHECK(field(info, "db0") == "keys=100,expires=0,avg_ttl=0");
    CHECK(field(info, "db1") == "");
    CHECK(field(info, "loading") == "0");
    CHECK(field(info, "errorstat_ERR") == "count=2");
    CHECK(field(info, "cmdstat_set").find("calls=100,") == 0);
    CHECK(field(info, "cmdstat_get").find("rejected_calls=1,failed_calls=0") != std::string::npos);
    CHECK(field(info, "latency_percentiles_usec_set").find("p50=") == 0);
    CHECK(field(info, "core" + std::to_string(cores - 1)) != "");

    CHECK(client.run({"INFO", "nonsense"}) == "\"\"");
    const std::string two = client.run({"INFO", "cpu", "KEYSPACE"});
    CHECK(two.find("# CPU") == 1);
    CHECK(two.find("# Keyspace") != std::string::npos);
    CHECK(two.find("# Server") == std::string::npos);
    CHECK(client.run({"INFO"}).find("# Commandstats") == std::string::npos);

    CHECK(client.run({"CONFIG", "RESETSTAT"}) == "OK");
    const std::string fresh = client.run({"INFO", "all"});
    CHECK(field(fresh, "cmdstat_set") == "");
    CHECK(field(fresh, "errorstat_ERR") == "");
    CHECK(field(fresh, "keyspace_hits") == "0");
  }
}

TEST_CASE("a digest tells data apart as Redis's does, whichever cores the keys live on") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = kConfig});
    Connection client(server.port());
    CHECK(client.run({"DEBUG", "DIGEST"}) == "0000000000000000000000000000000000000000");
    client.run({"SET", "a", "b"});
    // As redis-server 7.0 answers.
    CHECK(client.run({"DEBUG", "DIGEST"}) == "479783d7290f02957dfbe3408a858ba13eea1709");
    CHECK(client.run({"DEBUG", "DIGEST-VALUE", "a", "none"}) ==
          "[b78559cd22bce6e6df712eb99ce7f3b08e8f8f1f, 0000000000000000000000000000000000000000]");
    client.run({"SET", "c", "d"});
    const std::string both = client.run({"DEBUG", "DIGEST"});
    CHECK(client.run({"DEBUG", "RELOAD"}) == "OK");
    CHECK(client.run({"DEBUG", "LOADAOF"}) == "OK");
    CHECK(client.run({"DEBUG", "DIGEST"}) == both);
  }
}

TEST_CASE("DEBUG is refused unless the configuration allows it") {
  TestServer server;
  Connection client(server.port());
  CHECK(client.run({"DEBUG", "SLEEP", "0"}).find("!ERR DEBUG command not allowed.") == 0);
}
