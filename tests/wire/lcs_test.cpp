#include <doctest/doctest.h>

#include <string>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

TEST_CASE("LCS compares two strings wherever they live") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    client.run({"MSET", "a", "ohmytext", "b", "mynewtext", "n", "1234567", "m", "34567"});
    CHECK(client.run({"LCS", "a", "b"}) == "\"mytext\"");
    CHECK(client.run({"LCS", "a", "b", "LEN"}) == "6");
    CHECK(client.run({"LCS", "n", "m"}) == "\"34567\"");
    CHECK(client.run({"LCS", "a", "none"}) == "\"\"");
    CHECK(client.run({"LCS", "a", "b", "IDX"}) ==
          "[\"matches\", [[[4, 7], [5, 8]], [[2, 3], [0, 1]]], \"len\", 6]");
    CHECK(client.run({"LCS", "a", "b", "IDX", "MINMATCHLEN", "4", "WITHMATCHLEN"}) ==
          "[\"matches\", [[[4, 7], [5, 8], 4]], \"len\", 6]");
  }
}

TEST_CASE("LCS refuses what makes no sense or would take too long") {
  TestServer server({.config = "store none\nproto-max-bulk-len 1mb\n"});
  Connection client(server.port());
  const std::string big(2000, 'x');
  client.run({"MSET", "a", big, "b", big});
  CHECK(client.run({"LCS", "a", "b", "LEN", "IDX"}) ==
        "!ERR If you want both the length and indexes, please just use IDX.");
  CHECK(client.run({"LCS", "a", "b", "MINMATCHLEN"}) == "!ERR syntax error");
  CHECK(client.run({"LCS", "a", "b", "LEN"}) ==
        "!ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
}
