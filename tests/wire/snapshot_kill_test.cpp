#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/server_process.hpp"
#include "tests/wire/test_server.hpp"

// A server that is killed while it saves leaves the snapshot that was there before.
namespace tidemark::test {
namespace {

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

std::vector<std::string> options(const TempFolder& folder, int cores) {
  return {"--cores", std::to_string(cores), "--store", "none", "--save", "",
          "--dir",   folder.path().string()};
}

TEST_CASE("after kill -9 in the midst of a save the older snapshot is there, whole") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    const TempFolder folder;
    std::string before;
    {
      ServerProcess server(options(folder, cores));
      Connection client(server.port());
      for (int i = 0; i < 5000; ++i) {
        client.run({"SET", "key:" + std::to_string(i), std::string(100, 'x')});
      }
      REQUIRE(client.run({"SAVE"}) == "OK");
      before = contents(folder.path() / "dump.rdb");
      client.run({"CONFIG", "SET", "rdb-key-save-delay", "1000000"});
      REQUIRE(client.run({"BGSAVE"}) == "Background saving started");
      // These are written at once: something of the new file is there.
      for (int i = 0; i < 5000; ++i) client.run({"SET", "key:" + std::to_string(i), "new"});
      CHECK(client.run({"INFO", "persistence"}).find("rdb_bgsave_in_progress:1") !=
            std::string::npos);
      server.kill();
    }
    CHECK(contents(folder.path() / "dump.rdb") == before);
    ServerProcess again(options(folder, cores));
    Connection client(again.port());
    while (client.run({"PING"}).starts_with("!LOADING")) {
    }
    CHECK(client.run({"DBSIZE"}) == "5000");
    CHECK(client.run({"GET", "key:4999"}) == "\"" + std::string(100, 'x') + "\"");
  }
}

}  // namespace
}  // namespace tidemark::test
