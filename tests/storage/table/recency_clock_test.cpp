#include "storage/table/recency_clock.hpp"

#include <doctest/doctest.h>

#include <deque>

#include "storage/table/hash.hpp"
#include "storage/table/table.hpp"

using namespace tidemark;
using namespace tidemark::storage;

namespace {

struct alignas(16) Item {
  uint64_t key;
};

struct ItemTraits {
  using Entry = Item;
  using Key = uint64_t;
  static bool equal(const Item& item, const uint64_t& key) { return item.key == key; }
  static uint64_t hash(const Item& item) {
    return hash_bytes(Bytes(reinterpret_cast<const char*>(&item.key), sizeof(item.key)));
  }
};

// A table whose stamps a clock keeps.
struct Cache {
  explicit Cache(RecencyClock& with) : clock(with) { clock.attach(table.core()); }
  ~Cache() { clock.detach(table.core()); }
  Slot* add(uint64_t key) {
    items.push_back({key});
    return table.insert(ItemTraits::hash(items.back()), &items.back(),
                        {.stamp = clock.stamp_new()});
  }
  Slot* find(uint64_t key) { return table.find(ItemTraits::hash({key}), key); }
  uint32_t use(uint64_t key) {
    Slot* slot = find(key);
    slot->set_stamp(clock.stamp_touched(slot->stamp()));
    return clock.age(slot->stamp());
  }
  uint32_t age(uint64_t key) { return clock.age(find(key)->stamp()); }

  RecencyClock& clock;
  Table<ItemTraits> table;
  std::deque<Item> items;
};

constexpr int64_t kMinute = 60'000;

}  // namespace

TEST_CASE("what was used earlier is older, to within a two-thousandth of the entries") {
  RecencyClock clock(1);
  Cache cache(clock);
  constexpr uint64_t kKeys = 40'960;
  for (uint64_t key = 0; key < kKeys; ++key) cache.add(key);
  for (uint64_t key = 0; key < kKeys; ++key) cache.use(key);
  for (uint64_t key = 0; key + 60 < kKeys; key += 7) {
    REQUIRE(cache.age(key) > cache.age(key + 60));
  }
}

TEST_CASE("what is never used stays older than everything, however often the clock goes round") {
  RecencyClock clock(1);
  Cache cache(clock);
  Cache users(clock);
  constexpr uint64_t kKeys = 3000;
  for (uint64_t key = 0; key < kKeys; ++key) cache.add(key);
  users.add(0);
  users.add(1);
  uint32_t newest = 0;
  for (uint64_t touch = 0; touch < 400'000; ++touch) {
    newest = std::max(newest, cache.use(100 + touch % (kKeys - 100)));
    users.use(1);
    if (touch % 1000 != 0 || touch < 20'000) continue;
    for (uint64_t key = 0; key < 100; ++key) REQUIRE(cache.age(key) > cache.age(100));
    REQUIRE(users.age(0) > 5000);
    REQUIRE(users.age(1) < 10);
  }
}

TEST_CASE("a frequency starts at five, grows ever more slowly and decays by one a period") {
  RecencyClock clock(1);
  clock.configure(Recency::lfu, {.log_factor = 10, .decay_minutes = 2});
  clock.set_time(1000 * kMinute);
  uint16_t stamp = clock.stamp_new();
  CHECK(clock.frequency(stamp) == 5);
  for (int i = 0; i < 100; ++i) stamp = clock.stamp_touched(stamp);
  const unsigned after_100 = clock.frequency(stamp);
  CHECK(after_100 >= 7);
  CHECK(after_100 <= 15);
  for (int i = 0; i < 100'000; ++i) stamp = clock.stamp_touched(stamp);
  const unsigned after_many = clock.frequency(stamp);
  CHECK(after_many > 100);
  CHECK(after_many < 200);
  clock.set_time(1006 * kMinute);
  CHECK(clock.frequency(stamp) == after_many - 3);
  CHECK(clock.age(stamp) < clock.age(clock.stamp_of_frequency(after_many - 4)));
}

TEST_CASE("without a decay time a frequency stays") {
  RecencyClock clock(1);
  clock.configure(Recency::lfu, {.decay_minutes = 0});
  const uint16_t stamp = clock.stamp_of_frequency(77);
  clock.set_time(100'000 * kMinute);
  CHECK(clock.frequency(stamp) == 77);
}

TEST_CASE("a frequency that decayed long ago does not come back when the periods wrap") {
  RecencyClock clock(1);
  clock.configure(Recency::lfu);
  clock.set_time(0);
  Cache cache(clock);
  for (uint64_t key = 0; key < 5000; ++key) {
    cache.add(key)->set_stamp(clock.stamp_of_frequency(200));
  }
  for (int64_t minute = 1; minute < 1000; ++minute) {
    clock.set_time(minute * kMinute);
    clock.sweep(100);
    const unsigned expected = minute < 200 ? static_cast<unsigned>(200 - minute) : 0;
    for (uint64_t key = 0; key < 5000; key += 501) {
      REQUIRE(clock.frequency(cache.find(key)->stamp()) == expected);
    }
  }
}
