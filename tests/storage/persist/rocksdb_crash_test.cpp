// What survives a process that is killed. The child is this program again, run with a test case
// that is skipped otherwise.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "storage/persist/rocksdb_store.hpp"
#include "tests/storage/persist/temp_directory.hpp"

namespace tidemark::storage {
namespace {

constexpr const char* kChildCase = "child: commits until it is killed";
constexpr const char* kPathVariable = "TIDEMARK_TEST_STORE_PATH";
constexpr int kAckFd = 3;  // where the child says what has been committed
constexpr int64_t kUsers = 7;

std::string user_name(int64_t n) { return "user" + std::to_string(n % kUsers); }

class Child {
 public:
  explicit Child(const std::string& path) {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    acks_ = ends[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], kAckFd);
    std::string self = "/proc/self/exe";
    std::string no_skip = "--no-skip";
    std::string quiet = "--out=/dev/null";
    std::string only = std::string("--test-case=") + kChildCase;
    char* const arguments[] = {self.data(), no_skip.data(), quiet.data(), only.data(), nullptr};
    setenv(kPathVariable, path.c_str(), 1);
    REQUIRE(posix_spawn(&pid_, self.c_str(), &actions, nullptr, arguments, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    unsetenv(kPathVariable);
    close(ends[1]);
  }
  ~Child() {
    kill_and_wait();
    close(acks_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }

  // How many commits the child has told of, waiting for at least one more; -1 after its end.
  int64_t next_ack() {
    int64_t ack = -1;
    return read(acks_, &ack, sizeof ack) == sizeof ack ? ack : -1;
  }

  void kill_and_wait() {
    if (pid_ == 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
  int acks_ = -1;
};

}  // namespace

// Commit n gives its user the mark n on channel n, and one mention on channel 0.
TEST_CASE("child: commits until it is killed" * doctest::skip()) {
  const char* path = std::getenv(kPathVariable);
  REQUIRE(path != nullptr);
  const auto store = RocksDbStore::open({.path = path, .memtable_bytes = 128 << 10});
  for (int64_t n = 1;; ++n) {
    const std::vector<UserCommit> commits = {
        {.user = user_name(n),
         .version = 2 * n,
         .rows = {{.id = {.type = 1, .channel = n}, .mark = n, .version = 2 * n}}},
        {.user = user_name(n),
         .deltas = {{.id = {.type = 0, .channel = 0},
                     .message_id = n,
                     .mentions = 1,
                     .version = 2 * n + 1}}}};
    // On a busy machine RocksDB asks for time now and then, and the commit is made again.
    while (!store->commit(commits)) {
    }
    REQUIRE(write(kAckFd, &n, sizeof n) == sizeof n);
  }
}

TEST_CASE("every commit acknowledged before a kill is there, whole, and nothing is counted twice") {
  for (const int64_t acks_before_kill : {1, 50, 4000}) {
    const TempDirectory directory;
    int64_t acknowledged = 0;
    {
      Child child(directory.path());
      while (acknowledged < acks_before_kill) {
        const int64_t ack = child.next_ack();
        REQUIRE(ack > 0);
        acknowledged = ack;
      }
      child.kill_and_wait();
      for (int64_t ack = child.next_ack(); ack > 0; ack = child.next_ack()) acknowledged = ack;
    }
    const auto store = RocksDbStore::open({.path = directory.path()});
    int64_t ceiling = 0;
    REQUIRE(store->version_ceiling(ceiling));
    const int64_t survived = ceiling / 2;
    CHECK(survived >= acknowledged);
    CHECK(survived <= acknowledged + 1);  // one may have been under way
    for (int64_t u = 0; u < kUsers; ++u) {
      const std::string user = user_name(u);
      std::vector<LoadedUser> loaded;
      REQUIRE(store->load({&user, 1}, loaded));
      const int64_t expected = survived / kUsers + (u > 0 && survived % kUsers >= u ? 1 : 0);
      if (expected == 0) continue;
      REQUIRE(static_cast<int64_t>(loaded[0].rows.size()) == expected + 1);
      CHECK(loaded[0].rows[0].mentions == expected);
      CHECK(loaded[0].rows[1].id.channel == (u == 0 ? kUsers : u));
    }
  }
}

TEST_CASE("a store that another process has open is refused, and the process named") {
  const TempDirectory directory;
  Child child(directory.path());
  REQUIRE(child.next_ack() > 0);
  std::string error;
  try {
    RocksDbStore::open({.path = directory.path()});
  } catch (const StoreOpenError& caught) {
    error = caught.what();
  }
  CHECK_MESSAGE(error.ends_with("is in use by process " + std::to_string(child.pid())), error);
}

}  // namespace tidemark::storage
