#include <doctest/doctest.h>

#include "tests/storage/keyspace/fixture.hpp"

using namespace tidemark;
using namespace tidemark::storage;

namespace {

void fill(Partition& p, uint16_t db, int from, int to, Ttl ttl) {
  for (int i = from; i < to; ++i) {
    p.db(db).set_string(hash_key("key" + std::to_string(i)), "v", ttl);
  }
}

}  // namespace

TEST_CASE("slices of expiry remove all that has expired and nothing else") {
  Partition p;
  fill(p, 0, 0, 5000, Ttl::at(kNow + 10));
  fill(p, 0, 5000, 9000, Ttl::at(kNow + 1000));
  fill(p, 0, 9000, 12000, Ttl::clear());
  fill(p, 5, 0, 3000, Ttl::at(kNow + 10));
  p.keyspace.set_time(kNow + 10);
  unsigned slices = 0;
  while (p.db(0).size() > 7000 || p.db(5).size() > 0) {
    p.keyspace.expire_slice({.buckets_max = 500});
    REQUIRE(++slices < 200);
  }
  CHECK(p.db(0).size() == 7000);
  CHECK(p.db(0).expiring() == 4000);
  CHECK(p.keyspace.stats().expired_keys == 8000);
  CHECK(p.db(0).average_ttl_ms() == 990);
  CHECK(p.db(5).average_ttl_ms() == 0);
}

TEST_CASE("a slice of expiry ends when its counts are spent or when it is told to stop") {
  Partition p;
  fill(p, 0, 0, 20'000, Ttl::at(kNow + 10));
  p.keyspace.set_time(kNow + 10);
  p.keyspace.expire_slice({.buckets_max = 10, .buckets_min = 10});
  CHECK(p.db().size() >= 20'000 - 70);
  CHECK(p.db().size() < 20'000);
  const size_t before = p.db().size();
  int questions = 0;
  p.keyspace.expire_slice({.should_stop = [&] { return ++questions == 3; }});
  CHECK(questions == 3);
  CHECK(p.db().size() >= before - 7 * 64);
}

TEST_CASE("a slice of expiry goes on while much has expired and leaves off where little has") {
  Partition p;
  fill(p, 0, 0, 20'000, Ttl::at(kNow + 10));
  p.keyspace.expire_slice();
  CHECK(p.db().size() == 20'000);
  CHECK(p.keyspace.stats().expired_stale_percent == 0);
  p.keyspace.set_time(kNow + 10);
  p.keyspace.expire_slice({.buckets_max = 20'000});
  CHECK(p.db().size() == 0);
  CHECK(p.keyspace.stats().expired_stale_percent > 0);
}

TEST_CASE("keys that expire while expiry only hides them are gone for readers and still there") {
  Partition p;
  fill(p, 0, 0, 100, Ttl::at(kNow + 10));
  p.keyspace.set_expiry(Expiry::hides);
  p.keyspace.set_time(kNow + 10);
  CHECK(p.get("key1") == "(none)");
  p.keyspace.expire_slice();
  CHECK(p.db(0).random_key() == nullptr);
  CHECK(p.db(0).size() == 100);
  CHECK(p.keyspace.stats().expired_keys == 0);
  p.keyspace.set_expiry(Expiry::removes);
  CHECK(p.get("key1") == "(none)");
  CHECK(p.db(0).size() == 99);
}
