// Fields of hashes that come to an end.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "storage/value/hash.hpp"
#include "tests/storage/value/seed.hpp"

using tidemark::IntegerText;
using tidemark::storage::Hash;
using tidemark::storage::kForever;
using tidemark::storage::PackedElement;
using tidemark::storage::PackingLimits;
using tidemark::storage::Ttl;

namespace {

using Outcome = Hash::Outcome;

constexpr int64_t kNow = 1'700'000'000'000;
constexpr PackingLimits kLimits{.elements_max = 128, .element_bytes_max = 64};

std::string text_of(const PackedElement& element) {
  IntegerText scratch;
  return std::string(element.text(scratch));
}

std::map<std::string, std::string> contents_of(const Hash& hash, int64_t now_ms) {
  std::map<std::string, std::string> contents;
  hash.visit(now_ms, [&](const PackedElement& field, const PackedElement& value) {
    CHECK(contents.emplace(text_of(field), text_of(value)).second);
    return true;
  });
  return contents;
}

std::set<std::string> fields_of(const Hash& hash, int64_t now_ms) {
  std::set<std::string> fields;
  for (const auto& [field, value] : contents_of(hash, now_ms)) fields.insert(field);
  return fields;
}

// A hash of fields f0, f1 ... as a list or as a table.
void fill(Hash& hash, bool as_table, int count) {
  for (int i = 0; i < count; ++i) {
    hash.set("f" + std::to_string(i), "v" + std::to_string(i), kLimits, kNow);
  }
  const std::string long_one(as_table ? 65 : 64, 'x');
  hash.set(long_one, "", kLimits, kNow);
  hash.erase(long_one, kNow);
}

}  // namespace

TEST_CASE("a field is there until its end, for whoever looks, and counted until it is shed") {
  for (const bool as_table : {false, true}) {
    CAPTURE(as_table);
    Hash hash;
    fill(hash, as_table, 3);
    CHECK(hash.schedule() == nullptr);
    CHECK(hash.encoding_name() == (as_table ? "hashtable" : "listpack"));
    hash.set_end("f1", kNow + 10);
    hash.check();
    CHECK(hash.encoding_name() == (as_table ? "hashtable" : "listpackex"));
    CHECK(hash.ends_ms("f0", kNow) == kForever);
    CHECK(hash.ends_ms("f1", kNow) == kNow + 10);
    CHECK_FALSE(hash.ends_ms("none", kNow).has_value());
    CHECK(hash.schedule()->next_ms == kNow + 10);
    CHECK(hash.contains("f1", kNow + 9));
    CHECK_FALSE(hash.has_due(kNow + 9));
    CHECK(hash.has_due(kNow + 10));

    CHECK_FALSE(hash.contains("f1", kNow + 10));
    CHECK_FALSE(hash.find("f1", kNow + 10).has_value());
    CHECK_FALSE(hash.ends_ms("f1", kNow + 10).has_value());
    CHECK((fields_of(hash, kNow + 10) == std::set<std::string>{"f0", "f2"}));
    CHECK(hash.size() == 3);
    CHECK(hash.shed(kNow + 9, 100).removed == 0);
    CHECK(hash.shed(kNow + 10, 100).removed == 1);
    hash.check();
    CHECK(hash.size() == 2);
    CHECK(hash.schedule()->next_ms == kForever);
    CHECK_FALSE(hash.has_due(kForever - 1));
  }
}

TEST_CASE("another value takes the end of a field away, unless it is to be kept") {
  for (const bool as_table : {false, true}) {
    CAPTURE(as_table);
    Hash hash;
    fill(hash, as_table, 1);
    hash.set_end("f0", kNow + 10);
    CHECK(hash.set("f0", "kept", kLimits, kNow, Ttl::keep()) == Outcome::replaced);
    CHECK(hash.ends_ms("f0", kNow) == kNow + 10);
    CHECK(hash.set("f0", "other", kLimits, kNow, Ttl::at(kNow + 20)) == Outcome::replaced);
    CHECK(hash.ends_ms("f0", kNow) == kNow + 20);
    CHECK(hash.set("f0", "cleared", kLimits, kNow) == Outcome::replaced);
    CHECK(hash.ends_ms("f0", kNow) == kForever);
    hash.set_end("f0", kNow + 10);
    hash.set_end("f0", kForever);
    CHECK(hash.ends_ms("f0", kNow + 1000) == kForever);
    CHECK(hash.set("new", "v", kLimits, kNow, Ttl::at(kNow + 5)) == Outcome::added);
    CHECK(hash.ends_ms("new", kNow) == kNow + 5);
    hash.check();
  }
}

TEST_CASE("a field that has come to its end is as if it were not there for whoever changes it") {
  for (const bool as_table : {false, true}) {
    CAPTURE(as_table);
    Hash hash;
    fill(hash, as_table, 3);
    for (const char* field : {"f0", "f1"}) hash.set_end(field, kNow + 10);
    CHECK_FALSE(hash.erase("f0", kNow + 10));
    CHECK(hash.size() == 2);
    CHECK(hash.set("f1", "again", kLimits, kNow + 10, Ttl::keep()) == Outcome::added);
    CHECK(hash.ends_ms("f1", kNow + 10) == kForever);
    CHECK(hash.shed(kNow + 10, 100).removed == 0);
    CHECK(contents_of(hash, kNow + 10).at("f1") == "again");
    hash.check();
  }
}

TEST_CASE("a list with ends becomes a table that has them, under the same schedule") {
  Hash hash;
  fill(hash, false, 20);
  for (int i = 0; i < 20; i += 2) hash.set_end("f" + std::to_string(i), kNow + 10 + i);
  const auto* schedule = hash.schedule();
  hash.set("long", std::string(65, 'x'), kLimits, kNow);
  CHECK(hash.encoding_name() == "hashtable");
  CHECK(hash.schedule() == schedule);
  CHECK(schedule->next_ms == kNow + 10);
  for (int i = 0; i < 20; ++i) {
    CHECK(hash.ends_ms("f" + std::to_string(i), kNow) == (i % 2 == 0 ? kNow + 10 + i : kForever));
  }
  hash.check();
}

TEST_CASE("a copy has the ends of its fields and a schedule of its own") {
  for (const bool as_table : {false, true}) {
    CAPTURE(as_table);
    Hash hash;
    fill(hash, as_table, 10);
    hash.set_end("f3", kNow + 30);
    hash.set_end("f4", kNow + 40);
    Hash copy(hash);
    copy.check();
    CHECK(copy.encoding_name() == hash.encoding_name());
    CHECK(copy.schedule() != hash.schedule());
    CHECK(copy.schedule()->next_ms == kNow + 30);
    CHECK(copy.ends_ms("f4", kNow) == kNow + 40);
    CHECK(copy.shed(kNow + 30, 100).removed == 1);
    CHECK(hash.ends_ms("f3", kNow) == kNow + 30);
    while (copy.free_some(3)) {
    }
    CHECK(copy.empty());
  }
}

TEST_CASE("a hash sheds in slices of the budget, what ended first first") {
  Hash hash;
  for (int i = 0; i < 1000; ++i) {
    const std::string field = "field" + std::to_string(i);
    hash.set(field, "v", kLimits, kNow);
    if (i % 2 == 0) hash.set_end(field, kNow + 1000 - i);
  }
  CHECK(hash.shed(kNow + 2000, 100).removed == 100);
  CHECK(hash.size() == 900);
  // Those with the greatest numbers ended first.
  CHECK(hash.schedule()->next_ms == kNow + 1000 - 798);
  CHECK(hash.ends_ms("field798", kNow).has_value());
  CHECK_FALSE(hash.ends_ms("field800", kNow).has_value());
  hash.check();
  CHECK(hash.shed(kNow + 2000, 1000).removed == 400);
  CHECK(hash.size() == 500);
  hash.check();
}

TEST_CASE("ends cost nothing where there are none, and are given back") {
  const auto cost = [](bool with_end) {
    Hash hash;
    fill(hash, true, 1000);
    const size_t before = hash.memory_bytes();
    for (int i = 0; with_end && i < 1000; ++i) hash.set_end("f" + std::to_string(i), kNow + i);
    const size_t with = hash.memory_bytes();
    for (int i = 0; i < 1000; ++i) hash.set_end("f" + std::to_string(i), kForever);
    CHECK(hash.memory_bytes() <= before + 512);
    return with - before;
  };
  CHECK(cost(false) == 0);
  CHECK(cost(true) > 1000 * 8);
}

TEST_CASE("picks take nothing that has come to its end, however much has") {
  for (const bool as_table : {false, true}) {
    for (const int live : {0, 1, 50, 99}) {
      CAPTURE(as_table);
      CAPTURE(live);
      Hash hash;
      fill(hash, as_table, as_table ? 5000 : 100);
      const auto size = static_cast<int>(hash.size());
      for (int i = live; i < size; ++i) hash.set_end("f" + std::to_string(i), kNow + 10);
      const int64_t now_ms = kNow + 10;
      const auto number = [](const PackedElement& field) {
        return std::stoi(text_of(field).substr(1));
      };
      int drawn = 0;
      hash.draw(300, now_ms, 7, [&](const PackedElement& field, const PackedElement&) {
        CHECK(number(field) < live);
        return ++drawn < 1000;
      });
      CHECK(drawn == (live == 0 ? 0 : 300));
      for (const size_t count : {1U, 40U, 10'000U}) {
        std::set<int> sampled;
        hash.sample(count, now_ms, 9, [&](const PackedElement& field, const PackedElement&) {
          CHECK(number(field) < live);
          CHECK(sampled.insert(number(field)).second);
        });
        CHECK(sampled.size() == std::min<size_t>(count, static_cast<size_t>(live)));
      }
      uint64_t cursor = 0;
      size_t scanned = 0;
      do {
        cursor = hash.scan(cursor, 10, now_ms,
                           [&](const PackedElement&, const PackedElement&) { ++scanned; });
      } while (cursor != 0);
      CHECK(scanned == static_cast<size_t>(live));
    }
  }
}

namespace {

// What a hash should hold: of each field the value and the end.
struct Model {
  struct Field {
    std::string value;
    int64_t ends_ms = kForever;
  };
  std::map<std::string, Field> fields;
  int64_t now_ms = kNow;

  Field* find(const std::string& name) {
    const auto found = fields.find(name);
    return found == fields.end() || found->second.ends_ms <= now_ms ? nullptr : &found->second;
  }
  std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> live;
    for (const auto& [name, field] : fields) {
      if (field.ends_ms > now_ms) live[name] = field.value;
    }
    return live;
  }
};

}  // namespace

TEST_CASE("random operations on a hash whose fields end agree with a model, as time goes by") {
  std::mt19937_64 random(tidemark::storage::seed_of_this_run());
  const auto below = [&random](size_t limit) { return static_cast<size_t>(random() % limit); };
  for (int round = 0; round < 40; ++round) {
    const PackingLimits limits{.elements_max = below(60), .element_bytes_max = 4 + below(30)};
    const size_t range = 1 + below(80);
    Hash hash;
    Model model;
    for (int step = 0; step < 500; ++step) {
      const std::string name = (below(2) == 0 ? "f" : "") + std::to_string(below(range));
      const std::string value(below(below(30) == 0 ? 300 : 8), 'v');
      const int64_t ends_ms = model.now_ms + 1 + static_cast<int64_t>(below(60));
      Model::Field* const present = model.find(name);
      switch (below(10)) {
        case 0:
          REQUIRE(hash.erase(name, model.now_ms) == (present != nullptr));
          model.fields.erase(name);
          break;
        case 1:
        case 2:
        case 3:
          if (present == nullptr) break;
          present->ends_ms = below(5) == 0 ? kForever : ends_ms;
          hash.set_end(name, present->ends_ms);
          break;
        case 4:
          model.now_ms += static_cast<int64_t>(below(20));
          break;
        case 5: {
          const size_t shed = hash.shed(model.now_ms, 1 + below(20)).removed;
          REQUIRE((shed > 0 || !hash.has_due(model.now_ms)));
          break;
        }
        default: {
          const int rule = static_cast<int>(below(3));
          const Ttl ttl = rule == 0 ? Ttl::clear() : rule == 1 ? Ttl::keep() : Ttl::at(ends_ms);
          const Outcome outcome = hash.set(name, value, limits, model.now_ms, ttl);
          REQUIRE(outcome == (present == nullptr ? Outcome::added : Outcome::replaced));
          const int64_t kept = present == nullptr ? kForever : present->ends_ms;
          model.fields[name] = {.value = value,
                                .ends_ms = rule == 0   ? kForever
                                           : rule == 1 ? kept
                                                       : ends_ms};
        }
      }
      hash.check();
      const Model::Field* const after = model.find(name);
      const auto told = hash.ends_ms(name, model.now_ms);
      REQUIRE(told.has_value() == (after != nullptr));
      if (after != nullptr) REQUIRE(*told == after->ends_ms);
      REQUIRE(hash.size() >= model.contents().size());
      if (step % 10 == 0) REQUIRE(contents_of(hash, model.now_ms) == model.contents());
    }
    while (hash.has_due(model.now_ms)) (void)hash.shed(model.now_ms, 5);
    CHECK(hash.size() == model.contents().size());
    const Hash copy(hash);
    copy.check();
    CHECK(contents_of(copy, model.now_ms) == model.contents());
  }
}
