#include <doctest/doctest.h>

#include <string>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

TEST_CASE("a bit is set, read and grown to") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    CHECK(client.run({"SETBIT", "k", "7", "1"}) == "0");
    CHECK(client.run({"SETBIT", "k", "7", "1"}) == "1");
    CHECK(client.run({"GET", "k"}) == "\"\x01\"");
    CHECK(client.run({"GETBIT", "k", "7"}) == "1");
    CHECK(client.run({"GETBIT", "k", "4294967295"}) == "0");
    CHECK(client.run({"SETBIT", "k", "23", "0"}) == "0");
    CHECK(client.run({"STRLEN", "k"}) == "3");
    client.run({"SET", "n", "12"});
    CHECK(client.run({"OBJECT", "ENCODING", "n"}) == "\"int\"");
    CHECK(client.run({"SETBIT", "n", "7", "1"}) == "1");
    CHECK(client.run({"OBJECT", "ENCODING", "n"}) == "\"raw\"");
  }
}

TEST_CASE("what sets bits as they are is no change of the key") {
  TestServer server;
  Connection client(server.port());
  const auto changes = [&] {
    const std::string info = client.run({"INFO", "persistence"});
    const size_t at = info.find("rdb_changes_since_last_save:");
    return std::stoi(info.substr(at + 28));
  };
  client.run({"SETBIT", "k", "1", "0"});
  CHECK(changes() == 1);
  client.run({"SETBIT", "k", "1", "0"});
  client.run({"BITFIELD", "k", "SET", "u8", "0", "0"});
  client.run({"BITFIELD", "k", "OVERFLOW", "FAIL", "SET", "u8", "0", "256"});
  CHECK(changes() == 1);
  client.run({"SETBIT", "k", "1", "1"});
  client.run({"SETBIT", "k", "100", "0"});
  client.run({"BITFIELD", "k", "INCRBY", "u8", "0", "0"});
  CHECK(changes() == 4);
}

TEST_CASE("offsets end where the longest string does") {
  TestServer server({.config = "store none\nproto-max-bulk-len 1mb\n"});
  Connection client(server.port());
  const std::string refused = "!ERR bit offset is not an integer or out of range";
  for (const char* offset : {"-1", "8388608", "9223372036854775808", "", "1.0", " 1"}) {
    CAPTURE(offset);
    CHECK(client.run({"SETBIT", "k", offset, "1"}) == refused);
    CHECK(client.run({"GETBIT", "k", offset}) == refused);
    CHECK(client.run({"BITFIELD", "k", "GET", "u1", offset}) == refused);
  }
  CHECK(client.run({"SETBIT", "k", "8388607", "1"}) == "0");
  CHECK(client.run({"BITFIELD", "k", "GET", "u8", "8388607"}) == "[128]");
  CHECK(client.run({"BITFIELD", "k", "SET", "u8", "8388607", "1"}) == refused);
  CHECK(client.run({"BITFIELD", "k", "SET", "u8", "#1048576", "1"}) == refused);
  CHECK(client.run({"BITFIELD", "k", "SET", "u8", "#1048575", "1"}) == "[1]");
  CHECK(client.run({"SETBIT", "k", "1", "2"}) == "!ERR bit is not an integer or out of range");
}

TEST_CASE("no string is longer than strings may be, however long arguments may be") {
  TestServer server({.config = "store none\nproto-max-bulk-len 4gb\n"});
  Connection client(server.port());
  CHECK(client.run({"SETBIT", "k", "4294967296", "1"}) ==
        "!ERR bit offset is not an integer or out of range");
  CHECK(client.run({"SETRANGE", "k", "536870912", "x"}) ==
        "!ERR string exceeds maximum allowed size (proto-max-bulk-len)");
}

TEST_CASE("bits are counted and found in the whole or in a range of bytes or bits") {
  TestServer server;
  Connection client(server.port());
  client.run({"SET", "k", "foobar"});
  CHECK(client.run({"BITCOUNT", "k"}) == "26");
  CHECK(client.run({"BITCOUNT", "k", "1", "1", "BYTE"}) == "6");
  CHECK(client.run({"BITCOUNT", "k", "5", "30", "BIT"}) == "17");
  CHECK(client.run({"BITCOUNT", "k", "-1", "-2"}) == "0");
  CHECK(client.run({"BITCOUNT", "k", "0"}) == "!ERR syntax error");
  CHECK(client.run({"BITCOUNT", "none", "what", "ever"}) == "0");
  client.run({"SET", "ones", "\xff\xff"});
  CHECK(client.run({"BITPOS", "ones", "0"}) == "16");
  CHECK(client.run({"BITPOS", "ones", "0", "0", "-1"}) == "-1");
  CHECK(client.run({"BITPOS", "ones", "1", "9", "-1", "BIT"}) == "9");
  CHECK(client.run({"BITPOS", "ones", "0", "2"}) == "-1");
  CHECK(client.run({"BITPOS", "none", "0"}) == "0");
  CHECK(client.run({"BITPOS", "none", "1"}) == "-1");
  CHECK(client.run({"BITPOS", "none", "2"}) == "!ERR The bit argument must be 1 or 0.");
  CHECK(client.run({"BITPOS", "ones", "0", "0", "x", "y"}) == "!ERR syntax error");
}

TEST_CASE("strings on any cores are combined bit by bit") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    client.run({"MSET", "a", "\x0f\x0f", "b", "\x3c", "c", "\xff\xff\xff"});
    CHECK(client.run({"BITOP", "AND", "d1", "a", "b", "c"}) == "3");
    CHECK(client.run({"BITCOUNT", "d1"}) == "2");
    CHECK(client.run({"BITOP", "OR", "d2", "a", "b", "none"}) == "2");
    CHECK(client.run({"GET", "d2"}) == "\"?\x0f\"");
    CHECK(client.run({"BITOP", "XOR", "a", "a", "a"}) == "2");
    CHECK(client.run({"BITCOUNT", "a"}) == "0");
    CHECK(client.run({"BITOP", "NOT", "d3", "c"}) == "3");
    CHECK(client.run({"BITCOUNT", "d3"}) == "0");
    CHECK(client.run({"BITOP", "OR", "d3", "none"}) == "0");
    CHECK(client.run({"EXISTS", "d3"}) == "0");
    CHECK(client.run({"BITOP", "NOT", "d", "a", "b"}) ==
          "!ERR BITOP NOT must be called with a single source key.");
    CHECK(client.run({"BITOP", "NAND", "d", "a", "b"}) == "!ERR syntax error");
  }
}

TEST_CASE("BITFIELD reads, sets and adds in one go, in the order given") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    Connection client(server.port());
    CHECK(client.run({"BITFIELD", "k",        "SET",      "u8",     "#1",     "200", "GET",
                      "i8",       "8",        "OVERFLOW", "SAT",    "INCRBY", "u8",  "8",
                      "100",      "OVERFLOW", "FAIL",     "INCRBY", "u8",     "8",   "1"}) ==
          "[0, -56, 255, (nil)]");
    CHECK(client.run({"BITFIELD_RO", "k", "GET", "u16", "0", "GET", "u63", "0"}) ==
          "[255, 35888059530608640]");
    CHECK(client.run({"BITFIELD_RO", "k", "SET", "u8", "0", "1"}) ==
          "!ERR BITFIELD_RO only supports the GET subcommand");
    CHECK(client.run({"BITFIELD", "k", "GET", "u64", "0"}) ==
          "!ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported "
          "but i64 is.");
    CHECK(client.run({"BITFIELD", "k", "OVERFLOW", "up"}) ==
          "!ERR Invalid OVERFLOW type specified");
    CHECK(client.run({"BITFIELD", "none", "GET", "u8", "0"}) == "[0]");
    CHECK(client.run({"EXISTS", "none"}) == "0");
  }
}
