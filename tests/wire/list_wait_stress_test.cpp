// Nothing is lost and nothing is given twice, whatever becomes of those who wait.

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"
#include "tests/wire/waiting.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;
using tidemark::test::wait_for_blocked;
using tidemark::test::wait_for_info;

namespace {

constexpr int kElements = 1500;
constexpr int kConsumers = 8;
constexpr int kKeys = 10;

std::string source(size_t i) { return "source:" + std::to_string(i % kKeys); }
std::string target(size_t i) { return "target:" + std::to_string(i % kKeys); }

// The elements in a reply: whatever stands between quotes and is one of ours.
std::vector<std::string> elements_in(const std::string& reply) {
  std::vector<std::string> found;
  for (size_t at = reply.find("\"e"); at != std::string::npos; at = reply.find("\"e", at + 1)) {
    found.push_back(reply.substr(at + 1, reply.find('"', at + 1) - at - 1));
  }
  return found;
}

// Elements go from sources to consumers, or to targets, from where they are taken in the end.
class Traffic {
 public:
  Traffic(int port, uint64_t seed) : port_(port), seed_(seed) {}

  void run() {
    std::vector<std::thread> threads;
    for (int i = 0; i < kConsumers; ++i) threads.emplace_back([this, i] { consume(i); });
    std::thread trouble([this] { make_trouble(); });
    std::thread pushing([this] { push(); });
    pushing.join();
    pushed_ = true;
    trouble.join();
    for (std::thread& thread : threads) thread.join();
  }

  // Every element once: with a consumer, or left in a list. Of a consumer that was killed while the
  // reply was on its way to it, nobody knows what it had.
  void check(Connection& boss) {
    wait_for_blocked(boss, 0);
    wait_for_info(boss, "total_blocking_keys:0");
    for (size_t i = 0; i < kKeys; ++i) {
      for (const std::string& key : {source(i), target(i)}) {
        for (const std::string& element : elements_in(boss.run({"LRANGE", key, "0", "-1"}))) {
          ++seen_[element];
        }
      }
    }
    int lost = 0;
    for (int i = 0; i < kElements; ++i) {
      const int times = seen_["e" + std::to_string(i)];
      CHECK(times <= 1);
      lost += times == 0 ? 1 : 0;
    }
    CHECK(lost <= replies_unread_);
    MESSAGE(replies_unread_ << " consumers were cut off, " << lost << " elements went with them");
  }

 private:
  std::vector<std::string> command(std::mt19937_64& random) {
    const auto key = [&random] { return source(random()); };
    const std::string timeout = random() % 4 == 0 ? "0" : "0.00" + std::to_string(1 + random() % 9);
    switch (random() % 6) {
      case 0:
        return {"BLPOP", key(), timeout};
      case 1:
        return {"BRPOP", key(), key(), key(), timeout};
      case 2:
        return {"BLMPOP", timeout, "2", key(), key(), "LEFT", "COUNT", "1"};
      case 3:
        return {"BLMOVE", key(), target(random()), "LEFT", "RIGHT", timeout};
      case 4:
        // In a circle, too: a move from source to source gives nobody anything.
        return {"BLMOVE", key(), key(), "RIGHT", "LEFT", timeout};
      default:
        return {"BLPOP", key(), key(), key(), key(), key(), timeout};
    }
  }

  void consume(int number) {
    std::mt19937_64 random(seed_ + static_cast<uint64_t>(number));
    std::map<std::string, int> seen;
    int unread = 0;
    while (!all_done_) {
      try {
        Connection client(port_);
        announce(number, client.run({"CLIENT", "ID"}));
        // Some hang up while they wait.
        for (size_t left = 1 + random() % 60; left > 0 && !all_done_; --left) {
          const auto wanted = command(random);
          client.begin(wanted);
          ++unread;
          if (left == 1 && random() % 2 == 0) break;
          const std::string reply = client.receive();
          --unread;
          if (wanted.front() != "BLMOVE") {
            for (const std::string& element : elements_in(reply)) ++seen[element];
          }
        }
      } catch (const std::runtime_error&) {
        // It was killed; the reply may have been under way.
      }
    }
    const std::lock_guard lock(mutex_);
    for (const auto& [element, times] : seen) seen_[element] += times;
    replies_unread_ += unread;
  }

  void announce(int number, const std::string& id) {
    const std::lock_guard lock(mutex_);
    ids_[number] = id;
  }

  void push() {
    std::mt19937_64 random(seed_ ^ 1);
    Connection client(port_);
    for (int i = 0; i < kElements;) {
      std::vector<std::string> push{random() % 2 == 0 ? "LPUSH" : "RPUSH", source(random())};
      for (size_t n = 1 + random() % 3; n > 0 && i < kElements; --n) {
        push.push_back("e" + std::to_string(i++));
      }
      client.run(push);
    }
  }

  void make_trouble() {
    std::mt19937_64 random(seed_ ^ 2);
    Connection boss(port_);
    while (!pushed_) {
      const std::string id = somebody(random);
      if (random() % 8 == 0) {
        boss.run({"CLIENT", "KILL", "ID", id});
      } else {
        boss.run({"CLIENT", "UNBLOCK", id, random() % 2 == 0 ? "TIMEOUT" : "ERROR"});
      }
      if (random() % 16 == 0) boss.run({"CLIENT", "PAUSE", "2", "WRITE"});
    }
    boss.run({"CLIENT", "UNPAUSE"});
    all_done_ = true;
    // Those who wait for ever have to be told.
    while (boss.run({"INFO", "clients"}).find("connected_clients:2\r\n") == std::string::npos) {
      for (int i = 0; i < kConsumers; ++i) boss.run({"CLIENT", "UNBLOCK", id_of(i)});
      std::this_thread::yield();
    }
  }

  std::string id_of(int number) {
    const std::lock_guard lock(mutex_);
    return ids_[number].empty() ? "1000000" : ids_[number];
  }
  std::string somebody(std::mt19937_64& random) {
    return id_of(static_cast<int>(random() % kConsumers));
  }

  const int port_;
  const uint64_t seed_;
  std::atomic<bool> pushed_ = false;
  std::atomic<bool> all_done_ = false;
  std::mutex mutex_;
  std::map<int, std::string> ids_;
  std::map<std::string, int> seen_;
  int replies_unread_ = 0;
};

}  // namespace

TEST_CASE("every element that is pushed is delivered once or stays, whoever dies, and when") {
  const uint64_t seed = std::random_device()();
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    CAPTURE(seed);
    TestServer server({.cores = cores});
    Connection boss(server.port());
    Traffic traffic(server.port(), seed);
    traffic.run();
    traffic.check(boss);
  }
}
