#include "storage/keyspace/past_keys.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "storage/keyspace/edit.hpp"
#include "storage/keyspace/keyspace.hpp"
#include "storage/value/all_types.hpp"
#include "storage/value/hash.hpp"
#include "storage/value/list.hpp"
#include "tests/storage/keyspace/fixture.hpp"

using namespace tidemark;
using namespace tidemark::storage;

namespace {

constexpr ListLimits kLimits = ListLimits::of(-2);
constexpr uint16_t kDatabases = 3;

// What a value and its time to live are, as text.
std::string text_of(const Entry& entry) {
  std::string text;
  IntegerText scratch;
  if (entry.type() == ValueType::hash) {
    const auto& hash = *static_cast<const Hash*>(entry.object());
    std::set<std::string> fields;
    hash.visit_with_ends([&](const PackedElement& field, const PackedElement&, int64_t ends_ms) {
      fields.insert(std::string(field.text(scratch)) + "@" + std::to_string(ends_ms));
      return true;
    });
    for (const std::string& field : fields) text += field + ",";
  } else if (entry.is_object()) {
    const auto& list = *static_cast<const List*>(entry.object());
    list.visit(ListEnd::front, 0, list.size(), [&](const PackedElement& element) {
      text += std::string(element.text(scratch)) + ",";
      return true;
    });
  } else {
    text = entry.text(scratch);
  }
  if (entry.has_expiry()) text += " until " + std::to_string(entry.expire_at_ms());
  return text;
}

using Keys = std::map<std::pair<uint16_t, std::string>, std::string>;

class Notes : public PastListener {
 public:
  void on_key(DbIndex db, const Entry& entry, const KeyUse&, Why) override {
    const bool is_new =
        keys.emplace(std::pair(db.value(), std::string(entry.key())), text_of(entry)).second;
    CHECK(is_new);
  }
  Keys keys;
};

Keys all_keys(const Keyspace& keyspace) {
  Keys keys;
  for (uint16_t db = 0; db < kDatabases; ++db) {
    keyspace.database(DbIndex(db)).visit_all([&](const Entry& entry, uint16_t) {
      keys.emplace(std::pair(db, std::string(entry.key())), text_of(entry));
    });
  }
  return keys;
}

// A keyspace that somebody does all sorts of things with.
class Busy {
 public:
  explicit Busy(uint64_t seed) : random_(seed) {
    install_value_types();
    keyspace.set_time(now_ms_);
  }

  Keyspace keyspace{{.databases = kDatabases, .seed = 1}};

  void act() {
    Database& database = keyspace.database(DbIndex(static_cast<uint16_t>(below(kDatabases))));
    const std::string name = "key" + std::to_string(below(400));
    const HashedKey key = hash_key(name);
    switch (below(18)) {
      case 0:
        return database.set_string(key, std::string(below(3000), 'x'));
      case 1:
        return database.set_integer(key, static_cast<int64_t>(below(1000)), Ttl::keep());
      case 2:
        return database.set_string(key, "short", Ttl::at(now_ms_ + 1 + below(2000)));
      case 3:
      case 4:
        return push(database, key);
      case 5:
        return append(database, key);
      case 6:
        (void)database.expire_at(key, now_ms_ + below(3000));
        return;
      case 7:
        (void)database.persist(key);
        return;
      case 8:
        (void)database.erase(key);
        return;
      case 9:
        return move(database, key);
      case 10:
        keyspace.set_time(now_ms_ += below(50));
        return keyspace.expire_slice();
      case 11:
        if (below(40) == 0) database.flush(Free::in_slices);
        return;
      case 12:
        if (below(20) == 0) {
          keyspace.swap_databases(DbIndex(static_cast<uint16_t>(below(kDatabases))),
                                  DbIndex(static_cast<uint16_t>(below(kDatabases))));
        }
        return;
      case 13:
        return evict();
      case 14:
        (void)keyspace.slice(20);
        return;
      case 15:
        return set_field(database, key);
      case 16:
        (void)keyspace.shed(1 + below(5));
        return;
      default:
        (void)database.find(key);
    }
  }

  void check() {
    for (uint16_t db = 0; db < kDatabases; ++db) keyspace.database(DbIndex(db)).check();
  }

  uint64_t below(uint64_t n) { return random_() % n; }

 private:
  void push(Database& database, const HashedKey& key) {
    auto list = database.edit<List>(key, IfAbsent::create);
    if (!list) return;
    if (below(4) == 0 && (*list)->size() > 0) {
      (*list)->erase(0, 1, kLimits);
    } else {
      (*list)->push(ListEnd::back, std::to_string(below(100)), kLimits);
    }
  }
  void set_field(Database& database, const HashedKey& key) {
    auto hash = database.edit<Hash>(key, IfAbsent::create);
    if (!hash) return;
    const std::string field = "field" + std::to_string(below(20));
    constexpr PackingLimits kHashLimits{.elements_max = 8, .element_bytes_max = 64};
    (*hash)->set(field, "value", kHashLimits, now_ms_);
    (*hash)->set_end(field, now_ms_ + 1 + static_cast<int64_t>(below(300)));
  }
  void append(Database& database, const HashedKey& key) {
    auto text = database.edit<String>(key, IfAbsent::create);
    if (text) (void)(*text)->append(std::string(below(600), 'y'));
  }
  void move(Database& database, const HashedKey& key) {
    Database& other = keyspace.database(DbIndex(static_cast<uint16_t>(below(kDatabases))));
    const std::string name = "key" + std::to_string(below(400));
    if (EntryOwner entry = database.take(key)) other.put(hash_key(name), std::move(entry));
  }
  void evict() {
    keyspace.configure({.policy = EvictionPolicy::allkeys_lru});
    if (const auto candidate = keyspace.eviction_candidate()) (void)keyspace.evict(*candidate);
  }

  std::mt19937_64 random_;
  int64_t now_ms_ = 1'000'000;
};

}  // namespace

TEST_CASE("whatever happens meanwhile, each key is told once and as it was at the moment") {
  const uint64_t seed = seed_of_this_run();
  CAPTURE(seed);
  Busy busy(seed);
  for (int i = 0; i < 3000; ++i) busy.act();
  for (int walk = 0; walk < 40; ++walk) {
    CAPTURE(walk);
    const Keys before = all_keys(busy.keyspace);
    Notes notes;
    busy.keyspace.begin_past(notes);
    const uint64_t pace = busy.below(30);
    while (busy.keyspace.tell_past(1 + busy.below(20))) {
      for (uint64_t left = pace; left > 0; --left) busy.act();
    }
    CHECK(notes.keys == before);
    CHECK_FALSE(busy.keyspace.past_under_way());
    busy.check();
  }
}

TEST_CASE("a walk that nobody listens to leaves the next one nothing to miss") {
  Busy busy(7);
  for (int i = 0; i < 3000; ++i) busy.act();
  {
    Notes unheard;
    busy.keyspace.begin_past(unheard);
    CHECK(busy.keyspace.tell_past(1));
    busy.keyspace.mute_past();
    const size_t told = unheard.keys.size();
    while (busy.keyspace.tell_past(10)) {
      for (int i = 0; i < 20; ++i) busy.act();
    }
    CHECK(unheard.keys.size() == told);
  }
  const Keys before = all_keys(busy.keyspace);
  Notes notes;
  busy.keyspace.begin_past(notes);
  while (busy.keyspace.tell_past(100)) {
  }
  CHECK(notes.keys == before);
}

TEST_CASE("what is flushed in the midst of a walk counts until it has been told") {
  Busy busy(1);
  Database& database = busy.keyspace.database(DbIndex(0));
  for (int i = 0; i < 5000; ++i) {
    database.set_string(hash_key("key" + std::to_string(i)), std::string(50, 'x'));
  }
  const size_t full = busy.keyspace.used_bytes();
  const Keys before = all_keys(busy.keyspace);
  Notes notes;
  busy.keyspace.begin_past(notes);
  CHECK(busy.keyspace.tell_past(1000));
  busy.keyspace.flush_all(Free::now);
  CHECK(busy.keyspace.used_bytes() >= full);
  database.set_string(hash_key("key1"), "another");
  while (busy.keyspace.tell_past(1000)) {
  }
  CHECK(notes.keys == before);
  while (busy.keyspace.slice(1000)) {
  }
  CHECK(busy.keyspace.used_bytes() < full / 2);
  CHECK(database.size() == 1);
}

TEST_CASE("a keyspace may end in the midst of a walk") {
  Notes notes;
  Busy busy(2);
  for (int i = 0; i < 3000; ++i) busy.act();
  busy.keyspace.begin_past(notes);
  CHECK(busy.keyspace.tell_past(1));
  busy.keyspace.flush_all(Free::in_slices);
}
