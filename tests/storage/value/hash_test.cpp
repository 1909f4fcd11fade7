#include "storage/value/hash.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "storage/value/value_type.hpp"
#include "tests/storage/value/seed.hpp"

using tidemark::Bytes;
using tidemark::IntegerText;
using tidemark::storage::Hash;
using tidemark::storage::PackedElement;
using tidemark::storage::PackingLimits;

namespace {

using Outcome = Hash::Outcome;

constexpr int64_t kNow = 1'700'000'000'000;
constexpr PackingLimits kLimits{.elements_max = 128, .element_bytes_max = 64};

std::string text_of(const PackedElement& element) {
  IntegerText scratch;
  return std::string(element.text(scratch));
}

std::map<std::string, std::string> contents_of(const Hash& hash) {
  std::map<std::string, std::string> contents;
  size_t visited = 0;
  hash.visit(kNow, [&](const PackedElement& field, const PackedElement& value) {
    contents[text_of(field)] = text_of(value);
    ++visited;
    return true;
  });
  CHECK(visited == contents.size());
  return contents;
}

std::string value_of(const Hash& hash, Bytes field) {
  const auto value = hash.find(field, kNow);
  return value ? text_of(*value) : "(none)";
}

// A hash of `count` fields f0, f1 ... with values v0, v1 ..., of either form.
void fill(Hash& hash, Bytes form, int count) {
  for (int i = 0; i < count; ++i) {
    hash.set("f" + std::to_string(i), "v" + std::to_string(i), kLimits, kNow);
  }
  if (form == "hashtable") {
    const std::string long_one(65, 'x');
    hash.set(long_one, "", kLimits, kNow);
    hash.erase(long_one, kNow);
  }
  CHECK(hash.encoding_name() == form);
}

constexpr Bytes kForms[] = {"listpack", "hashtable"};

}  // namespace

TEST_CASE("a field is added, replaced, found and erased in either form") {
  for (const Bytes form : kForms) {
    CAPTURE(form);
    Hash hash;
    fill(hash, form, 3);
    CHECK(hash.set("new", "1", kLimits, kNow) == Outcome::added);
    CHECK(hash.set("new", "a longer value", kLimits, kNow) == Outcome::replaced);
    hash.check();
    CHECK(value_of(hash, "new") == "a longer value");
    CHECK(hash.set("new", "", kLimits, kNow) == Outcome::replaced);
    CHECK(value_of(hash, "new").empty());
    CHECK(hash.size() == 4);
    CHECK(hash.contains("f0", kNow));
    CHECK_FALSE(hash.contains("v0", kNow));
    CHECK(hash.erase("f0", kNow));
    CHECK_FALSE(hash.erase("f0", kNow));
    CHECK_FALSE(hash.erase("v1", kNow));
    CHECK(value_of(hash, "f0") == "(none)");
    CHECK(hash.size() == 3);
    hash.check();
  }
}

TEST_CASE("a packed hash keeps the order of insertion and takes no value for a field") {
  Hash hash;
  hash.set("a", "b", kLimits, kNow);
  hash.set("b", "a", kLimits, kNow);
  hash.set("1", "a", kLimits, kNow);
  hash.set("a", "2", kLimits, kNow);
  std::string all;
  hash.visit(kNow, [&all](const PackedElement& field, const PackedElement& value) {
    all += text_of(field) + "=" + text_of(value) + " ";
    return true;
  });
  CHECK(all == "a=2 b=a 1=a ");
  CHECK(value_of(hash, "2") == "(none)");
}

TEST_CASE("a hash becomes a table at its limits, and stays one") {
  Hash many;
  fill(many, "listpack", 128);
  many.set("f0", "again", kLimits, kNow);
  CHECK(many.encoding_name() == "listpack");
  many.set("more", "v", kLimits, kNow);
  CHECK(many.encoding_name() == "hashtable");
  CHECK(many.size() == 129);
  CHECK(value_of(many, "f0") == "again");
  while (many.size() > 1) many.erase("f" + std::to_string(many.size() - 2), kNow);
  CHECK(many.encoding_name() == "hashtable");
  many.check();

  const std::string longest(64, 'x');
  Hash with_long_value;
  with_long_value.set("f", longest, kLimits, kNow);
  with_long_value.set(longest, "v", kLimits, kNow);
  CHECK(with_long_value.encoding_name() == "listpack");
  with_long_value.set("f", longest + "x", kLimits, kNow);
  CHECK(with_long_value.encoding_name() == "hashtable");
  CHECK(with_long_value.size() == 2);

  Hash with_long_name;
  with_long_name.set(longest + "x", "v", kLimits, kNow);
  CHECK(with_long_name.encoding_name() == "hashtable");
}

TEST_CASE("a limit that was lowered holds for the next field that is set, not for those that go") {
  constexpr PackingLimits kNarrow{.elements_max = 3, .element_bytes_max = 64};
  Hash hash;
  fill(hash, "listpack", 10);
  hash.erase("f0", kNow);
  CHECK(hash.encoding_name() == "listpack");
  hash.set("f1", "v", kNarrow, kNow);
  CHECK(hash.encoding_name() == "hashtable");
}

TEST_CASE("a hash takes the form for the longest of the texts that are announced") {
  const std::string longest(64, 'x');
  const std::string too_long(65, 'x');
  Hash hash;
  hash.expect(std::vector<Bytes>{"a", longest, "c"}, kLimits);
  CHECK(hash.encoding_name() == "listpack");
  hash.expect(std::vector<Bytes>{"a", "b", too_long}, kLimits);
  CHECK(hash.encoding_name() == "hashtable");
}

TEST_CASE("names and values of every length are kept byte by byte, and replaced by any other") {
  const std::vector<size_t> lengths{0, 1, 13, 14, 15, 16, 64, 65, 253, 254, 255, 256, 70'000};
  Hash hash;
  std::map<std::string, std::string> expected;
  for (const size_t name_length : lengths) {
    for (const size_t first : lengths) {
      for (const size_t second : lengths) {
        const std::string name(name_length, 'n');
        hash.set(name, std::string(first, 'a'), kLimits, kNow);
        expected[name] = std::string(second, '\0');
        hash.set(name, expected[name], kLimits, kNow);
        CHECK(value_of(hash, name) == expected[name]);
      }
    }
    hash.check();
  }
  CHECK(contents_of(hash) == expected);
}

TEST_CASE("a copy of a hash has its fields, its form and its cost, and lives on its own") {
  for (const Bytes form : kForms) {
    CAPTURE(form);
    Hash hash;
    fill(hash, form, 100);
    const Hash copy(hash);
    copy.check();
    CHECK(copy.encoding_name() == form);
    CHECK(contents_of(copy) == contents_of(hash));
    if (form != "hashtable") CHECK(copy.memory_bytes() == hash.memory_bytes());
    hash.set("f0", "changed", kLimits, kNow);
    CHECK(value_of(copy, "f0") == "v0");
    while (hash.free_some(10)) {
    }
    CHECK(hash.empty());
    CHECK(copy.size() == 100);
  }
}

TEST_CASE("a scan visits every field once, a table's step by step") {
  for (const Bytes form : kForms) {
    CAPTURE(form);
    Hash hash;
    fill(hash, form, 100);
    std::map<std::string, std::string> seen;
    uint64_t cursor = 0;
    int steps = 0;
    do {
      cursor =
          hash.scan(cursor, 10, kNow, [&](const PackedElement& field, const PackedElement& value) {
            CHECK(seen.emplace(text_of(field), text_of(value)).second);
          });
      ++steps;
    } while (cursor != 0);
    CHECK((steps > 1) == (form == "hashtable"));
    CHECK(seen == contents_of(hash));
  }
}

TEST_CASE("a visit and a draw end when they are told to") {
  for (const Bytes form : kForms) {
    Hash hash;
    fill(hash, form, 100);
    int visited = 0;
    hash.visit(kNow,
               [&visited](const PackedElement&, const PackedElement&) { return ++visited < 3; });
    CHECK(visited == 3);
    hash.draw(1000, kNow, 1,
              [&visited](const PackedElement&, const PackedElement&) { return ++visited < 10; });
    CHECK(visited == 10);
    hash.draw(0, kNow, 1,
              [&visited](const PackedElement&, const PackedElement&) { return ++visited; });
    CHECK(visited == 10);
  }
}

TEST_CASE("picks are fair: single, repeated and different, and each has its own value") {
  constexpr int kFields = 20;
  // Of 20 fields, df 19; one run in 100,000 exceeds it.
  constexpr double kChiSquareMax = 58;
  constexpr unsigned kPicks = 20'000;
  for (const Bytes form : kForms) {
    CAPTURE(form);
    Hash hash;
    fill(hash, form, kFields);
    std::map<std::string, unsigned> single, drawn, sampled, sampled_few;
    const auto into = [](std::map<std::string, unsigned>& counts) {
      return [&counts](const PackedElement& field, const PackedElement& value) {
        const std::string name = text_of(field);
        CHECK(text_of(value) == "v" + name.substr(1));
        ++counts[name];
        return true;
      };
    };
    hash.draw(kPicks, kNow, 1, into(drawn));
    for (unsigned i = 0; i < kPicks; ++i) hash.draw(1, kNow, i, into(single));
    for (unsigned i = 0; i < kPicks / 15; ++i) hash.sample(15, kNow, i, into(sampled));
    for (unsigned i = 0; i < kPicks / 2; ++i) hash.sample(2, kNow, i, into(sampled_few));
    const auto chi_square = [](const std::map<std::string, unsigned>& counts) {
      double total = 0, sum = 0;
      for (const auto& [field, times] : counts) total += times;
      const double expected = total / kFields;
      for (const auto& [field, times] : counts) {
        sum += (times - expected) * (times - expected) / expected;
      }
      return sum;
    };
    for (const auto* counts : {&single, &drawn, &sampled, &sampled_few}) {
      CHECK(counts->size() == kFields);
      CHECK(chi_square(*counts) < kChiSquareMax);
    }
  }
}

TEST_CASE("a sample has no field twice, and all of them where it asks for more") {
  for (const Bytes form : kForms) {
    for (const size_t count : {0, 1, 5, 33, 34, 99, 100, 1000}) {
      CAPTURE(form);
      CAPTURE(count);
      Hash hash;
      fill(hash, form, 100);
      std::set<std::string> sampled;
      hash.sample(count, kNow, 7, [&](const PackedElement& field, const PackedElement&) {
        CHECK(sampled.insert(text_of(field)).second);
      });
      CHECK(sampled.size() == std::min<size_t>(count, 100));
    }
  }
}

TEST_CASE("a large hash is freed in slices of about the budget") {
  Hash hash;
  for (int i = 0; i < 10'000; ++i) hash.set("field" + std::to_string(i), "value", kLimits, kNow);
  size_t before = hash.memory_bytes();
  int slices = 0;
  while (hash.free_some(100)) {
    CHECK(hash.memory_bytes() < before);
    before = hash.memory_bytes();
    ++slices;
  }
  CHECK(slices > 50);
  CHECK(hash.empty());
}

TEST_CASE("random operations on a hash agree with those on a container of the standard library") {
  std::mt19937_64 random(tidemark::storage::seed_of_this_run());
  const auto below = [&random](size_t limit) { return static_cast<size_t>(random() % limit); };
  for (int round = 0; round < 30; ++round) {
    // Small limits, so that both forms are met, with fields that are met again.
    const PackingLimits limits{.elements_max = below(40), .element_bytes_max = 1 + below(30)};
    const size_t range = 1 + below(200);
    Hash hash;
    std::map<std::string, std::string> expected;
    const auto any_text = [&](size_t different) {
      std::string text = std::to_string(static_cast<int64_t>(below(different)) - 20);
      if (below(2) == 0) text = "m" + text;
      if (below(50) == 0) text += std::string(below(300), 'y');
      return text;
    };
    for (int step = 0; step < 400; ++step) {
      const std::string field = any_text(range);
      const std::string value = any_text(100'000);
      switch (below(6)) {
        case 0:
          REQUIRE(hash.erase(field, kNow) == (expected.erase(field) == 1));
          break;
        case 1:
          hash.expect(std::vector<Bytes>{field, value}, limits);
          break;
        default: {
          const bool added = expected.insert_or_assign(field, value).second;
          REQUIRE(hash.set(field, value, limits, kNow) ==
                  (added ? Outcome::added : Outcome::replaced));
        }
      }
      REQUIRE(hash.size() == expected.size());
      const auto found = expected.find(field);
      REQUIRE(hash.contains(field, kNow) == (found != expected.end()));
      if (found != expected.end()) REQUIRE(value_of(hash, field) == found->second);
      hash.check();
      if (step % 20 == 0) REQUIRE(contents_of(hash) == expected);
    }
    const Hash copy(hash);
    copy.check();
    CHECK(contents_of(copy) == expected);
  }
}
