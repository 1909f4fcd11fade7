#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "storage/persist/rocksdb_store.hpp"
#include "tests/storage/persist/temp_directory.hpp"

namespace tidemark::storage {
namespace {

const std::vector<std::string> kUsers = {
    "a", "aa",       std::string("a\0", 2), std::string("a\0\x10", 3),
    "b", "\xff\xff", std::string(512, 'u')};

// What the store should hold, and a stream of changes as a partition would make them.
class Model {
 public:
  explicit Model(uint32_t seed) : random_(seed) {}

  size_t below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }

  // One change of one user, which the model has made too.
  UserCommit change() {
    UserCommit commit{.user = kUsers[below(kUsers.size())]};
    LoadedUser& user = users_[commit.user];
    version_ += 1 + static_cast<int64_t>(below(3));
    if (below(2) == 0) {
      add_deltas(commit, user);
    } else {
      add_rows(commit, user);
    }
    return commit;
  }

  const std::map<std::string, LoadedUser>& users() const { return users_; }
  int64_t version() const { return version_; }

 private:
  RowId some_id() {
    return {.type = static_cast<uint8_t>(below(2) * 15), .channel = static_cast<int64_t>(below(6))};
  }

  void add_deltas(UserCommit& commit, LoadedUser& user) {
    for (size_t n = 1 + below(4); n > 0; --n) {
      commit.deltas.push_back({.id = some_id(),
                               .message_id = static_cast<int64_t>(below(100)),
                               .mentions = static_cast<int32_t>(below(5)) - 2,
                               .unread = static_cast<int32_t>(below(5)) - 2,
                               .version = ++version_});
    }
    apply_deltas(commit.deltas, user);
  }

  void add_rows(UserCommit& commit, LoadedUser& user) {
    commit.version = version_;
    if (below(8) == 0) {
      const uint16_t masks[] = {kEveryType, 1, 1 << 15, 0x7ffe, 0x8001};
      commit.erased_types = masks[below(5)];
      std::erase_if(user.rows,
                    [&](const Row& row) { return (commit.erased_types >> row.id.type & 1) != 0; });
      user.last_deletion = version_;
    }
    for (size_t n = below(3); n > 0; --n) {
      commit.erased.push_back(some_id());
      std::erase_if(user.rows, [&](const Row& row) { return row.id == commit.erased.back(); });
      user.last_deletion = version_;
    }
    for (size_t n = below(4); n > 0; --n) {
      const Row row{.id = some_id(),
                    .mark = static_cast<int64_t>(below(100)),
                    .mentions = static_cast<int32_t>(below(9)),
                    .unread = static_cast<int32_t>(below(9)),
                    .flags = static_cast<uint8_t>(below(256)),
                    .manual = below(2) == 0,
                    .version = version_};
      std::erase_if(user.rows, [&](const Row& old) { return old.id == row.id; });
      user.rows.push_back(row);
      commit.rows.push_back(row);
    }
    std::ranges::sort(user.rows, {}, &Row::id);
    user.version = version_;
    commit.last_deletion = user.last_deletion;
  }

  std::mt19937 random_;
  int64_t version_ = 0;
  std::map<std::string, LoadedUser> users_;
};

void compare(Store& store, const Model& model) {
  std::vector<LoadedUser> loaded;
  REQUIRE(store.load(kUsers, loaded));
  for (size_t i = 0; i < kUsers.size(); ++i) {
    const auto expected = model.users().find(kUsers[i]);
    const LoadedUser user = expected == model.users().end() ? LoadedUser() : expected->second;
    REQUIRE(loaded[i].rows == user.rows);
    REQUIRE(loaded[i].version == user.version);
    REQUIRE(loaded[i].last_deletion == user.last_deletion);
  }
  int64_t ceiling = 0;
  REQUIRE(store.version_ceiling(ceiling));
  REQUIRE(ceiling == model.version());
}

}  // namespace

TEST_CASE("any run of commits, repeats, compactions and restarts ends as the model does") {
  const uint32_t seed = std::random_device()();
  CAPTURE(seed);
  const TempDirectory directory;
  // Memtables so small that most of the run is read from files of several levels.
  const RocksDbStore::Options options{.path = directory.path(), .memtable_bytes = 128 << 10};
  std::unique_ptr<RocksDbStore> store = RocksDbStore::open(options);
  Model model(seed);
  for (int step = 0; step < 3000; ++step) {
    std::vector<UserCommit> commits;
    for (size_t n = 1 + model.below(4); n > 0; --n) commits.push_back(model.change());
    REQUIRE(store->commit(commits));
    if (model.below(4) == 0) REQUIRE(store->commit(commits));  // made again after a lost answer
    if (model.below(10) == 0) compare(*store, model);
    if (model.below(300) == 0) REQUIRE(store->compact());
    if (model.below(300) == 0) {
      store.reset();
      store = RocksDbStore::open(options);
    }
  }
  compare(*store, model);
}

}  // namespace tidemark::storage
