#include "storage/keyspace/database.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <map>
#include <set>

#include "tests/storage/keyspace/fixture.hpp"

using namespace tidemark;
using namespace tidemark::storage;
using Lines = std::vector<std::string>;

TEST_CASE("a string that was set is found, and each change is announced once") {
  Partition p;
  p.set("k", "v");
  CHECK(p.get("k") == "v");
  CHECK(p.hook.take() == Lines{"written(new) k"});
  p.set("k", "w");
  CHECK(p.get("k") == "w");
  CHECK(p.hook.take() == Lines{"written k"});
  CHECK(p.db().erase(hash_key("k")));
  CHECK_FALSE(p.db().erase(hash_key("k")));
  CHECK(p.get("k") == "(none)");
  CHECK(p.hook.take() == Lines{"deleted k"});
  CHECK(p.keyspace.used_bytes() == 0);
}

TEST_CASE("a 16-byte key with a 16-byte value costs one block of 48 bytes, its expiry included") {
  Partition p;
  const HashedKey key = hash_key("0123456789abcdef");
  p.db().set_string(key, "value: 16 bytes.");
  CHECK(p.db().peek(key)->memory_bytes() == 48);
  p.db().expire_at(key, kNow + 1000);
  CHECK(p.db().peek(key)->memory_bytes() == 48);
}

TEST_CASE("16-byte keys with 16-byte values cost at most 60 bytes each, the index included") {
  Partition p;
  p.keyspace.set_hook(nullptr);
  for (int i = 100'000; i < 200'000; ++i) {
    p.set("key:567890" + std::to_string(i), "value: 16 bytes.");
  }
  CHECK(p.keyspace.used_bytes() <= 60 * 100'000);
}

TEST_CASE("a key whose time is up is gone, and was expired once") {
  Partition p;
  p.set("k", "v", Ttl::at(kNow + 10));
  p.keyspace.set_time(kNow + 9);
  CHECK(p.get("k") == "v");
  p.keyspace.set_time(kNow + 10);
  p.hook.take();
  CHECK(p.db().peek(hash_key("k")) == nullptr);
  CHECK(p.db().peek_at_all(hash_key("k")) != nullptr);
  CHECK(p.db().size() == 1);
  CHECK(p.get("k") == "(none)");
  CHECK(p.get("k") == "(none)");
  CHECK(p.hook.take() == Lines{"expired k"});
  CHECK(p.keyspace.stats().expired_keys == 1);
  CHECK(p.db().size() == 0);
}

TEST_CASE("setting a value clears, keeps or sets the time to live") {
  Partition p;
  const HashedKey key = hash_key("k");
  p.set("k", "v", Ttl::at(kNow + 10));
  CHECK(p.db().expiring() == 1);
  p.set("k", "a longer value than before, by far", Ttl::keep());
  CHECK(p.db().peek(key)->expire_at_ms() == kNow + 10);
  p.set("k", "12", Ttl::at(kNow + 20));
  CHECK(p.db().peek(key)->expire_at_ms() == kNow + 20);
  p.set("k", "v");
  CHECK_FALSE(p.db().peek(key)->has_expiry());
  CHECK(p.db().expiring() == 0);
}

TEST_CASE("an expiry in the past deletes the key at once") {
  Partition p;
  p.set("k", "v");
  p.hook.take();
  CHECK(p.db().expire_at(hash_key("k"), kNow));
  CHECK(p.hook.take() == Lines{"deleted k"});
  CHECK(p.db().size() == 0);
}

TEST_CASE("persist takes the time to live away, once") {
  Partition p;
  p.set("k", "v");
  CHECK_FALSE(p.db().persist(hash_key("k")));
  CHECK(p.db().expire_at(hash_key("k"), kNow + 5));
  CHECK(p.db().persist(hash_key("k")));
  CHECK_FALSE(p.db().persist(hash_key("k")));
  CHECK_FALSE(p.db().persist(hash_key("absent")));
  CHECK_FALSE(p.db().expire_at(hash_key("absent"), kNow + 5));
}

TEST_CASE("taking a key out and putting it in elsewhere keeps value and time to live") {
  Partition p;
  Partition other;
  const std::string long_text(5000, 'x');
  for (const std::string& text : {std::string("short"), std::string("42"), long_text}) {
    p.set("k", text, Ttl::at(kNow + 50));
    p.hook.take();
    p.db(3).put(hash_key("a longer name"), p.db().take(hash_key("k")));
    CHECK(p.hook.take() == Lines{"deleted k", "written(new) a longer name"});
    CHECK(p.db().take(hash_key("k")) == nullptr);
    other.db().put(hash_key("k2"), p.db(3).take(hash_key("a longer name")));
    CHECK(other.get("k2") == text);
    CHECK(other.db().peek(hash_key("k2"))->expire_at_ms() == kNow + 50);
    CHECK(p.keyspace.used_bytes() == 0);
  }
}

TEST_CASE("a copy is a value of its own") {
  Partition p;
  p.set("a", std::string(2000, 'a'), Ttl::at(kNow + 50));
  p.db(1).put(hash_key("b"), p.db().peek(hash_key("a"))->copy("b"));
  p.db().erase(hash_key("a"));
  IntegerText scratch;
  CHECK(p.db(1).find(hash_key("b"))->text(scratch) == std::string(2000, 'a'));
  CHECK(p.db(1).find(hash_key("b"))->expire_at_ms() == kNow + 50);
}

TEST_CASE("swapped databases keep their keys and change their numbers") {
  Partition p;
  p.set("k", "v");
  p.keyspace.swap_databases(DbIndex(0), DbIndex(7));
  CHECK(p.get("k") == "(none)");
  CHECK(p.db(7).size() == 1);
  CHECK(p.db(7).index() == DbIndex(7));
  p.keyspace.swap_databases(DbIndex(7), DbIndex(7));
  CHECK(p.db(7).size() == 1);
}

TEST_CASE("a flush empties the database at once and frees in slices") {
  Partition p;
  p.keyspace.set_hook(nullptr);
  for (int i = 0; i < 20'000; ++i) p.set(std::to_string(i), "some text");
  p.keyspace.set_hook(&p.hook);
  const size_t full = p.keyspace.used_bytes();
  p.db().flush();
  CHECK(p.db().empty());
  CHECK(p.get("1") == "(none)");
  CHECK(p.hook.take() == Lines{"flushed"});
  CHECK(p.keyspace.used_bytes() < full);
  CHECK(p.keyspace.used_bytes() > 0);
  unsigned slices = 1;
  while (p.keyspace.slice(1000)) ++slices;
  CHECK(slices >= 10);
  CHECK(p.keyspace.used_bytes() == 0);
  p.db().flush();
  CHECK(p.hook.take().empty());
}

TEST_CASE("a scan passes over what has expired and returns the rest exactly once") {
  Partition p;
  for (int i = 0; i < 1000; ++i) {
    p.set(std::to_string(i), "v", i % 2 == 0 ? Ttl::at(kNow + 1) : Ttl::clear());
  }
  p.keyspace.set_time(kNow + 1);
  std::multiset<std::string> seen;
  uint64_t cursor = 0;
  do {
    cursor = p.db().scan(cursor, 10, [&](const Entry& entry) { seen.emplace(entry.key()); });
  } while (cursor != 0);
  CHECK(seen.size() == 500);
  CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == 500);
}

TEST_CASE("a random key is never an expired one") {
  Partition p;
  CHECK(p.db().random_key() == nullptr);
  for (int i = 0; i < 50; ++i) p.set("gone" + std::to_string(i), "v", Ttl::at(kNow + 1));
  p.set("stays", "v");
  p.keyspace.set_time(kNow + 1);
  for (int i = 0; i < 20; ++i) CHECK(p.db().random_key()->key() == "stays");
}

TEST_CASE("random operations agree with a map") {
  std::mt19937_64 random(seed_of_this_run());
  Partition p;
  struct Expected {
    std::string text;
    std::optional<int64_t> expire_at_ms;
  };
  std::map<std::string, Expected> model;
  int64_t now_ms = kNow;
  const auto text = [&] {
    switch (random() % 4) {
      case 0:
        return std::to_string(static_cast<int64_t>(random()));
      case 1:
        return std::string(random() % 40, 'a');
      case 2:
        return std::string(random() % 1100, 'b');
      default:
        return std::string(1000 + random() % 4000, 'c');
    }
  };
  for (int step = 0; step < 20'000; ++step) {
    const std::string name =
        "key" + std::string(random() % 300 == 0 ? 300 : 0, 'k') + std::to_string(random() % 60);
    const HashedKey key = hash_key(name);
    if (random() % 10 == 0) p.keyspace.set_time(now_ms += static_cast<int64_t>(random() % 5));
    std::erase_if(model, [&](const auto& item) {
      return item.second.expire_at_ms && *item.second.expire_at_ms <= now_ms;
    });
    const auto found = model.find(name);
    const bool exists = found != model.end();
    const int64_t later_ms = now_ms + 1 + static_cast<int64_t>(random() % 100);
    switch (random() % 8) {
      case 0: {
        const std::string value = text();
        p.db().set_string(key, value);
        model[name] = {value, std::nullopt};
        break;
      }
      case 1: {
        const std::string value = text();
        p.db().set_string(key, value, Ttl::at(later_ms));
        model[name] = {value, later_ms};
        break;
      }
      case 2: {
        const std::string value = text();
        p.db().set_string(key, value, Ttl::keep());
        model[name].text = value;
        break;
      }
      case 3:
        REQUIRE(p.db().erase(key) == (model.erase(name) == 1));
        break;
      case 4:
        REQUIRE(p.db().expire_at(key, later_ms) == exists);
        if (exists) found->second.expire_at_ms = later_ms;
        break;
      case 5:
        REQUIRE(p.db().persist(key) == (exists && found->second.expire_at_ms));
        if (exists) found->second.expire_at_ms.reset();
        break;
      case 6: {
        auto edit = p.db().edit<String>(key, IfAbsent::create);
        REQUIRE(edit);
        const std::string tail = text();
        REQUIRE(*(*edit)->append(tail) == model[name].text.size() + tail.size());
        model[name].text += tail;
        break;
      }
      default: {
        EntryOwner entry = p.db().take(key);
        REQUIRE((entry != nullptr) == exists);
        if (!exists) break;
        const std::string new_name = "key" + std::to_string(random() % 60);
        p.db().put(hash_key(new_name), std::move(entry));
        const Expected moved = found->second;
        model.erase(found);
        model[new_name] = moved;
      }
    }
    const Entry* entry = p.db().peek(key);
    const auto now_found = model.find(name);
    REQUIRE((entry != nullptr) == (now_found != model.end()));
    if (entry != nullptr) {
      IntegerText scratch;
      REQUIRE(entry->text(scratch) == now_found->second.text);
      REQUIRE(entry->has_expiry() == now_found->second.expire_at_ms.has_value());
    }
    if (step % 16 == 0) p.db().check();
  }
}
