#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tests/wire/collections.hpp"

using namespace tidemark::test;

namespace {

constexpr const char* kNoStore = "store none\nenable-debug-command yes\n";

// Keys of every type, in two databases, over all cores.
void fill(Connection& client) {
  for (int i = 0; i < 200; ++i) {
    const std::string n = std::to_string(i);
    client.run({"SET", "string:" + n, "value " + n});
    client.run({"RPUSH", "list:" + n, "a", n, std::string(100, 'x')});
    client.run({"SADD", "set:" + n, "a", n});
    client.run({"SADD", "ints:" + n, n, "70000"});
    client.run({"HSET", "hash:" + n, "field", n, "other", std::string(70, 'y')});
    client.run({"ZADD", "zset:" + n, n, "member", "0.1", n});
    client.run({"XADD", "stream:" + n, "1-" + std::to_string(i + 1), "f", n});
  }
  for (int i = 0; i < 1000; ++i) {
    client.run({"ZADD", "big zset", std::to_string(i), "member " + std::to_string(i)});
    client.run({"HSET", "big hash", "field " + std::to_string(i), "v"});
    client.run({"RPUSH", "big list", "element " + std::to_string(i)});
    client.run({"SADD", "big set", "member " + std::to_string(i)});
    client.run({"XADD", "big stream", "*", "f", std::to_string(i)});
  }
  client.run({"XGROUP", "CREATE", "big stream", "g", "0"});
  client.run({"XREADGROUP", "GROUP", "g", "c", "COUNT", "10", "STREAMS", "big stream", ">"});
  client.run({"PEXPIREAT", "string:1", "4000000000000"});
  client.run({"HPEXPIREAT", "hash:1", "4000000000000", "FIELDS", "1", "field"});
  client.run({"SELECT", "9"});
  client.run({"SET", "elsewhere", "1"});
  client.run({"SELECT", "0"});
}

std::string digest(Connection& client) { return client.run({"DEBUG", "DIGEST"}); }

// A line of INFO persistence.
std::string info(Connection& client, const std::string& field) {
  const std::string text = client.run({"INFO", "persistence"});
  const size_t at = text.find(field + ":");
  REQUIRE(at != std::string::npos);
  const size_t begin = at + field.size() + 1;
  return text.substr(begin, text.find('\r', begin) - begin);
}

std::string in(const std::filesystem::path& folder) {
  return std::string(kNoStore) + "dir " + folder.string() + "\n";
}

// Until the server has loaded what it found.
void wait_until_loaded(Connection& client) {
  while (client.run({"PING"}) == "!LOADING Redis is loading the dataset in memory") {
  }
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

}  // namespace

TEST_CASE("DEBUG RELOAD brings everything back from a file") {
  on_one_core_and_four(
      [](Connection& client, TestServer& server) {
        fill(client);
        const std::string before = digest(client);
        const std::string keys = client.run({"DBSIZE"});
        const std::string groups = client.run({"XINFO", "STREAM", "big stream", "FULL"});
        CHECK(client.run({"DEBUG", "RELOAD"}) == "OK");
        CHECK(std::filesystem::exists(server.folder() / "dump.rdb"));
        CHECK(digest(client) == before);
        CHECK(client.run({"DBSIZE"}) == keys);
        CHECK(client.run({"XINFO", "STREAM", "big stream", "FULL"}) == groups);
        CHECK(client.run({"PEXPIRETIME", "string:1"}) == "4000000000000");
        CHECK(client.run({"HPEXPIRETIME", "hash:1", "FIELDS", "2", "field", "other"}) ==
              "[4000000000000, -1]");
        CHECK(client.run({"OBJECT", "ENCODING", "big zset"}) == "\"skiplist\"");
        CHECK(client.run({"OBJECT", "ENCODING", "ints:7"}) == "\"intset\"");
        CHECK(info(client, "rdb_changes_since_last_save") == "0");
        CHECK(info(client, "rdb_last_load_keys_loaded") == std::to_string(std::stoi(keys) + 1));
      },
      kNoStore);
}

TEST_CASE("DEBUG RELOAD does what its words say") {
  on_one_core_and_four(
      [](Connection& client, TestServer& server) {
        client.run({"SET", "a", "1"});
        CHECK(client.run({"SAVE"}) == "OK");
        client.run({"SET", "a", "2"});
        client.run({"SET", "b", "2"});
        CHECK(client.run({"DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE"}) == "OK");
        CHECK(client.run({"GET", "a"}) == "\"1\"");
        CHECK(client.run({"GET", "b"}) == "\"2\"");
        CHECK(client.run({"DEBUG", "RELOAD", "NOSAVE", "NOFLUSH"}) ==
              "!ERR Error trying to load the RDB dump, check server logs.");
        CHECK(client.run({"DEBUG", "RELOAD", "NOSAVE"}) == "OK");
        CHECK(client.run({"EXISTS", "b"}) == "0");
        CHECK(client.run({"DEBUG", "RELOAD", "NONSENSE"}) ==
              "!ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
        std::filesystem::remove(server.folder() / "dump.rdb");
        CHECK(client.run({"DEBUG", "RELOAD", "NOSAVE", "NOFLUSH"}) ==
              "!ERR Error trying to load the RDB dump, check server logs.");
        CHECK(client.run({"GET", "a"}) == "\"1\"");
        // What has no time left does not come back.
        client.run({"SET", "gone", "x"});
        client.run({"SAVE"});
        client.run({"PEXPIREAT", "a", "1"});
        CHECK(client.run({"EXISTS", "a"}) == "0");
      },
      kNoStore);
}

TEST_CASE("a server starts with what another one saved, on whatever number of cores") {
  for (const auto& [saving, loading] : {std::pair{1, 4}, std::pair{4, 1}, std::pair{4, 4}}) {
    const int cores_before = saving;
    const int cores_after = loading;
    CAPTURE(cores_before);
    CAPTURE(cores_after);
    TestServer first({.cores = saving, .config = kNoStore});
    Connection client(first.port());
    fill(client);
    const std::string before = digest(client);
    CHECK(client.run({"SAVE"}) == "OK");
    CHECK(std::stoll(client.run({"LASTSAVE"})) > 0);
    CHECK(info(client, "rdb_saves") == "1");

    TestServer second({.cores = loading, .config = in(first.folder())});
    Connection again(second.port());
    wait_until_loaded(again);
    CHECK(digest(again) == before);
    CHECK(info(again, "loading") == "0");
    CHECK(info(again, "rdb_changes_since_last_save") == "0");
  }
}

TEST_CASE("functions are kept over a reload and a restart") {
  const auto library = [](const std::string& name, const std::string& code) {
    return "#!lua name=" + name + "\nredis.register_function('" + name + "', function() " + code +
           " end)";
  };
  for (const auto& [saving, loading] : {std::pair{1, 4}, std::pair{4, 1}}) {
    TestServer first({.cores = saving, .config = kNoStore});
    Connection client(first.port());
    client.run({"FUNCTION", "LOAD", library("f", "return 'kept'")});
    client.run({"SAVE"});
    client.run({"FUNCTION", "LOAD", library("g", "return 'later'")});

    TestServer second({.cores = loading, .config = in(first.folder())});
    Connection again(second.port());
    wait_until_loaded(again);
    CHECK(again.run({"FCALL", "f", "0"}) == "\"kept\"");
    CHECK(again.run({"FCALL", "g", "0"}) == "!ERR Function not found");

    // There already, and so refused, unless it may replace.
    CHECK(client.run({"DEBUG", "RELOAD", "NOSAVE", "NOFLUSH"}) ==
          "!ERR Error trying to load the RDB dump, check server logs.");
    CHECK(client.run({"DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE"}) == "OK");
    CHECK(client.run({"FCALL", "g", "0"}) == "\"later\"");
    CHECK(client.run({"DEBUG", "RELOAD", "NOSAVE"}) == "OK");
    CHECK(client.run({"FCALL", "f", "0"}) == "\"kept\"");
    CHECK(client.run({"FCALL", "g", "0"}) == "!ERR Function not found");
  }
}

TEST_CASE("SHUTDOWN leaves a snapshot where it is told to, or `save` has points") {
  const auto left = [](const std::string& config, const std::vector<std::string>& command) {
    const TempFolder folder;
    TestServer server({.config = in(folder.path()) + config});
    Connection client(server.port());
    client.run({"SET", "a", "1"});
    client.begin(command);
    CHECK(client.read_to_end() == "");
    CHECK(server.wait_for_end() == 0);
    return std::filesystem::exists(folder.path() / "dump.rdb");
  };
  CHECK_FALSE(left("", {"SHUTDOWN"}));
  CHECK(left("", {"SHUTDOWN", "SAVE"}));
  CHECK(left("save 3600 1\n", {"SHUTDOWN"}));
  CHECK_FALSE(left("save 3600 1\n", {"SHUTDOWN", "NOSAVE"}));
}

TEST_CASE("a server that cannot save goes on") {
  on_one_core_and_four(
      [](Connection& client, TestServer& server) {
        client.run({"SET", "a", "1"});
        // A folder in the file's place.
        std::filesystem::create_directories(server.folder() / "dump.rdb" / "inside");
        CHECK(client.run({"SAVE"}) == "!ERR");
        CHECK(client.run({"DEBUG", "RELOAD"}) == "!ERR");
        CHECK(client.run({"SHUTDOWN", "SAVE"}) == "!ERR Errors trying to SHUTDOWN. Check logs.");
        CHECK(client.run({"GET", "a"}) == "\"1\"");
        std::filesystem::remove_all(server.folder() / "dump.rdb");
        CHECK(client.run({"SAVE"}) == "OK");
        CHECK(info(client, "rdb_last_bgsave_status") == "ok");
        size_t files = 0;
        for (const auto& entry : std::filesystem::directory_iterator(server.folder())) {
          files += entry.is_regular_file() ? 1 : 0;
        }
        CHECK(files == 1);
      },
      kNoStore);
}

TEST_CASE("a server does not start with a snapshot that is not sound") {
  const TempFolder folder;
  {
    TestServer server({.config = in(folder.path())});
    Connection client(server.port());
    fill(client);
    CHECK(client.run({"SAVE"}) == "OK");
  }
  const std::string whole = contents(folder.path() / "dump.rdb");
  std::string changed = whole;
  changed[whole.size() / 2] = static_cast<char>(changed[whole.size() / 2] ^ 1);
  for (const std::string& bytes :
       {whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 1), changed,
        std::string("REDIS0099"), std::string()}) {
    for (const int cores : {1, 4}) {
      CAPTURE(cores);
      std::ofstream(folder.path() / "dump.rdb", std::ios::binary) << bytes;
      TestServer server({.cores = cores, .config = in(folder.path())});
      CHECK(server.wait_for_end() == 1);
      CHECK(contents(folder.path() / "dump.rdb") == bytes);
    }
  }
}

TEST_CASE("clients are told that a server is loading") {
  const TempFolder folder;
  {
    TestServer server({.config = in(folder.path())});
    Connection client(server.port());
    for (int i = 0; i < 100; ++i) client.run({"SET", std::to_string(i), "x"});
    CHECK(client.run({"SAVE"}) == "OK");
  }
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    // Minutes, until it is told otherwise.
    TestServer server({.cores = cores, .config = in(folder.path()) + "key-load-delay 10000000\n"});
    Connection client(server.port());
    CHECK(client.run({"GET", "1"}) == "!LOADING Redis is loading the dataset in memory");
    CHECK(client.run({"PING"}) == "!LOADING Redis is loading the dataset in memory");
    CHECK(info(client, "loading") == "1");
    CHECK(std::stoll(info(client, "loading_total_bytes")) > 500);
    for (const char* option : {"dir", "appendonly", "repl-diskless-load"}) {
      CHECK(client.run({"CONFIG", "SET", "loglevel", "notice", option, "no"}) ==
            "!LOADING Redis is loading the dataset in memory");
    }
    CHECK(client.run({"CONFIG", "SET", "key-load-delay", "0"}) == "OK");
    wait_until_loaded(client);
    CHECK(client.run({"DBSIZE"}) == "100");
    CHECK(info(client, "loading") == "0");
  }
  // One that ends meanwhile does not save what it has.
  TestServer server({.config = in(folder.path()) + "save 1 1\nkey-load-delay 10000000\n"});
  const std::string before = contents(folder.path() / "dump.rdb");
  CHECK(server.stop() == 0);
  CHECK(contents(folder.path() / "dump.rdb") == before);
}

namespace {

void wait_until_saved(Connection& client) {
  while (info(client, "rdb_bgsave_in_progress") == "1") {
  }
}

// What a server that starts with the snapshot in a folder has.
std::string digest_of(const std::filesystem::path& folder) {
  TestServer server({.cores = 2, .config = in(folder)});
  Connection client(server.port());
  wait_until_loaded(client);
  return digest(client);
}

}  // namespace

TEST_CASE("BGSAVE saves the moment at which it was asked for, whatever happens after it") {
  on_one_core_and_four(
      [](Connection& client, TestServer& server) {
        fill(client);
        const std::string before = digest(client);
        // Not done before it is told to go on.
        client.run({"CONFIG", "SET", "rdb-key-save-delay", "10000000"});
        CHECK(client.run({"BGSAVE"}) == "Background saving started");
        CHECK(info(client, "rdb_bgsave_in_progress") == "1");
        CHECK(client.run({"BGSAVE"}) == "!ERR Background save already in progress");
        CHECK(client.run({"BGSAVE", "SCHEDULE"}) == "!ERR Background save already in progress");
        CHECK(client.run({"SAVE"}) == "!ERR Background save already in progress");
        for (int i = 0; i < 200; ++i) {
          const std::string n = std::to_string(i);
          client.run({"APPEND", "string:" + n, "more"});
          client.run({"LPOP", "list:" + n});
          client.run({"RENAME", "set:" + n, "hash:" + n});
          client.run({"ZADD", "zset:" + n, "9", "another"});
          client.run({"XADD", "stream:" + n, "*", "f", "v"});
          client.run({"SET", "new:" + n, "x"});
        }
        client.run({"PEXPIREAT", "big hash", "1"});
        client.run({"SWAPDB", "0", "9"});
        client.run({"FLUSHDB"});
        client.run({"SWAPDB", "0", "9"});
        client.run({"FLUSHDB"});
        client.run({"SET", "new:1", "y"});
        CHECK_FALSE(std::filesystem::exists(server.folder() / "dump.rdb"));
        client.run({"CONFIG", "SET", "rdb-key-save-delay", "0"});
        wait_until_saved(client);
        CHECK(info(client, "rdb_last_bgsave_status") == "ok");
        CHECK(info(client, "rdb_saves") == "1");
        CHECK(std::stoll(info(client, "rdb_changes_since_last_save")) > 1000);
        CHECK(digest_of(server.folder()) == before);
        CHECK(std::stoll(info(client, "rdb_last_cow_size")) > 1000);
        CHECK(client.run({"DBSIZE"}) == "1");
        CHECK(client.run({"BGSAVE"}) == "Background saving started");
        wait_until_saved(client);
        CHECK(digest_of(server.folder()) == digest(client));
        CHECK(info(client, "rdb_changes_since_last_save") == "0");
        CHECK(client.run({"BGSAVE", "NONSENSE"}) == "!ERR syntax error");
      },
      kNoStore);
}

TEST_CASE("what a BGSAVE that fails leaves behind is the older snapshot, and writes are refused") {
  on_one_core_and_four(
      [](Connection& client, TestServer& server) {
        client.run({"CONFIG", "SET", "save", "3600 1000000"});
        client.run({"SET", "a", "1"});
        std::filesystem::create_directories(server.folder() / "dump.rdb" / "inside");
        CHECK(client.run({"BGSAVE"}) == "Background saving started");
        wait_until_saved(client);
        CHECK(info(client, "rdb_last_bgsave_status") == "err");
        CHECK(client.run({"SET", "a", "2"}).starts_with("!MISCONF Redis is configured to save"));
        CHECK(client.run({"PING"}).starts_with("!MISCONF Redis is configured to save"));
        CHECK(client.run({"GET", "a"}) == "\"1\"");
        CHECK(client.run({"READSTATE.ACK", "u", "1", "2"}).starts_with("!MISCONF") == false);
        client.run({"MULTI"});
        CHECK(client.run({"SET", "a", "2"}).starts_with("!MISCONF Redis is configured to save"));
        CHECK(client.run({"EXEC"}) ==
              "!EXECABORT Transaction discarded because of previous errors.");
        client.run({"CONFIG", "SET", "stop-writes-on-bgsave-error", "no"});
        CHECK(client.run({"SET", "a", "2"}) == "OK");
        client.run({"CONFIG", "SET", "stop-writes-on-bgsave-error", "yes"});
        std::filesystem::remove_all(server.folder() / "dump.rdb");
        CHECK(client.run({"BGSAVE"}) == "Background saving started");
        wait_until_saved(client);
        CHECK(client.run({"SET", "a", "3"}) == "OK");
      },
      kNoStore);
}

TEST_CASE("FLUSHALL ends a BGSAVE, and leaves a file without keys where `save` has points") {
  on_one_core_and_four(
      [](Connection& client, TestServer& server) {
        fill(client);
        client.run({"CONFIG", "SET", "rdb-key-save-delay", "10000000"});
        CHECK(client.run({"BGSAVE"}) == "Background saving started");
        CHECK(client.run({"FLUSHALL"}) == "OK");
        wait_until_saved(client);
        CHECK_FALSE(std::filesystem::exists(server.folder() / "dump.rdb"));
        CHECK(info(client, "rdb_last_bgsave_status") == "ok");
        CHECK(info(client, "rdb_saves") == "0");
        client.run({"CONFIG", "SET", "save", "3600 1000000", "rdb-key-save-delay", "0"});
        client.run({"SET", "a", "1"});
        CHECK(client.run({"SAVE"}) == "OK");
        CHECK(client.run({"FLUSHALL"}) == "OK");
        wait_until_saved(client);
        CHECK(digest_of(server.folder()) == digest(client));
        // Also where it has to end another one first.
        client.run({"MSET", "a", "1", "b", "2", "c", "3"});
        client.run({"CONFIG", "SET", "rdb-key-save-delay", "10000000"});
        CHECK(client.run({"BGSAVE"}) == "Background saving started");
        CHECK(client.run({"FLUSHALL"}) == "OK");
        client.run({"CONFIG", "SET", "rdb-key-save-delay", "0"});
        wait_until_saved(client);
        CHECK(info(client, "rdb_changes_since_last_save") == "0");
        CHECK(digest_of(server.folder()) == digest(client));
      },
      kNoStore);
}

TEST_CASE("snapshots are made when `save` says so") {
  on_one_core_and_four(
      [](Connection& client, TestServer& server) {
        client.run({"MSET", "a", "1", "b", "2", "c", "3"});
        while (info(client, "rdb_saves") == "0") {
        }
        CHECK(digest_of(server.folder()) == digest(client));
      },
      std::string(kNoStore) + "save 1 3\n");
}

TEST_CASE("a server that ends in the midst of a BGSAVE leaves the newer snapshot") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    const TempFolder folder;
    std::string last;
    {
      TestServer server(
          {.cores = cores,
           .config = in(folder.path()) + "save 3600 1000000\nrdb-key-save-delay 10000000\n"});
      Connection client(server.port());
      fill(client);
      CHECK(client.run({"BGSAVE"}) == "Background saving started");
      client.run({"SET", "a", "1"});
      last = digest(client);
      CHECK(server.stop() == 0);
    }
    CHECK(digest_of(folder.path()) == last);
  }
}
