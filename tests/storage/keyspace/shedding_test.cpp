// Values that lose parts of themselves as time goes by: fields of hashes.
#include <doctest/doctest.h>

#include <map>

#include "storage/value/all_types.hpp"
#include "storage/value/hash.hpp"
#include "tests/storage/keyspace/fixture.hpp"

using namespace tidemark;
using namespace tidemark::storage;

namespace {

constexpr PackingLimits kLimits{.elements_max = 8, .element_bytes_max = 64};

struct HashPartition : Partition {
  HashPartition() { install_value_types(); }

  // Sets a field that ends so many milliseconds from the start on; never where that is 0.
  void set_field(Bytes key, Bytes field, int64_t end = 0, uint16_t index = 0) {
    auto hash = *db(index).edit<Hash>(hash_key(key), IfAbsent::create);
    hash->set(field, "v", kLimits, keyspace.now_ms());
    if (end != 0) hash->set_end(field, kNow + end);
  }
  // `count` fields with the same end.
  void fill(Bytes key, int count, int64_t end, uint16_t index = 0) {
    for (int i = 0; i < count; ++i) set_field(key, "f" + std::to_string(i), end, index);
  }
  size_t fields(Bytes key, uint16_t index = 0) {
    const auto hash = db(index).find_as<Hash>(hash_key(key));
    return *hash == nullptr ? 0 : (*hash)->size();
  }
  void shed_at(int64_t time, size_t budget = 1000) {
    keyspace.set_time(kNow + time);
    keyspace.shed(budget);
  }
};

}  // namespace

TEST_CASE("fields go when their time is up, and a hash that loses its last one goes with it") {
  HashPartition p;
  p.set_field("h", "stays");
  p.set_field("h", "first", 10);
  p.set_field("h", "second", 20);
  p.set_field("all", "f", 10);
  CHECK(p.db().shedding() == 2);
  CHECK_FALSE(p.keyspace.anything_to_shed());
  p.hook.take();

  p.shed_at(9);
  CHECK(p.fields("h") == 3);
  p.keyspace.set_time(kNow + 10);
  CHECK(p.keyspace.anything_to_shed());
  CHECK_FALSE(p.keyspace.shed(1000));
  CHECK(p.fields("h") == 2);
  CHECK(p.fields("all") == 0);
  CHECK(p.db().size() == 1);
  auto lines = p.hook.take();
  std::sort(lines.begin(), lines.end());
  CHECK((lines == std::vector<std::string>{"deleted all", "shed all", "shed h"}));
  CHECK_FALSE(p.keyspace.anything_to_shed());

  p.shed_at(20);
  CHECK(p.fields("h") == 1);
  CHECK(p.db().shedding() == 0);
  CHECK(p.keyspace.stats().expired_parts == 3);
  CHECK(p.keyspace.stats().expired_keys == 0);
  p.db().check();
}

TEST_CASE("what is due goes in slices, from all databases") {
  HashPartition p;
  p.fill("h", 1000, 10);
  p.set_field("h", "stays");
  p.fill("h", 300, 10, 3);
  p.keyspace.set_time(kNow + 10);
  int slices = 0;
  while (p.keyspace.shed(100)) {
    ++slices;
    CHECK(p.fields("h") == static_cast<size_t>(std::max(1, 1001 - 100 * slices)));
  }
  CHECK(slices == 12);
  CHECK(p.fields("h") == 1);
  CHECK(p.db(3).size() == 0);
}

TEST_CASE("a hash keeps its place in the agenda whatever happens to its key") {
  HashPartition p;
  p.set_field("a", "f", 10);
  p.set_field("a", "stays");
  // Renamed, moved to another database, copied; with the lifetime of the key changed, too.
  p.db().put(hash_key("b"), p.db().take(hash_key("a")));
  p.db(1).put(hash_key("b"), p.db().take(hash_key("b")));
  p.db(1).expire_at(hash_key("b"), kNow + 1000);
  const Entry* entry = p.db(1).peek(hash_key("b"));
  p.db(2).put(hash_key("copy"), entry->copy("copy"));
  p.keyspace.swap_databases(DbIndex(2), DbIndex(5));
  CHECK(p.db(0).shedding() == 0);
  CHECK(p.db(1).shedding() == 1);
  CHECK(p.db(5).shedding() == 1);
  p.shed_at(10);
  CHECK(p.fields("b", 1) == 1);
  CHECK(p.fields("copy", 5) == 1);
  CHECK(p.db(1).shedding() == 0);
}

TEST_CASE("a hash that is removed, replaced or flushed is forgotten") {
  HashPartition p;
  for (const char* key : {"removed", "unlinked", "replaced", "expired", "left"}) {
    p.fill(key, 100, 10);
  }
  p.db().erase(hash_key("removed"));
  p.db().unlink(hash_key("unlinked"));
  p.set("replaced", "text");
  p.db().expire_at(hash_key("expired"), kNow + 5);
  p.keyspace.set_time(kNow + 5);
  p.keyspace.expire_slice();
  CHECK(p.db().shedding() == 1);
  p.db().check();
  p.db().flush(Free::in_slices);
  CHECK(p.db().shedding() == 0);
  p.shed_at(10);
  CHECK(p.keyspace.stats().expired_parts == 0);
  while (p.keyspace.slice(7)) {
  }
  CHECK(p.keyspace.disposal().pending_bytes() == 0);
}

TEST_CASE("the agenda of many hashes is freed in slices when they are flushed") {
  HashPartition p;
  for (int i = 0; i < 1000; ++i) p.set_field("h" + std::to_string(i), "f", 10 + i);
  CHECK(p.db().shedding() == 1000);
  const size_t used = p.keyspace.used_bytes();
  p.db().flush(Free::in_slices);
  CHECK(p.keyspace.used_bytes() == used);
  int slices = 0;
  size_t before = used;
  while (p.keyspace.slice(50)) {
    CHECK(p.keyspace.used_bytes() <= before);
    before = p.keyspace.used_bytes();
    ++slices;
  }
  CHECK(slices > 20);
  CHECK(p.keyspace.used_bytes() == 0);
}

TEST_CASE("nothing is shed while expiry only hides") {
  HashPartition p;
  p.set_field("h", "f", 10);
  p.keyspace.set_expiry(Expiry::hides);
  p.shed_at(10);
  CHECK(p.fields("h") == 1);
  CHECK_FALSE(p.keyspace.anything_to_shed());
  p.keyspace.set_expiry(Expiry::removes);
  p.shed_at(10);
  CHECK(p.fields("h") == 0);
}

TEST_CASE("random changes of hashes and keys keep the agenda, and all that is due is shed") {
  HashPartition p;
  std::mt19937_64 random(seed_of_this_run());
  const auto below = [&random](size_t limit) { return static_cast<size_t>(random() % limit); };
  int64_t time = 0;
  for (int step = 0; step < 20'000; ++step) {
    const std::string key = "h" + std::to_string(below(20));
    const std::string other = "h" + std::to_string(below(20));
    const std::string field = "f" + std::to_string(below(20));
    switch (below(12)) {
      case 0:
        p.db().erase(hash_key(key));
        break;
      case 1:
        if (key != other && p.db().peek(hash_key(key)) != nullptr) {
          p.db().put(hash_key(other), p.db().take(hash_key(key)));
        }
        break;
      case 2:
        if (const Entry* entry = p.db().peek(hash_key(key)); entry != nullptr && key != other) {
          p.db().put(hash_key(other), entry->copy(other));
        }
        break;
      case 3: {
        auto hash = *p.db().edit<Hash>(hash_key(key), IfAbsent::leave);
        if (hash) hash->erase(field, p.keyspace.now_ms());
        break;
      }
      case 4:
        time += static_cast<int64_t>(below(3));
        p.keyspace.set_time(kNow + time);
        break;
      case 5:
        p.keyspace.shed(1 + below(10));
        break;
      default:
        p.set_field(key, field, below(3) == 0 ? 0 : time + 1 + static_cast<int64_t>(below(200)));
    }
    if (step % 10 == 0) p.db().check();
  }
  p.shed_at(time + 1000, 100'000);
  CHECK(p.db().shedding() == 0);
  p.db().check();
}
