#include <doctest/doctest.h>
#include <rocksdb/db.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "storage/persist/rocksdb_store.hpp"
#include "tests/storage/persist/temp_directory.hpp"

namespace tidemark::storage {
namespace {

namespace fs = std::filesystem;

// Why a store cannot be opened; empty where it can.
std::string open_error(const fs::path& path) {
  try {
    RocksDbStore::open({.path = path});
    return "";
  } catch (const StoreOpenError& error) {
    return error.what();
  }
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void make_store(const fs::path& path) {
  const auto store = RocksDbStore::open({.path = path});
  const std::vector<UserCommit> commits = {
      {.user = "ann", .version = 1, .rows = {{.id = {.type = 0, .channel = 1}, .version = 1}}}};
  REQUIRE(store->commit(commits));
  REQUIRE(store->compact());  // so that there is a table file
}

std::vector<fs::path> files_of(const fs::path& path, const std::string& prefix,
                               const std::string& suffix) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(suffix)) files.push_back(entry.path());
  }
  return files;
}

void overwrite(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }

}  // namespace

TEST_CASE("a missing directory is created with its parents") {
  const TempDirectory directory;
  CHECK(open_error(directory.path() / "a" / "b") == "");
  CHECK(fs::is_directory(directory.path() / "a" / "b"));
}

TEST_CASE("a path that is a file, or beneath one, is named as such") {
  const TempDirectory directory;
  const fs::path file = directory.path() / "file";
  overwrite(file, "x");
  CHECK(open_error(file) == "store-path '" + file.string() + "' is not a directory");
  CHECK(contains(open_error(file / "below"), "cannot create store-path"));
}

TEST_CASE("a directory that may not be used is named as such") {
  const TempDirectory directory;
  const fs::path path = directory.path() / "sealed";
  fs::create_directory(path);
  for (const fs::perms permissions :
       {fs::perms::owner_read | fs::perms::owner_exec, fs::perms::owner_write, fs::perms::none}) {
    fs::permissions(path, permissions);
    // Root may do everything, and is somebody else for the time being.
    const bool root = geteuid() == 0;
    if (root) fs::permissions(directory.path(), fs::perms::all);
    if (root) REQUIRE(seteuid(65534) == 0);
    const std::string error = open_error(path);
    if (root) REQUIRE(seteuid(0) == 0);
    CHECK(error ==
          "store-path '" + path.string() + "' cannot be read and written: Permission denied");
  }
  fs::permissions(path, fs::perms::owner_all);
}

TEST_CASE("a store that this process has open is not opened twice") {
  const TempDirectory directory;
  const auto store = RocksDbStore::open({.path = directory.path()});
  CHECK(contains(open_error(directory.path()), "in use by this process already"));
}

TEST_CASE("damage to the files that hold a store together is called corruption") {
  const TempDirectory directory;
  const fs::path path = directory.path();
  make_store(path);
  SUBCASE("CURRENT names nothing") { overwrite(path / "CURRENT", "nonsense\n"); }
  SUBCASE("CURRENT is gone") { fs::remove(path / "CURRENT"); }
  SUBCASE("the MANIFEST is gone") {
    for (const fs::path& file : files_of(path, "MANIFEST-", "")) fs::remove(file);
  }
  SUBCASE("the MANIFEST is garbage") {
    for (const fs::path& file : files_of(path, "MANIFEST-", "")) {
      overwrite(file, std::string(4096, 'x'));
    }
  }
  SUBCASE("a table file is gone") {
    const std::vector<fs::path> tables = files_of(path, "", ".sst");
    REQUIRE_FALSE(tables.empty());
    fs::remove(tables.front());
  }
  SUBCASE("a table file is cut short") {
    const std::vector<fs::path> tables = files_of(path, "", ".sst");
    REQUIRE_FALSE(tables.empty());
    fs::resize_file(tables.front(), fs::file_size(tables.front()) / 2);
  }
  const std::string error = open_error(path);
  CHECK_MESSAGE(contains(error, "is corrupt"), error);
  CHECK_MESSAGE(contains(error, path.string()), error);
}

TEST_CASE("a log that ends in the middle of a record loses that record alone") {
  const TempDirectory directory;
  const fs::path image = directory.path() / "image";
  {
    const auto store = RocksDbStore::open({.path = directory.path() / "data"});
    for (int64_t version = 1; version <= 10; ++version) {
      const std::vector<UserCommit> commits = {{.user = "ann", .version = version}};
      REQUIRE(store->commit(commits));
    }
    fs::copy(directory.path() / "data", image);  // as a crash would leave it
  }
  const std::vector<fs::path> logs = files_of(image, "", ".log");
  REQUIRE(logs.size() == 1);
  fs::resize_file(logs.front(), fs::file_size(logs.front()) - 1);
  const auto store = RocksDbStore::open({.path = image});
  const std::vector<std::string> users = {"ann"};
  std::vector<LoadedUser> loaded;
  REQUIRE(store->load(users, loaded));
  CHECK(loaded[0].version == 9);
}

TEST_CASE("a store of a newer format is refused and left alone") {
  const TempDirectory directory;
  const fs::path path = directory.path();
  rocksdb::DB* db = nullptr;
  rocksdb::Options options;
  options.create_if_missing = true;
  REQUIRE(rocksdb::DB::Open(options, path, &db).ok());
  SUBCASE("told by its format") {
    REQUIRE(db->Put({}, "format", "2").ok());
    delete db;
    CHECK(contains(open_error(path), "its format is 2, this program knows 1"));
    CHECK(contains(open_error(path), "newer version"));
  }
  SUBCASE("told by a column family that we do not know") {
    rocksdb::ColumnFamilyHandle* family = nullptr;
    REQUIRE(db->CreateColumnFamily({}, "future", &family).ok());
    REQUIRE(db->DestroyColumnFamilyHandle(family).ok());
    delete db;
    CHECK(contains(open_error(path), "column family 'future' is unknown"));
    CHECK(contains(open_error(path), "newer version"));
  }
}

}  // namespace tidemark::storage
