#include "storage/table/table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "storage/table/hash.hpp"

namespace {

using tidemark::Bytes;
using tidemark::storage::hash_bytes;
using tidemark::storage::Mark;
using tidemark::storage::Slot;
using tidemark::storage::SlotState;
using tidemark::storage::Sweep;
using tidemark::storage::Table;

struct alignas(16) Item {
  uint64_t key;
  uint64_t value;
};

uint64_t hash_of(uint64_t key) {
  return hash_bytes(Bytes(reinterpret_cast<const char*>(&key), sizeof(key)));
}

struct ItemTraits {
  using Entry = Item;
  using Key = uint64_t;
  static bool equal(const Item& item, const uint64_t& key) { return item.key == key; }
  static uint64_t hash(const Item& item) { return hash_of(item.key); }
};

// Owns its items, as a database owns its entries.
class Items {
 public:
  ~Items() {
    while (table.drain(1000, [](Item* item) { delete item; })) {
    }
  }
  Slot* add(uint64_t key, SlotState state = {}) {
    return table.insert(hash_of(key), new Item{key, key * 3}, state);
  }
  Slot* find(uint64_t key) const { return table.find(hash_of(key), key); }
  bool remove(uint64_t key) {
    Slot* slot = find(key);
    if (slot == nullptr) return false;
    delete table.erase(hash_of(key), slot);
    return true;
  }

  Table<ItemTraits> table;
};

uint64_t seed_of_this_run() {
  const char* given = std::getenv("TIDEMARK_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  MESSAGE("TIDEMARK_SEED=" << seed);
  return seed;
}

}  // namespace

TEST_CASE("an empty table owns no memory and finds nothing") {
  Items items;
  CHECK(items.table.memory_bytes() == 0);
  CHECK(items.find(1) == nullptr);
  CHECK(items.table.scan_step(0, [](Item&) { FAIL("visited"); }) == 0);
  CHECK(items.table.random_entry([] { return 0; }) == nullptr);
  items.table.check();
}

TEST_CASE("a table with one entry is small, and empty again it owns nothing") {
  Items items;
  items.add(7);
  CHECK(items.table.memory_bytes() <= 160);
  CHECK(items.find(7) != nullptr);
  CHECK(items.remove(7));
  CHECK(items.table.memory_bytes() == 0);
  items.table.check();
}

TEST_CASE("stamp, mark and address live in the slot independently") {
  Items items;
  Slot* slot = items.add(7, {.stamp = 0xabcd, .mark = Mark::on});
  CHECK(slot->stamp() == 0xabcd);
  CHECK(slot->marked());
  CHECK(items.table.marked() == 1);
  slot->set_stamp(0xffff);
  items.table.set_mark(hash_of(7), slot, Mark::off);
  CHECK(items.table.marked() == 0);
  auto* moved = new Item(*Table<ItemTraits>::entry_of(*slot));
  delete Table<ItemTraits>::entry_of(*slot);
  slot->set_entry(moved);
  CHECK(slot->stamp() == 0xffff);
  CHECK_FALSE(slot->marked());
  CHECK(items.find(7) == slot);
  items.table.check();
}

TEST_CASE("random operations agree with an unordered map") {
  std::mt19937_64 random(seed_of_this_run());
  Items items;
  struct Expected {
    uint16_t stamp;
    bool marked;
  };
  std::unordered_map<uint64_t, Expected> model;
  // The number of keys swells and ebbs, so that segments grow, split, shrink and merge.
  const std::vector<uint64_t> key_ranges = {5, 40, 300, 5000, 900, 60, 20000, 3000, 10, 1};
  for (const uint64_t range : key_ranges) {
    const uint64_t steps = range * 4 + 50;
    for (uint64_t step = 0; step < steps; ++step) {
      const uint64_t key = random() % (range * 2);
      const auto found = model.find(key);
      Slot* slot = items.find(key);
      REQUIRE((slot != nullptr) == (found != model.end()));
      if (slot != nullptr) {
        REQUIRE(slot->stamp() == found->second.stamp);
        REQUIRE(slot->marked() == found->second.marked);
      }
      switch (random() % 4) {
        case 0:
        case 1:
          if (slot == nullptr && key < range) {
            const Expected added{static_cast<uint16_t>(random()), random() % 2 == 0};
            items.add(key, {.stamp = added.stamp, .mark = added.marked ? Mark::on : Mark::off});
            model[key] = added;
          } else if (slot != nullptr && key >= range) {
            items.remove(key);
            model.erase(key);
          }
          break;
        case 2:
          REQUIRE(items.remove(key) == (model.erase(key) == 1));
          break;
        default:
          if (slot == nullptr) break;
          found->second = {static_cast<uint16_t>(random()), random() % 2 == 0};
          slot->set_stamp(found->second.stamp);
          items.table.set_mark(hash_of(key), slot, found->second.marked ? Mark::on : Mark::off);
      }
      REQUIRE(items.table.size() == model.size());
      if (range <= 300 || step % 997 == 0) items.table.check();
    }
    // What the next range does not know is removed.
    for (auto it = model.begin(); it != model.end();) {
      if (random() % 8 == 0) {
        ++it;
        continue;
      }
      REQUIRE(items.remove(it->first));
      it = model.erase(it);
    }
    items.table.check();
    const auto marked = std::count_if(model.begin(), model.end(),
                                      [](const auto& item) { return item.second.marked; });
    REQUIRE(items.table.marked() == static_cast<size_t>(marked));
  }
}

TEST_CASE("a scan returns what stays exactly once while the table grows and shrinks under it") {
  std::mt19937_64 random(seed_of_this_run());
  for (const uint64_t staying : {3ULL, 200ULL, 6000ULL}) {
    Items items;
    for (uint64_t key = 0; key < staying; ++key) items.add(key);
    std::vector<unsigned> seen(staying, 0);
    std::unordered_set<uint64_t> passing;
    uint64_t next_key = staying;
    uint64_t cursor = 0;
    uint64_t steps = 0;
    do {
      cursor = items.table.scan_step(cursor, [&](Item& item) {
        if (item.key < staying) ++seen[item.key];
      });
      CHECK(cursor < (1ULL << 48));
      // Waves of other keys: up to ten times as many come, then all of them go.
      const bool rising = (steps++ / 40) % 2 == 0;
      for (uint64_t i = 0; i < staying / 8 + 1; ++i) {
        if (rising && passing.size() < staying * 10) {
          items.add(next_key);
          passing.insert(next_key++);
        } else if (!passing.empty()) {
          const uint64_t key = *passing.begin();
          items.remove(key);
          passing.erase(key);
        }
      }
      if (random() % 16 == 0) items.table.check();
    } while (cursor != 0);
    CHECK(std::all_of(seen.begin(), seen.end(), [](unsigned times) { return times == 1; }));
  }
}

TEST_CASE("a cursor from elsewhere is safe") {
  std::mt19937_64 random(1);
  Items items;
  for (uint64_t key = 0; key < 3000; ++key) items.add(key);
  for (int i = 0; i < 1000; ++i) {
    const uint64_t cursor = random();
    const uint64_t next = items.table.scan_step(cursor, [](Item&) {});
    CHECK((next == 0 || next > (cursor & ((1ULL << 48) - 1))));
  }
}

TEST_CASE("the index costs about eleven bytes an entry, and never much above twelve") {
  Items items;
  double worst = 0;
  double sum = 0;
  unsigned samples = 0;
  uint64_t key = 0;
  for (double size = 10'000; size < 300'000; size *= 1.02) {
    while (items.table.size() < static_cast<size_t>(size)) items.add(key++);
    const double bytes =
        static_cast<double>(items.table.memory_bytes()) / static_cast<double>(items.table.size());
    worst = std::max(worst, bytes);
    sum += bytes;
    ++samples;
  }
  MESSAGE("index bytes an entry: mean " << sum / samples << ", worst " << worst);
  CHECK(sum / samples <= 11.2);
  CHECK(worst <= 12.4);
}

TEST_CASE("a table that emptied gives its memory back") {
  Items items;
  for (uint64_t key = 0; key < 50'000; ++key) items.add(key);
  const size_t full = items.table.memory_bytes();
  for (uint64_t key = 100; key < 50'000; ++key) items.remove(key);
  items.table.check();
  CHECK(items.table.memory_bytes() < full / 50);
}

TEST_CASE("random entries are drawn fairly") {
  Items items;
  constexpr uint64_t kKeys = 100;
  for (uint64_t key = 0; key < kKeys; ++key) items.add(key);
  std::mt19937_64 random(42);
  std::vector<unsigned> drawn(kKeys, 0);
  for (int i = 0; i < 100'000; ++i) ++drawn[items.table.random_entry(random)->key];
  // 1,000 expected, standard deviation about 32.
  for (const unsigned times : drawn) {
    CHECK(times > 800);
    CHECK(times < 1200);
  }
}

TEST_CASE("random entries are drawn fairly from segments that differ in depth and size") {
  Items items;
  std::mt19937_64 random(42);
  for (const uint64_t keys : {2'000, 5'000, 14'000}) {
    while (items.table.size() < keys) items.add(items.table.size());
    constexpr uint64_t kDraws = 60;
    std::vector<unsigned> drawn(keys, 0);
    for (uint64_t i = 0; i < keys * kDraws; ++i) ++drawn[items.table.random_entry(random)->key];
    double chi_square = 0;
    for (const unsigned times : drawn) chi_square += (times - 60.0) * (times - 60.0) / kDraws;
    // Its mean is the number of keys, its variance twice that.
    const auto mean = static_cast<double>(keys);
    CHECK(chi_square < mean + 6 * std::sqrt(2 * mean));
  }
}

TEST_CASE("a sweep visits every entry once, or the marked ones only") {
  Items items;
  for (uint64_t key = 0; key < 5000; ++key) {
    items.add(key, {.mark = key % 50 == 0 ? Mark::on : Mark::off});
  }
  for (const Sweep which : {Sweep::all, Sweep::marked}) {
    size_t visited = 0;
    uint64_t cursor = 0;
    do {
      const uint64_t here = cursor;
      cursor = items.table.sweep_step(cursor, which, [&](Slot& slot) {
        ++visited;
        CHECK(items.table.find_near(here, Table<ItemTraits>::entry_of(slot)) == &slot);
      });
    } while (cursor != 0);
    CHECK(visited == (which == Sweep::all ? 5000 : 100));
  }
}

TEST_CASE("a sweep of the marked steps over segments without any") {
  Items items;
  for (uint64_t key = 0; key < 50'000; ++key) items.add(key);
  items.add(50'000, {.mark = Mark::on});
  unsigned steps = 0;
  uint64_t cursor = 0;
  do {
    cursor = items.table.sweep_step(cursor, Sweep::marked, [](Slot&) {});
    ++steps;
  } while (cursor != 0);
  CHECK(steps < 400);
}

TEST_CASE("draining hands over every entry in slices and leaves a usable table") {
  Items items;
  for (uint64_t key = 0; key < 20'000; ++key) items.add(key);
  Table<ItemTraits> old = std::move(items.table);
  CHECK(items.table.empty());
  items.add(1);
  size_t drained = 0;
  unsigned slices = 0;
  size_t memory = old.memory_bytes();
  while (old.drain(500, [&](Item* item) {
    delete item;
    ++drained;
  })) {
    CHECK(old.memory_bytes() <= memory);
    memory = old.memory_bytes();
    ++slices;
  }
  CHECK(drained == 20'000);
  CHECK(slices >= 20);
  CHECK(old.memory_bytes() == 0);
  old.check();
  CHECK(items.table.size() == 1);
}
