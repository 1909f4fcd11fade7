// What the embedded store can do on this machine: one store thread's worth of commits and loads of
// users with 50 read states, the size that shared figures speak of.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "storage/base/ensure.hpp"
#include "storage/persist/rocksdb_store.hpp"

namespace {

using tidemark::storage::LoadedUser;
using tidemark::storage::RocksDbStore;
using tidemark::storage::Row;
using tidemark::storage::Store;
using tidemark::storage::UserCommit;
using Clock = std::chrono::steady_clock;

constexpr int64_t kChannels = 50;
constexpr size_t kCommitUsers = 256;  // as write-behind batches them
constexpr size_t kLoadUsers = 64;
constexpr double kSeconds = 3;  // of each measurement
constexpr int64_t kSnowflake = int64_t{1} << 60;

class Benchmark {
 public:
  Benchmark(Store& store, int64_t users) : store_(store), users_(users) {}

  void fill() {
    const auto start = Clock::now();
    for (int64_t first = 0; first < users_; first += static_cast<int64_t>(kCommitUsers)) {
      std::vector<UserCommit> commits;
      for (int64_t u = first; u < users_ && commits.size() < kCommitUsers; ++u) {
        commits.push_back(whole_user(u));
      }
      ENSURE(store_.commit(commits));
    }
    report("fill, 50 rows a user", users_, start);
  }

  template <typename MakeCommit>
  void commits(const char* name, MakeCommit make) {
    int64_t done = 0;
    const auto start = Clock::now();
    while (elapsed(start) < kSeconds) {
      std::vector<UserCommit> batch;
      for (size_t i = 0; i < kCommitUsers; ++i) batch.push_back(make(some_user()));
      ENSURE(store_.commit(batch));
      done += static_cast<int64_t>(batch.size());
    }
    report(name, done, start);
  }

  void loads() {
    int64_t done = 0;
    const auto start = Clock::now();
    while (elapsed(start) < kSeconds) {
      std::vector<std::string> users;
      for (size_t i = 0; i < kLoadUsers; ++i) users.push_back(user_name(some_user()));
      std::vector<LoadedUser> loaded;
      ENSURE(store_.load(users, loaded));
      for (const LoadedUser& user : loaded) ENSURE(user.rows.size() >= kChannels);
      done += static_cast<int64_t>(loaded.size());
    }
    report("load, 50 rows a user, at random", done, start);
  }

  UserCommit whole_user(int64_t u) {
    UserCommit commit = one_row(u);
    commit.rows.clear();
    for (int64_t c = 0; c < kChannels; ++c) commit.rows.push_back(row(c));
    return commit;
  }
  UserCommit one_row(int64_t u) {
    ++version_;
    return {.user = user_name(u), .version = version_, .rows = {row(u % kChannels)}};
  }
  UserCommit one_delta(int64_t u) {
    ++version_;
    return {.user = user_name(u),
            .deltas = {{.id = {.type = 0, .channel = kSnowflake + u % kChannels * 977},
                        .message_id = kSnowflake * 2 + version_,
                        .mentions = 1,
                        .version = version_}}};
  }

 private:
  static double elapsed(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }
  static void report(const char* name, int64_t users, Clock::time_point start) {
    const double seconds = elapsed(start);
    std::printf("%-34s %9.0f users/s\n", name, static_cast<double>(users) / seconds);
    std::fflush(stdout);
  }
  static std::string user_name(int64_t u) { return "user:" + std::to_string(kSnowflake + u * 31); }

  int64_t some_user() { return std::uniform_int_distribution<int64_t>(0, users_ - 1)(random_); }
  Row row(int64_t channel) const {
    return {.id = {.type = 0, .channel = kSnowflake + channel * 977},
            .mark = kSnowflake + version_ % 1'000'000'007,
            .mentions = channel % 10 == 0 ? 1 : 0,
            .version = version_};
  }

  Store& store_;
  const int64_t users_;
  int64_t version_ = 1'700'000'000'000'000;
  std::mt19937_64 random_{1};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s EMPTY_DIRECTORY USERS\n", argv[0]);
    return 2;
  }
  try {
    const std::unique_ptr<RocksDbStore> store = RocksDbStore::open({.path = argv[1]});
    Benchmark benchmark(*store, std::max<int64_t>(std::atoll(argv[2]), 1));
    benchmark.fill();
    benchmark.loads();
    benchmark.commits("commit, 1 row of a user", [&](int64_t u) { return benchmark.one_row(u); });
    benchmark.commits("commit, 1 delta of a user",
                      [&](int64_t u) { return benchmark.one_delta(u); });
    benchmark.commits("commit, 50 rows of a user",
                      [&](int64_t u) { return benchmark.whole_user(u); });
    benchmark.loads();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
