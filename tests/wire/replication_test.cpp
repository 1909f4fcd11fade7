// What a server without replicas says where replicas are asked for.
#include <doctest/doctest.h>

#include <string>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using namespace tidemark::test;

TEST_CASE("nothing is written with fewer replicas than are wanted") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = "store none\nmin-replicas-to-write 1\n"});
    Connection client(server.port());
    const std::string refusal = "!NOREPLICAS Not enough good replicas to write.";
    CHECK(client.run({"SET", "a", "1"}) == refusal);
    CHECK(client.run({"MSET", "a", "1", "b", "2", "c", "3"}) == refusal);
    CHECK(client.run({"FLUSHALL"}) == refusal);
    CHECK(client.run({"GET", "a"}) == "(nil)");
    CHECK(client.run({"PING"}) == "PONG");
    const auto section = [&client] { return client.run({"INFO", "replication"}); };
    CHECK(section().find("min_slaves_good_slaves:0") != std::string::npos);
    // A replica that may lag for ever is not waited for.
    CHECK(client.run({"CONFIG", "SET", "min-replicas-max-lag", "0"}) == "OK");
    CHECK(client.run({"SET", "a", "1"}) == "OK");
    CHECK(section().find("min_slaves_good_slaves") == std::string::npos);
    CHECK(client.run({"CONFIG", "SET", "min-replicas-max-lag", "10"}) == "OK");

    CHECK(client.run({"MULTI"}) == "OK");
    CHECK(client.run({"GET", "a"}) == "QUEUED");
    CHECK(client.run({"SET", "a", "2"}) == refusal);
    CHECK(client.run({"EXEC"}) == "!EXECABORT Transaction discarded because of previous errors.");

    CHECK(client.run({"CONFIG", "SET", "min-replicas-to-write", "0"}) == "OK");
    CHECK(client.run({"MULTI"}) == "OK");
    CHECK(client.run({"SET", "a", "2"}) == "QUEUED");
    Connection other(server.port());
    CHECK(other.run({"CONFIG", "SET", "min-replicas-to-write", "1"}) == "OK");
    CHECK(client.run({"EXEC"}) ==
          "!EXECABORT Transaction discarded because of: NOREPLICAS Not "
          "enough good replicas to write.");
    CHECK(client.run({"GET", "a"}) == "\"1\"");
  }
}
