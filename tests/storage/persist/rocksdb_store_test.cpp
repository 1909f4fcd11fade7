#include "storage/persist/rocksdb_store.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/storage/persist/temp_directory.hpp"

namespace tidemark::storage {
namespace {

std::unique_ptr<RocksDbStore> open_in(const TempDirectory& directory) {
  return RocksDbStore::open({.path = directory.path() / "data"});
}

LoadedUser load_one(RocksDbStore& store, const std::string& user) {
  std::vector<LoadedUser> loaded;
  const StoreStatus status = store.load({&user, 1}, loaded);
  CHECK_MESSAGE(status, status.reason);
  REQUIRE(loaded.size() == 1);
  return loaded[0];
}

UserCommit with_rows(const std::string& user, int64_t version, std::vector<Row> rows) {
  return {.user = user, .version = version, .rows = std::move(rows)};
}

Row row_of(int64_t channel, int64_t mark, int64_t version) {
  return {.id = {.type = 0, .channel = channel}, .mark = mark, .version = version};
}

UserCommit with_delta(const std::string& user, int64_t channel, int32_t mentions, int64_t version) {
  return {.user = user,
          .deltas = {{.id = {.type = 0, .channel = channel},
                      .message_id = 1000,
                      .mentions = mentions,
                      .version = version}}};
}

void commit(Store& store, const std::vector<UserCommit>& commits) {
  const StoreStatus status = store.commit(commits);
  REQUIRE_MESSAGE(status, status.reason);
}

}  // namespace

TEST_CASE("what is committed is loaded, also by the next process, sorted and user by user") {
  const TempDirectory directory;
  const Row second = row_of(2, 20, 5);
  const Row first = row_of(1, 10, 5);
  const Row other_type = {.id = {.type = 3, .channel = 0},
                          .mark = 1,
                          .mentions = 2,
                          .unread = 3,
                          .flags = 4,
                          .manual = true,
                          .version = 6};
  {
    const auto store = open_in(directory);
    commit(*store, {with_rows("ann", 6, {other_type, second, first}), with_rows("bob", 3, {})});
  }
  const auto store = open_in(directory);
  const std::vector<std::string> users = {"bob", "nobody", "ann", "ann"};
  std::vector<LoadedUser> loaded;
  REQUIRE(store->load(users, loaded));
  REQUIRE(loaded.size() == 4);
  CHECK(loaded[0].version == 3);
  CHECK(loaded[0].rows.empty());
  CHECK(loaded[1].version == 0);
  CHECK(loaded[2].version == 6);
  CHECK(loaded[2].rows == std::vector<Row>{first, second, other_type});
  CHECK(loaded[3].rows == loaded[2].rows);
}

TEST_CASE("deltas of a user who was never loaded add up, and their versions are the user's") {
  const TempDirectory directory;
  const auto store = open_in(directory);
  commit(*store, {with_rows("ann", 5, {row_of(1, 10, 5)})});
  commit(*store, {with_delta("ann", 1, 2, 6)});
  commit(*store, {with_delta("ann", 1, 3, 7)});
  commit(*store, {with_delta("ann", 2, 1, 8)});
  REQUIRE(store->compact());
  commit(*store, {with_delta("ann", 2, 1, 9)});
  const LoadedUser ann = load_one(*store, "ann");
  CHECK(ann.version == 9);
  REQUIRE(ann.rows.size() == 2);
  CHECK(ann.rows[0].mentions == 5);
  CHECK(ann.rows[0].mark == 10);
  CHECK(ann.rows[1].mentions == 2);
}

TEST_CASE("a commit made twice counts its deltas once") {
  const TempDirectory directory;
  const auto store = open_in(directory);
  const std::vector<UserCommit> commits = {with_delta("ann", 1, 2, 6), with_delta("ann", 1, 3, 7)};
  commit(*store, commits);
  commit(*store, commits);
  REQUIRE(store->compact());
  commit(*store, commits);
  CHECK(load_one(*store, "ann").rows[0].mentions == 5);
}

TEST_CASE("deltas that come to nothing leave a user without rows and without a version") {
  const TempDirectory directory;
  const auto store = open_in(directory);
  commit(*store, {with_delta("ann", 1, -2, 6)});
  CHECK(load_one(*store, "ann").rows.empty());
  REQUIRE(store->compact());
  CHECK(load_one(*store, "ann").rows.empty());
  CHECK(load_one(*store, "ann").version == 0);
}

TEST_CASE("erasing a user leaves nobody else touched, and what the same commit writes stays") {
  const TempDirectory directory;
  const auto store = open_in(directory);
  commit(*store, {with_rows("a", 5, {row_of(1, 1, 5), row_of(2, 1, 5)}),
                  with_rows("aa", 5, {row_of(1, 1, 5)}), with_rows("b", 5, {row_of(1, 1, 5)})});
  UserCommit erase = with_rows("a", 7, {row_of(3, 9, 7)});
  erase.last_deletion = 6;
  erase.erased_types = kEveryType;
  commit(*store, {erase});
  const LoadedUser a = load_one(*store, "a");
  CHECK(a.rows == std::vector<Row>{row_of(3, 9, 7)});
  CHECK(a.version == 7);
  CHECK(a.last_deletion == 6);
  CHECK(load_one(*store, "aa").rows.size() == 1);
  CHECK(load_one(*store, "b").rows.size() == 1);
}

TEST_CASE("the version ceiling is the highest version ever committed, across restarts") {
  const TempDirectory directory;
  int64_t ceiling = -1;
  {
    const auto store = open_in(directory);
    REQUIRE(store->version_ceiling(ceiling));
    CHECK(ceiling == 0);
    commit(*store, {with_rows("ann", 50, {})});
    commit(*store, {with_delta("bob", 1, -1, 70)});
    commit(*store, {with_rows("cid", 60, {row_of(1, 1, 60)})});
  }
  const auto store = open_in(directory);
  REQUIRE(store->version_ceiling(ceiling));
  CHECK(ceiling == 70);
}

TEST_CASE("a batch with an invalid row is refused for good and nothing of it is written") {
  const TempDirectory directory;
  const auto store = open_in(directory);
  const std::vector<UserCommit> bad[] = {
      {with_rows("good", 1, {row_of(1, 1, 1)}), with_rows("", 1, {})},
      {with_rows("good", 1, {row_of(1, 1, 1)}), with_rows(std::string(513, 'x'), 1, {})},
      {with_rows("good", 1, {row_of(1, 1, 1)}), with_rows("bad\n", 1, {row_of(-1, 1, 1)})},
      {with_rows("good", 1, {row_of(1, 1, 1)}),
       with_rows("bad", 1, {{.id = {.type = 16, .channel = 1}, .version = 1}})},
  };
  for (const std::vector<UserCommit>& commits : bad) {
    const StoreStatus status = store->commit(commits);
    CHECK_FALSE(status);
    CHECK(status.permanent);
    CHECK(status.reason.find('\n') == std::string::npos);
  }
  CHECK(load_one(*store, "good").rows.empty());
}

}  // namespace tidemark::storage
