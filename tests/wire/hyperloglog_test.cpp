#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

TEST_CASE("elements are counted once, and what was counted is kept until the next change") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    CHECK(client.run({"PFADD", "h"}) == "1");
    CHECK(client.run({"PFADD", "h"}) == "0");
    CHECK(client.run({"PFADD", "h", "a", "b", "c"}) == "1");
    CHECK(client.run({"PFADD", "h", "a"}) == "0");
    CHECK(client.run({"PFCOUNT", "h"}) == "3");
    CHECK(client.run({"PFCOUNT", "h"}) == "3");
    CHECK(client.run({"PFADD", "h", "d"}) == "1");
    CHECK(client.run({"PFCOUNT", "h"}) == "4");
    CHECK(client.run({"PFCOUNT", "none"}) == "0");
    CHECK(client.run({"OBJECT", "ENCODING", "h"}) == "\"raw\"");
    CHECK(client.run({"TYPE", "h"}) == "string");
  }
}

TEST_CASE("HyperLogLogs on any cores are counted together and merged") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    client.run({"PFADD", "a", "1", "2", "3"});
    client.run({"PFADD", "b", "3", "4"});
    client.run({"PFADD", "c", "5"});
    CHECK(client.run({"PFCOUNT", "a", "b", "c", "none"}) == "5");
    CHECK(client.run({"PFMERGE", "d", "a", "b", "none"}) == "OK");
    CHECK(client.run({"PFCOUNT", "d"}) == "4");
    CHECK(client.run({"PFDEBUG", "ENCODING", "d"}) == "sparse");
    CHECK(client.run({"PFDEBUG", "TODENSE", "c"}) == "1");
    CHECK(client.run({"PFMERGE", "d", "c"}) == "OK");
    CHECK(client.run({"PFDEBUG", "ENCODING", "d"}) == "dense");
    CHECK(client.run({"PFCOUNT", "d"}) == "5");
    for (const char* key : {"new1", "new2", "new3", "new4"}) {
      CHECK(client.run({"PFMERGE", key}) == "OK");
      CHECK(client.run({"STRLEN", key}) == "18");
    }
  }
}

TEST_CASE("hll-sparse-max-bytes says until when they are sparse") {
  TestServer server({.config = "store none\nhll-sparse-max-bytes 25\n"});
  Connection client(server.port());
  client.run({"PFADD", "h", "a", "b"});
  CHECK(client.run({"PFDEBUG", "ENCODING", "h"}) == "sparse");
  CHECK(client.run({"STRLEN", "h"}) == "24");
  client.run({"PFADD", "h", "c"});
  CHECK(client.run({"PFDEBUG", "ENCODING", "h"}) == "dense");
  CHECK(client.run({"PFCOUNT", "h"}) == "3");
}

TEST_CASE("what is no HyperLogLog is refused, by its header or by its registers") {
  TestServer server;
  Connection client(server.port());
  const std::string refused = "!WRONGTYPE Key is not a valid HyperLogLog string value.";
  const std::string corrupt = "!INVALIDOBJ Corrupted HLL object detected";
  client.run({"SET", "s", "text"});
  client.run({"SET", "n", "1234567890123456789"});
  for (const char* key : {"s", "n"}) {
    CHECK(client.run({"PFADD", key, "a"}) == refused);
    CHECK(client.run({"PFCOUNT", key}) == refused);
    CHECK(client.run({"PFCOUNT", "none", key}) == refused);
    CHECK(client.run({"PFMERGE", "d", key}) == refused);
    CHECK(client.run({"PFDEBUG", "ENCODING", key}) == refused);
  }
  CHECK(client.run({"EXISTS", "d"}) == "0");
  client.run({"PFADD", "h", "a", "b", "c"});
  client.run({"APPEND", "h", "hello"});
  CHECK(client.run({"PFCOUNT", "h"}) == corrupt);
  CHECK(client.run({"PFCOUNT", "h", "h"}) == corrupt);
  CHECK(client.run({"PFMERGE", "d", "h"}) == corrupt);
  CHECK(client.run({"PFDEBUG", "GETREG", "h"}) == corrupt);
  CHECK(client.run({"PFDEBUG", "TODENSE", "h"}) == corrupt);
}

TEST_CASE("PFDEBUG shows runs and registers") {
  TestServer server;
  Connection client(server.port());
  client.run({"PFADD", "h", "a", "b", "c", "d"});
  CHECK(client.run({"PFDEBUG", "DECODE", "h"}) ==
        "\"Z:7292 v:1,1 Z:1143 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603\"");
  const std::string registers = client.run({"PFDEBUG", "GETREG", "h"});
  CHECK(registers.size() == 16384 * 3);
  CHECK(registers.find("[0, 0, ") == 0);
  CHECK(client.run({"PFDEBUG", "DECODE", "h"}) == "!ERR HLL encoding is not sparse");
  CHECK(client.run({"PFDEBUG", "SIMD", "h"}) == "!ERR Unknown PFDEBUG subcommand 'SIMD'");
  CHECK(client.run({"PFDEBUG", "DECODE", "none"}) == "!ERR The specified key does not exist");
  CHECK(client.run({"PFSELFTEST"}) == "OK");
}

TEST_CASE("a dense HyperLogLog takes up its registers and little more") {
  TestServer server;
  Connection client(server.port());
  for (int i = 0; i < 3000; ++i) client.run({"PFADD", "h", "element:" + std::to_string(i)});
  client.run({"PFMERGE", "merged", "h"});
  for (const char* key : {"h", "merged"}) {
    CHECK(client.run({"STRLEN", key}) == "12304");
    CHECK(std::stoi(client.run({"MEMORY", "USAGE", key})) < 15000);
  }
}
