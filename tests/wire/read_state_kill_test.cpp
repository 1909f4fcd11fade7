#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/read_state_client.hpp"
#include "tests/wire/server_process.hpp"
#include "tests/wire/test_server.hpp"

// A server that is killed in the middle of its work has lost nothing but the last moment.
namespace tidemark::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kUsers = 2000;
constexpr int kChannels = 3;
constexpr std::chrono::milliseconds kCommitDelay{200};
// How late a commit may be on a machine that is busy with other things: the timer, the store's
// thread, the write itself.
constexpr std::chrono::milliseconds kLateness{3000};

std::string user(int i) { return "user:" + std::to_string(i); }

// The n-th acknowledgement of a user, n from 1: the channels take turns, so that the marks of all
// of them tell how many there were, and whether one is missing in between.
std::vector<std::string> acknowledgement(int i, int n) {
  return {"READSTATE.ACK", user(i), std::to_string(n % kChannels), std::to_string(n)};
}

int64_t mark_after(int n, int channel) {
  const int back = (n - channel + kChannels) % kChannels;
  return n - back > 0 ? n - back : 0;
}

// How many acknowledgements the user's state consists of; -1 where no number of them leads to it.
int recovered(Connection& client, int i) {
  const std::string reply = client.run({"READSTATE.GET", user(i), "0", "1", "2"});
  std::array<int64_t, kChannels> marks{};
  int64_t last = 0;
  size_t at = 0;
  for (int64_t& mark : marks) {
    if (element(reply, at) == "(nil)") {
      at += 1;
      continue;
    }
    mark = std::stoll(element(reply, at + 5).substr(1));
    at += 16;
    last = std::max(last, mark);
  }
  for (int channel = 0; channel < kChannels; ++channel) {
    if (marks[static_cast<size_t>(channel)] != mark_after(static_cast<int>(last), channel))
      return -1;
  }
  return static_cast<int>(last);
}

TEST_CASE(
    "after kill -9 every user has a prefix of what was acknowledged, short of the last moment") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    const TempFolder folder;
    const std::vector<std::string> options = {
        "--cores",        std::to_string(cores),
        "--store",        "rocksdb",
        "--store-path",   (folder.path() / "data").string(),
        "--commit-delay", std::to_string(kCommitDelay.count())};
    // When each acknowledgement of a user was confirmed.
    std::vector<std::vector<Clock::time_point>> confirmed(kUsers);
    Clock::time_point killed;
    int sent = 0;
    {
      ServerProcess server(options);
      Connection client(server.port());
      const Clock::time_point start = Clock::now();
      // Long enough for many commits, and for some changes to be older than any may be.
      while (Clock::now() - start < kCommitDelay + kLateness + std::chrono::seconds(1)) {
        ++sent;
        for (int i = 0; i < kUsers; ++i) client.send(acknowledgement(i, sent));
        for (int i = 0; i < kUsers; ++i) {
          REQUIRE_FALSE(client.receive().starts_with("!"));
          confirmed[static_cast<size_t>(i)].push_back(Clock::now());
        }
      }
      // In the middle of a round.
      ++sent;
      for (int i = 0; i < kUsers; ++i) client.send(acknowledgement(i, sent));
      for (int i = 0; i < kUsers / 2; ++i) (void)client.receive();
      killed = Clock::now();
      server.kill();
    }
    ServerProcess server(options);
    Connection client(server.port());
    int lost = 0;
    for (int i = 0; i < kUsers; ++i) {
      CAPTURE(i);
      const int count = recovered(client, i);
      REQUIRE(count >= 0);
      CHECK(count <= sent);
      const auto& times = confirmed[static_cast<size_t>(i)];
      int must = 0;
      while (must < static_cast<int>(times.size()) &&
             times[static_cast<size_t>(must)] < killed - kCommitDelay - kLateness) {
        ++must;
      }
      CHECK(count >= must);
      lost += sent - count;
    }
    MESSAGE(sent << " acknowledgements of each user, on average "
                 << static_cast<double>(lost) / kUsers << " lost");
  }
}

}  // namespace
}  // namespace tidemark::test
