#include "storage/keyspace/eviction.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <list>
#include <unordered_map>

#include "tests/storage/keyspace/fixture.hpp"

using namespace tidemark;
using namespace tidemark::storage;

namespace {

KeyspaceOptions with_policy(EvictionPolicy policy) {
  return {.eviction = {.policy = policy}, .seed = 12345};
}

std::string name_of(uint64_t number) { return "key" + std::to_string(number); }

bool evict_one(Partition& p) {
  const auto candidate = p.keyspace.eviction_candidate();
  return candidate && p.keyspace.evict(*candidate);
}

// Numbers below `count`, number i with a weight of 1 / (i + 1)^exponent.
class Zipf {
 public:
  Zipf(size_t count, double exponent) : sums_(count) {
    double sum = 0;
    for (size_t i = 0; i < count; ++i) {
      sums_[i] = sum += std::pow(static_cast<double>(i + 1), -exponent);
    }
  }
  uint64_t operator()(std::mt19937_64& random) const {
    const double lot = static_cast<double>(random() >> 11) * 0x1p-53 * sums_.back();
    return static_cast<uint64_t>(std::lower_bound(sums_.begin(), sums_.end(), lot) - sums_.begin());
  }

 private:
  std::vector<double> sums_;
};

class ExactLru {
 public:
  explicit ExactLru(size_t capacity) : capacity_(capacity) {}
  bool use(uint64_t key) {
    const auto found = places_.find(key);
    if (found != places_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return true;
    }
    if (order_.size() == capacity_) {
      places_.erase(order_.back());
      order_.pop_back();
    }
    order_.push_front(key);
    places_[key] = order_.begin();
    return false;
  }

 private:
  size_t capacity_;
  std::list<uint64_t> order_;
  std::unordered_map<uint64_t, std::list<uint64_t>::iterator> places_;
};

struct HitRatios {
  double ours;
  double exact;
};

HitRatios replay(size_t keys, double exponent, size_t capacity, size_t requests) {
  Partition p(with_policy(EvictionPolicy::allkeys_lru));
  p.keyspace.set_hook(nullptr);
  ExactLru exact(capacity);
  const Zipf zipf(keys, exponent);
  std::mt19937_64 random(7);
  size_t our_hits = 0;
  size_t exact_hits = 0;
  for (size_t i = 0; i < requests; ++i) {
    // What is popular drifts, so that the order of use matters and not only its frequency.
    const uint64_t key = (zipf(random) + i / 50) % keys;
    exact_hits += static_cast<size_t>(exact.use(key));
    const std::string name = name_of(key);
    const HashedKey hashed = hash_key(name);
    if (p.db().find(hashed) != nullptr) {
      ++our_hits;
      continue;
    }
    while (p.db().size() >= capacity) REQUIRE(evict_one(p));
    p.db().set_string(hashed, "v");
  }
  const auto total = static_cast<double>(requests);
  return {.ours = static_cast<double>(our_hits) / total,
          .exact = static_cast<double>(exact_hits) / total};
}

}  // namespace

TEST_CASE("eviction hits as often as exact LRU, to within half a percentage point") {
  struct Trace {
    size_t keys;
    double exponent;
    size_t capacity;
    size_t requests;
  };
  for (const Trace trace : {Trace{100'000, 0.9, 10'000, 300'000}, Trace{5000, 0.8, 100, 100'000},
                            Trace{50'000, 0.7, 20'000, 200'000}}) {
    const HitRatios ratios = replay(trace.keys, trace.exponent, trace.capacity, trace.requests);
    MESSAGE("capacity " << trace.capacity << " of " << trace.keys << ": hit ratio " << ratios.ours
                        << ", exact LRU " << ratios.exact);
    CHECK(ratios.ours > ratios.exact - 0.005);
  }
}

TEST_CASE("under noeviction, and from an empty keyspace, there is no candidate") {
  Partition p(with_policy(EvictionPolicy::noeviction));
  p.set("k", "v");
  CHECK_FALSE(p.keyspace.eviction_candidate());
  for (const EvictionPolicy policy :
       {EvictionPolicy::allkeys_lru, EvictionPolicy::volatile_lru, EvictionPolicy::allkeys_random,
        EvictionPolicy::volatile_ttl}) {
    Partition empty(with_policy(policy));
    CHECK_FALSE(empty.keyspace.eviction_candidate());
  }
}

TEST_CASE("volatile policies never evict a key without a time to live") {
  for (const EvictionPolicy policy :
       {EvictionPolicy::volatile_lru, EvictionPolicy::volatile_lfu, EvictionPolicy::volatile_random,
        EvictionPolicy::volatile_ttl}) {
    Partition p(with_policy(policy));
    for (uint64_t i = 0; i < 3000; ++i) p.set(name_of(i), "v");
    for (uint64_t i = 3000; i < 3030; ++i) p.set(name_of(i), "v", Ttl::at(kNow + 1000));
    unsigned evicted = 0;
    while (evict_one(p)) ++evicted;
    CHECK(evicted == 30);
    CHECK(p.db().size() == 3000);
    CHECK(p.keyspace.stats().evicted_keys == 30);
  }
}

TEST_CASE("volatile-ttl evicts what would expire soonest") {
  Partition p(with_policy(EvictionPolicy::volatile_ttl));
  for (int i = 0; i < 1000; ++i) p.set(name_of(i), "v", Ttl::at(kNow + 1 + i));
  for (int i = 0; i < 300; ++i) REQUIRE(evict_one(p));
  size_t soonest = 0;
  for (int i = 0; i < 300; ++i) {
    soonest += static_cast<size_t>(p.db().peek(hash_key(name_of(i))) == nullptr);
  }
  CHECK(soonest > 270);
}

TEST_CASE("LFU keeps what is used often over what was used last") {
  Partition p(with_policy(EvictionPolicy::allkeys_lfu));
  p.keyspace.set_hook(nullptr);
  for (uint64_t i = 0; i < 1000; ++i) p.set(name_of(i), "v");
  for (int round = 0; round < 200; ++round) {
    for (uint64_t i = 0; i < 100; ++i) p.db().find(hash_key(name_of(i)));
  }
  for (uint64_t i = 100; i < 1000; ++i) p.db().find(hash_key(name_of(i)));
  for (int i = 0; i < 800; ++i) REQUIRE(evict_one(p));
  size_t kept = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    kept += static_cast<size_t>(p.db().peek(hash_key(name_of(i))) != nullptr);
  }
  CHECK(kept >= 98);
}

TEST_CASE("eviction takes from all databases, and announces what it takes") {
  Partition p(with_policy(EvictionPolicy::allkeys_random));
  p.db(2).set_string(hash_key("a"), "v");
  p.db(9).set_string(hash_key("b"), "v");
  p.hook.take();
  CHECK(evict_one(p));
  CHECK(evict_one(p));
  CHECK_FALSE(evict_one(p));
  std::vector<std::string> lines = p.hook.take();
  std::sort(lines.begin(), lines.end());
  CHECK(lines == std::vector<std::string>{"evicted a", "evicted b"});
}

TEST_CASE("a candidate that has gone is refused") {
  Partition p(with_policy(EvictionPolicy::allkeys_lru));
  p.set("a", "v");
  const auto candidate = p.keyspace.eviction_candidate();
  REQUIRE(candidate);
  p.db().erase(hash_key("a"));
  CHECK_FALSE(p.keyspace.evict(*candidate));
}
