// Disks that are slow, full or not there, while a snapshot is saved.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using namespace tidemark::test;

namespace {

constexpr int kKeys = 80;
constexpr size_t kValueBytes = 100 << 10;

std::string persistence(Connection& client) { return client.run({"INFO", "persistence"}); }

int64_t early_bytes(Connection& client) {
  const std::string text = persistence(client);
  return std::stoll(text.substr(text.find("current_cow_size:") + 17));
}

void wait_until_saved(Connection& client) {
  while (persistence(client).find("rdb_bgsave_in_progress:1") != std::string::npos) {
  }
}

// A pipe in the place of the file: whoever writes waits until somebody reads.
class SlowDisk {
 public:
  explicit SlowDisk(const TestServer& server)
      : path_(server.folder() / ("temp-bg-" + std::to_string(getpid()) + ".rdb")) {
    REQUIRE(mkfifo(path_.c_str(), 0600) == 0);
  }
  // Takes everything until the other side is closed.
  void take_all() const {
    const int fd = open(path_.c_str(), O_RDONLY);
    std::array<char, 4096> bytes{};
    while (read(fd, bytes.data(), bytes.size()) > 0) {
    }
    close(fd);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("where the disk is slower than writes, they wait at a limit, and reads go on") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores,
                       .config = "store none\nsave \"\"\nrdbcompression no\n"
                                 "rdb-key-save-delay 10000000\nsnapshot-buffer-limit 1mb\n"});
    Connection writer(server.port());
    Connection reader(server.port());
    for (int i = 0; i < kKeys; ++i) {
      writer.run({"SET", "key:" + std::to_string(i), std::string(kValueBytes, 'x')});
    }
    const SlowDisk disk(server);
    CHECK(writer.run({"BGSAVE"}) == "Background saving started");
    for (int i = 0; i < kKeys; ++i) writer.send({"SET", "key:" + std::to_string(i), "new"});
    writer.begin({"MSET", "key:1", "2", "key:2", "2", "key:3", "2"});
    // Until it waits.
    while (reader.run({"CLIENT", "LIST"}).find("flags=b") == std::string::npos) {
    }
    for (int i = 0; i < 200; ++i) {
      REQUIRE(early_bytes(reader) < 2 << 20);
      CHECK(reader.run({"EXISTS", "key:0"}) == "1");
    }
    std::thread disk_at_work([&disk] { disk.take_all(); });
    for (int i = 0; i <= kKeys; ++i) CHECK(writer.receive() == "OK");
    CHECK(writer.run({"CONFIG", "SET", "rdb-key-save-delay", "0"}) == "OK");
    wait_until_saved(reader);
    disk_at_work.join();
    // It cannot be synced, so it is no snapshot.
    CHECK(persistence(reader).find("rdb_last_bgsave_status:err") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(server.folder() / "dump.rdb"));
    CHECK(writer.run({"BGSAVE"}) == "Background saving started");
    wait_until_saved(reader);
    CHECK(persistence(reader).find("rdb_last_bgsave_status:ok") != std::string::npos);
  }
}

TEST_CASE("a disk without room leaves the older snapshot, and the next one may succeed") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores, .config = "store none\nsave \"\"\n"});
    Connection client(server.port());
    for (int i = 0; i < kKeys; ++i) {
      client.run({"SET", "key:" + std::to_string(i), std::string(kValueBytes, 'x')});
    }
    CHECK(client.run({"SAVE"}) == "OK");
    const auto temporary = server.folder() / ("temp-bg-" + std::to_string(getpid()) + ".rdb");
    std::filesystem::create_symlink("/dev/full", temporary);
    const auto before = std::filesystem::last_write_time(server.folder() / "dump.rdb");
    CHECK(client.run({"BGSAVE"}) == "Background saving started");
    wait_until_saved(client);
    CHECK(persistence(client).find("rdb_last_bgsave_status:err") != std::string::npos);
    CHECK(std::filesystem::last_write_time(server.folder() / "dump.rdb") == before);
    CHECK(client.run({"BGSAVE"}) == "Background saving started");
    wait_until_saved(client);
    CHECK(persistence(client).find("rdb_last_bgsave_status:ok") != std::string::npos);
  }
}
