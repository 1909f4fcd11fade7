#include "server/transaction/watched_keys.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "storage/keyspace/keyspace.hpp"
#include "storage/value/all_types.hpp"

using namespace tidemark;
using namespace tidemark::server;
using storage::hash_key;
using storage::Ttl;

namespace {

constexpr DbIndex kDb(0);
constexpr DbIndex kOther(1);

// One core's keys, and who watches them.
struct Fixture {
  Fixture() { keyspace.set_time(1000); }

  storage::Database& database(DbIndex db = kDb) { return keyspace.database(db); }
  void set(Bytes key, DbIndex db = kDb) { database(db).set_string(hash_key(key), "x"); }
  void set_until(Bytes key, int64_t time_ms, DbIndex db = kDb) {
    database(db).set_string(hash_key(key), "x", Ttl::at(time_ms));
  }
  std::shared_ptr<Watch> watch(Bytes key, DbIndex db = kDb) {
    auto watch = std::make_shared<Watch>();
    watched.add(db, key, watch);
    return watch;
  }
  void swap() {
    keyspace.swap_databases(kDb, kOther);
    watched.on_swap(kDb, kOther);
  }

  storage::Keyspace keyspace;
  ChangeListeners changes{keyspace};
  WatchedKeys watched{changes, keyspace};
};

}  // namespace

TEST_CASE("whatever is done to a key breaks those who watch it, and nobody else") {
  Fixture fixture;
  fixture.set("there");
  const auto there = fixture.watch("there");
  const auto absent = fixture.watch("absent");
  const auto elsewhere = fixture.watch("there", kOther);
  fixture.set("unrelated");
  CHECK_FALSE(there->broken());
  fixture.set("there");
  CHECK(there->broken());
  CHECK_FALSE(absent->broken());
  fixture.set("absent");
  CHECK(absent->broken());
  CHECK_FALSE(elsewhere->broken());

  const auto deleted = fixture.watch("there");
  fixture.database().erase(hash_key("there"));
  CHECK(deleted->broken());
  fixture.set("there");
  const auto expires = fixture.watch("there");
  fixture.database().expire_at(hash_key("there"), 5000);
  CHECK(expires->broken());
  const auto lasts = fixture.watch("there");
  fixture.database().persist(hash_key("there"));
  CHECK(lasts->broken());
}

TEST_CASE("who watches no more is not broken, and nothing is left of the key") {
  Fixture fixture;
  const auto one = fixture.watch("a");
  const auto other = fixture.watch("a");
  fixture.watched.add(kDb, "b", one);
  CHECK(fixture.watched.size() == 2);
  fixture.watched.remove(*one);
  CHECK(fixture.watched.size() == 1);
  fixture.set("a");
  CHECK_FALSE(one->broken());
  CHECK(other->broken());
  fixture.watched.remove(*other);
  fixture.watched.remove(*other);
  CHECK(fixture.watched.size() == 0);
}

TEST_CASE("a key whose time is up breaks the watch, removed or not") {
  Fixture fixture;
  fixture.set_until("k", 2000);
  const auto removed = fixture.watch("k");
  const auto looked_at = fixture.watch("k");
  fixture.keyspace.set_time(2000);
  CHECK_FALSE(looked_at->broken());
  fixture.watched.look(*looked_at);
  CHECK(looked_at->broken());
  CHECK_FALSE(removed->broken());
  CHECK(fixture.database().find(hash_key("k")) == nullptr);
  CHECK(removed->broken());
}

TEST_CASE("a key that was up before it was watched may be removed") {
  Fixture fixture;
  fixture.set_until("k", 2000);
  fixture.keyspace.set_expiry(storage::Expiry::hides);
  fixture.keyspace.set_time(2000);
  const auto watch = fixture.watch("k");
  fixture.watched.look(*watch);
  CHECK_FALSE(watch->broken());
  fixture.keyspace.set_expiry(storage::Expiry::removes);
  CHECK(fixture.database().find(hash_key("k")) == nullptr);
  CHECK_FALSE(watch->broken());
  fixture.set("k");
  CHECK(watch->broken());
}

TEST_CASE("a flush breaks the watch of what is there") {
  Fixture fixture;
  fixture.set("there");
  fixture.set("there", kOther);
  const auto there = fixture.watch("there");
  const auto absent = fixture.watch("absent");
  const auto elsewhere = fixture.watch("there", kOther);
  fixture.database().flush();
  CHECK(there->broken());
  CHECK_FALSE(absent->broken());
  CHECK_FALSE(elsewhere->broken());
  fixture.keyspace.flush_all();
  CHECK(elsewhere->broken());
  CHECK_FALSE(absent->broken());
}

TEST_CASE("an exchange of databases breaks the watch of what was or is there") {
  Fixture fixture;
  fixture.set("here");
  fixture.set("there", kOther);
  fixture.set_until("stale", 2000);
  fixture.set_until("stale", 2000, kOther);
  fixture.keyspace.set_time(2000);
  const auto here = fixture.watch("here");
  const auto there = fixture.watch("there");
  const auto there_itself = fixture.watch("there", kOther);
  const auto absent = fixture.watch("absent");
  const auto stale = fixture.watch("stale");
  fixture.watched.on_swap(kDb, kDb);
  CHECK_FALSE(here->broken());
  fixture.swap();
  CHECK(here->broken());
  CHECK(there->broken());
  CHECK(there_itself->broken());
  CHECK_FALSE(absent->broken());
  CHECK_FALSE(stale->broken());
}
