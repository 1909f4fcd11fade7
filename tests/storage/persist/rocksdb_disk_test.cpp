// What the store makes of a disk that fails it for a while: nothing is lost, what can be read is
// read, and it heals by itself.
#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "storage/persist/rocksdb_store.hpp"
#include "tests/fault/fault_disk.hpp"
#include "tests/storage/persist/temp_directory.hpp"

namespace tidemark::storage {
namespace {

namespace fs = std::filesystem;

struct StoreOnFaultDisk {
  fs::path path() const { return directory.path() / "data"; }
  void open() {
    store = RocksDbStore::open({.path = path(), .memtable_bytes = 128 << 10, .env = disk.env()});
  }
  void reopen() {
    store.reset();
    open();
  }
  StoreOnFaultDisk() { open(); }

  const TempDirectory directory;
  fault::FaultDisk disk;
  std::unique_ptr<RocksDbStore> store;
};

LoadedUser load_one(RocksDbStore& store, const std::string& user) {
  std::vector<LoadedUser> loaded;
  const StoreStatus status = store.load({&user, 1}, loaded);
  CHECK_MESSAGE(status, status.reason);
  REQUIRE(loaded.size() == 1);
  return loaded[0];
}

UserCommit with_mark(const std::string& user, int64_t mark, int64_t version) {
  return {.user = user,
          .version = version,
          .rows = {{.id = {.type = 0, .channel = 1}, .mark = mark, .version = version}}};
}

UserCommit with_mention(const std::string& user, int64_t version) {
  return {.user = user,
          .deltas = {{.id = {.type = 0, .channel = 1},
                      .message_id = 1000,
                      .mentions = 1,
                      .version = version}}};
}

std::string commit_error(RocksDbStore& store, const UserCommit& commit) {
  const StoreStatus status = store.commit({&commit, 1});
  CHECK_FALSE(status.permanent);
  return status.reason;
}

void commit(RocksDbStore& store, const UserCommit& one) { REQUIRE(commit_error(store, one) == ""); }

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string user(int i) { return "user" + std::to_string(i); }

}  // namespace

TEST_CASE("a full disk fails commits, spares reads, and heals when there is space") {
  StoreOnFaultDisk on;
  commit(*on.store, with_mention("ann", 5));
  on.disk.full = true;
  for (int attempt = 0; attempt < 3; ++attempt) {
    CHECK(contains(commit_error(*on.store, with_mention("ann", 6)), "No space left on device"));
    CHECK(load_one(*on.store, "ann").rows[0].mentions == 1);
  }
  on.disk.full = false;
  commit(*on.store, with_mention("ann", 6));
  CHECK(load_one(*on.store, "ann").rows[0].mentions == 2);
  REQUIRE(on.store->sync());
  on.reopen();
  CHECK(load_one(*on.store, "ann").rows[0].mentions == 2);
}

TEST_CASE("a disk that takes nothing more is still read, and heals when it works again") {
  StoreOnFaultDisk on;
  commit(*on.store, with_mark("ann", 1, 5));
  on.disk.broken = true;
  for (int64_t version = 6; version < 10; ++version) {
    CHECK(contains(commit_error(*on.store, with_mark("ann", 2, version)), "Input/output error"));
    CHECK(load_one(*on.store, "ann").rows[0].mark == 1);
    int64_t ceiling = 0;
    CHECK(on.store->version_ceiling(ceiling));
    CHECK(ceiling == 5);
  }
  on.disk.broken = false;
  commit(*on.store, with_mark("ann", 2, 10));
  CHECK(load_one(*on.store, "ann").rows[0].mark == 2);
  on.reopen();
  CHECK(load_one(*on.store, "ann").rows[0].mark == 2);
}

TEST_CASE("a store that can be closed and not be opened again is read as it lies on the disk") {
  StoreOnFaultDisk on;
  for (int i = 0; i < 10; ++i) commit(*on.store, with_mark(user(i), 1, 5 + i));
  on.disk.broken = true;
  CHECK(commit_error(*on.store, with_mark("ann", 1, 20)) != "");
  on.disk.manifests_fail = true;
  on.disk.broken = false;
  for (int attempt = 0; attempt < 3; ++attempt) {
    CHECK(contains(commit_error(*on.store, with_mark("ann", 1, 20)), "cannot be opened"));
    for (int i = 0; i < 10; ++i) CHECK(load_one(*on.store, user(i)).rows[0].mark == 1);
    CHECK(load_one(*on.store, "ann").rows.empty());
    int64_t ceiling = 0;
    CHECK(on.store->version_ceiling(ceiling));
    CHECK(ceiling == 14);
  }
  on.disk.manifests_fail = false;
  commit(*on.store, with_mark("ann", 1, 20));
  for (int i = 0; i < 10; ++i) commit(*on.store, with_mark(user(i), 2, 21 + i));
  on.reopen();
  CHECK(load_one(*on.store, "ann").rows[0].mark == 1);
  for (int i = 0; i < 10; ++i) CHECK(load_one(*on.store, user(i)).rows[0].mark == 2);
}

TEST_CASE("after a failed fsync what was committed is written anew") {
  StoreOnFaultDisk on;
  commit(*on.store, with_mark("ann", 1, 5));
  on.disk.sync_fails = true;
  CHECK_FALSE(on.store->sync());
  REQUIRE(on.store->sync());
  on.reopen();
  CHECK(load_one(*on.store, "ann").rows.size() == 1);
}

TEST_CASE("where the log fits and tables do not, what was committed is kept, and written later") {
  StoreOnFaultDisk on;
  on.disk.tables_full = true;
  int64_t version = 0;
  int committed = 0;
  // Until the memtables are full and cannot be flushed.
  for (; committed < 1'000'000; ++committed) {
    const std::string error = commit_error(*on.store, with_mark(user(committed), 1, ++version));
    if (error.empty()) continue;
    CHECK_MESSAGE(contains(error, "No space left on device"), error);
    break;
  }
  CHECK(committed > 100);
  CHECK(committed < 1'000'000);
  CHECK(load_one(*on.store, user(0)).rows.size() == 1);
  CHECK(load_one(*on.store, user(committed - 1)).rows.size() == 1);
  on.disk.tables_full = false;
  commit(*on.store, with_mark("last", 1, ++version));
  on.reopen();
  for (int i = 0; i < committed; ++i) {
    CAPTURE(i);
    REQUIRE(load_one(*on.store, user(i)).rows.size() == 1);
  }
  CHECK(load_one(*on.store, "last").rows.size() == 1);
}

TEST_CASE("a store that goes away is waited for, and not made anew") {
  StoreOnFaultDisk on;
  commit(*on.store, with_mark("ann", 1, 5));
  on.disk.broken = true;
  CHECK(commit_error(*on.store, with_mark("ann", 2, 6)) != "");
  CHECK(commit_error(*on.store, with_mark("ann", 2, 6)) != "");

  const fs::path elsewhere = on.directory.path() / "elsewhere";
  fs::rename(on.path(), elsewhere);
  on.disk.broken = false;
  CHECK(commit_error(*on.store, with_mark("ann", 2, 6)) ==
        "the read state store in '" + on.path().string() + "' is gone");
  CHECK_FALSE(fs::exists(on.path()));
  // An empty directory, as where nothing is mounted, is no store either.
  fs::create_directory(on.path());
  CHECK(contains(commit_error(*on.store, with_mark("ann", 2, 6)), "is gone"));
  CHECK(fs::is_empty(on.path()));
  // It can still be read, as long as its files are open.
  CHECK(load_one(*on.store, "ann").rows[0].mark == 1);

  fs::remove(on.path());
  fs::rename(elsewhere, on.path());
  CHECK(load_one(*on.store, "ann").rows[0].mark == 1);
  commit(*on.store, with_mark("ann", 2, 6));
  CHECK(load_one(*on.store, "ann").rows[0].mark == 2);
}

TEST_CASE("another store in the place of the one that was open is left alone") {
  StoreOnFaultDisk on;
  const fs::path other = on.directory.path() / "other";
  const fs::path elsewhere = on.directory.path() / "elsewhere";
  commit(*RocksDbStore::open({.path = other}), with_mark("ann", 9, 9));
  commit(*on.store, with_mark("ann", 1, 5));
  on.disk.broken = true;
  CHECK(commit_error(*on.store, with_mark("ann", 2, 6)) != "");
  fs::rename(on.path(), elsewhere);
  fs::rename(other, on.path());
  on.disk.broken = false;
  CHECK(contains(commit_error(*on.store, with_mark("ann", 2, 6)), "is another one"));
  fs::rename(on.path(), other);
  fs::rename(elsewhere, on.path());
  commit(*on.store, with_mark("ann", 2, 6));
  CHECK(load_one(*on.store, "ann").rows[0].mark == 2);
  CHECK(load_one(*RocksDbStore::open({.path = other}), "ann").rows[0].mark == 9);
}

TEST_CASE("opening says whether it made the store") {
  StoreOnFaultDisk on;
  CHECK(on.store->is_new());
  on.reopen();
  CHECK_FALSE(on.store->is_new());
}

}  // namespace tidemark::storage
