// DEBUG: what tests of clients and of other servers ask of it.

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

namespace {

std::string unknown(const std::string& name) {
  return "!ERR unknown subcommand or wrong number of arguments for '" + name + "'. Try DEBUG HELP.";
}

}  // namespace

TEST_CASE("switches of DEBUG check what they are given, as Redis does") {
  TestServer server({.cores = 4, .config = "store none\nenable-debug-command yes\n"});
  Connection client(server.port());
  const std::string threshold =
      "!ERR argument must be a memory value bigger than 1 and smaller than 4gb";
  const std::string integer = "!ERR value is not an integer or out of range";
  const std::vector<std::pair<std::vector<std::string>, std::string>> calls = {
      {{"QUICKLIST-PACKED-THRESHOLD", "100"}, "OK"},
      {{"QUICKLIST-PACKED-THRESHOLD", "100b"}, "OK"},
      {{"QUICKLIST-PACKED-THRESHOLD", "0"}, "OK"},
      {{"QUICKLIST-PACKED-THRESHOLD", "4gb"}, "OK"},
      {{"QUICKLIST-PACKED-THRESHOLD", "4294967297"}, threshold},
      {{"QUICKLIST-PACKED-THRESHOLD", "x"}, threshold},
      {{"QUICKLIST-PACKED-THRESHOLD", "-1"}, threshold},
      {{"QUICKLIST-PACKED-THRESHOLD"}, unknown("QUICKLIST-PACKED-THRESHOLD")},
      {{"REPLYBUFFER", "PEAK-RESET-TIME", "never"}, "OK"},
      {{"REPLYBUFFER", "PEAK-RESET-TIME", "reset"}, "OK"},
      {{"REPLYBUFFER", "PEAK-RESET-TIME", "100"}, "OK"},
      {{"REPLYBUFFER", "PEAK-RESET-TIME", "x"}, integer},
      {{"REPLYBUFFER", "RESIZING", "0"}, "OK"},
      {{"REPLYBUFFER", "x", "y"}, unknown("REPLYBUFFER")},
      {{"REPLYBUFFER"}, unknown("REPLYBUFFER")},
      {{"AOF-FLUSH-SLEEP", "0"}, "OK"},
      {{"CLIENT-EVICTION"}, "!ERR maxmemory-clients is disabled."},
      {{"STRINGMATCH-LEN", "a*c", "abc"}, "1"},
      {{"STRINGMATCH-LEN", "a*c", "abd"}, "0"},
      {{"CONFIG-REWRITE-FORCE-ALL"},
       "!ERR CONFIG-REWRITE-FORCE-ALL failed: The server is running without a config file"},
      {{"NONE"}, unknown("NONE")},
  };
  for (auto [call, answer] : calls) {
    const std::string word = call.front();
    const std::string last = call.back();
    CAPTURE(word);
    CAPTURE(last);
    call.insert(call.begin(), "DEBUG");
    CHECK(client.run(call) == answer);
  }
  CHECK(client.run({"DEBUG", "STRINGMATCH-TEST"}).find("No crash: ") == 0);
  CHECK(client.run({"CONFIG", "SET", "maxmemory-clients", "1gb"}) == "OK");
  CHECK(client.run({"DEBUG", "CLIENT-EVICTION"}).find("core 3: ") != std::string::npos);
}

TEST_CASE("DEBUG MALLCTL reads and sets numbers of the allocator, whatever their width") {
  TestServer server({.cores = 1, .config = "store none\nenable-debug-command yes\n"});
  Connection client(server.port());
  CHECK(client.run({"DEBUG", "MALLCTL", "none"}) == "!ERR No such file or directory");
  CHECK(client.run({"DEBUG", "MALLCTL-STR", "none"}) == "!ERR No such file or directory");
  if (client.run({"INFO", "memory"}).find("mem_allocator:jemalloc") == std::string::npos) return;
  CHECK(std::stoll(client.run({"DEBUG", "MALLCTL", "arenas.page"})) >= 4096);
  CHECK(client.run({"DEBUG", "MALLCTL", "background_thread"}) == "0");
  CHECK(client.run({"DEBUG", "MALLCTL", "arenas.page", "5"}) == "!ERR Operation not permitted");
  CHECK(client.run({"DEBUG", "MALLCTL", "arenas.page", "x"}) ==
        "!ERR value is not an integer or out of range");
  const std::string decay = client.run({"DEBUG", "MALLCTL", "arenas.dirty_decay_ms"});
  CHECK(client.run({"DEBUG", "MALLCTL", "arenas.dirty_decay_ms", "1234"}) == "1234");
  CHECK(client.run({"DEBUG", "MALLCTL", "arenas.dirty_decay_ms"}) == "1234");
  CHECK(client.run({"DEBUG", "MALLCTL", "arenas.dirty_decay_ms", decay}) == decay);
  CHECK(client.run({"DEBUG", "MALLCTL-STR", "version"}).find("5.") != std::string::npos);
  CHECK(client.run({"DEBUG", "MALLCTL-STR", "thread.tcache.flush", "VOID"}) == "\"OK\"");
}

TEST_CASE("defragmentation that cannot be done cannot be switched on") {
  TestServer server;
  Connection client(server.port());
  CHECK(client.run({"CONFIG", "SET", "activedefrag", "yes"}).find("!ERR CONFIG SET failed") == 0);
  CHECK(client.run({"CONFIG", "GET", "activedefrag"}).find("no") != std::string::npos);
  CHECK(client.run({"CONFIG", "SET", "activedefrag", "no"}) == "OK");
}
