#include "server/core/script_cache.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

using namespace tidemark;
using namespace tidemark::server;

namespace {

using Origin = ScriptCache::Origin;

std::string sha(int i) { return std::string(39, '0') + std::to_string(i); }

}  // namespace

TEST_CASE("a script is found by its SHA1 until the cache is cleared") {
  ScriptCache cache;
  CHECK(cache.find(sha(1)) == nullptr);
  CHECK(cache.add(sha(1), "return 1", Origin::eval, 10'000));
  REQUIRE(cache.find(sha(1)) != nullptr);
  CHECK(*cache.find(sha(1)) == "return 1");
  CHECK(cache.size() == 1);
  const uint64_t before = cache.generation();
  cache.clear();
  CHECK(cache.find(sha(1)) == nullptr);
  CHECK(cache.size() == 0);
  CHECK(cache.bytes() == 0);
  CHECK(cache.generation() > before);
}

TEST_CASE("scripts of EVAL make room for others, those first that were not used for longest") {
  ScriptCache cache;
  const size_t room = 3 * 300;
  for (int i = 0; i < 3; ++i) CHECK(cache.add(sha(i), "return 0", Origin::eval, room));
  CHECK(cache.find(sha(0)) != nullptr);
  CHECK(cache.add(sha(1), "return 0", Origin::eval, room));
  CHECK(cache.add(sha(3), "return 0", Origin::eval, room));
  CHECK(cache.find(sha(2)) == nullptr);
  CHECK(cache.find(sha(0)) != nullptr);
  CHECK(cache.find(sha(1)) != nullptr);
  CHECK(cache.size() == 3);
}

TEST_CASE("scripts of SCRIPT LOAD stay, and are refused where there is no room") {
  ScriptCache cache;
  const size_t room = 3 * 300;
  CHECK(cache.add(sha(0), "return 0", Origin::load, room));
  CHECK(cache.add(sha(1), "return 1", Origin::eval, room));
  // From now on it is one that stays.
  CHECK(cache.add(sha(1), "return 1", Origin::load, room));
  CHECK(cache.add(sha(2), "return 2", Origin::load, room));
  CHECK_FALSE(cache.add(sha(3), "return 3", Origin::load, room));
  CHECK_FALSE(cache.add(sha(4), "return 4", Origin::eval, room));
  CHECK_FALSE(cache.add(sha(5), std::string(10'000, 'x'), Origin::load, room));
  for (int i = 0; i < 3; ++i) CHECK(cache.find(sha(i)) != nullptr);
  CHECK(cache.size() == 3);
}

TEST_CASE("several threads use one cache") {
  ScriptCache cache;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&cache, thread] {
      for (int i = 0; i < 2000; ++i) {
        const std::string name = sha((thread + i) % 10);
        cache.add(name, name, i % 7 == 0 ? Origin::load : Origin::eval, 2000);
        const auto body = cache.find(name);
        if (body != nullptr && *body != name) std::abort();
        if (i % 500 == 499) cache.clear();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(cache.bytes() <= 2000);
}
