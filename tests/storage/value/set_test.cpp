#include "storage/value/set.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "storage/value/value_type.hpp"
#include "tests/storage/value/seed.hpp"

using tidemark::Bytes;
using tidemark::IntegerText;
using tidemark::storage::PackedElement;
using tidemark::storage::Random;
using tidemark::storage::Set;
using tidemark::storage::SetLimits;

namespace {

constexpr SetLimits kLimits{.integers_max = 512,
                            .packing = {.elements_max = 128, .element_bytes_max = 64}};

std::string text_of(const PackedElement& member) {
  IntegerText scratch;
  return std::string(member.text(scratch));
}

std::vector<std::string> members_of(const Set& set) {
  std::vector<std::string> all;
  set.visit([&all](const PackedElement& member) {
    all.push_back(text_of(member));
    return true;
  });
  return all;
}

std::set<std::string> unordered(const Set& set) {
  const auto all = members_of(set);
  std::set<std::string> sorted(all.begin(), all.end());
  CHECK(sorted.size() == all.size());
  return sorted;
}

void insert_all(Set& set, const std::vector<std::string>& members) {
  for (const std::string& member : members) set.insert(member, kLimits);
  set.check();
}

// A set of `count` members of each form.
void fill(Set& set, Bytes form, int count) {
  for (int i = 0; i < count; ++i) {
    set.insert((form == "intset" ? "" : "m") + std::to_string(i), kLimits);
  }
  if (form == "hashtable") {
    const std::string long_one(65, 'x');
    set.insert(long_one, kLimits);
    set.erase(long_one);
  }
  CHECK(set.encoding_name() == form);
}

constexpr Bytes kForms[] = {"intset", "listpack", "hashtable"};

}  // namespace

TEST_CASE("a set of integers is an intset, up to its limit, and then a table") {
  Set set;
  for (int i = 0; i < 512; ++i) CHECK(set.insert(std::to_string(i), kLimits));
  CHECK(set.encoding_name() == "intset");
  CHECK_FALSE(set.insert("511", kLimits));
  CHECK(set.encoding_name() == "intset");
  CHECK(set.insert("-1", kLimits));
  CHECK(set.encoding_name() == "hashtable");
  CHECK(set.size() == 513);
  CHECK(set.contains(Bytes("0")));
  CHECK(set.contains(PackedElement(int64_t{-1})));
  CHECK_FALSE(set.contains(Bytes("00")));
  set.check();
}

TEST_CASE("an intset that a text joins is packed where it is small, and a table where it is not") {
  Set small;
  for (int i = 0; i < 127; ++i) small.insert(std::to_string(i), kLimits);
  CHECK(small.insert("x", kLimits));
  CHECK(small.encoding_name() == "listpack");
  CHECK(small.size() == 128);
  CHECK(small.insert("y", kLimits));
  CHECK(small.encoding_name() == "hashtable");
  small.check();

  Set big;
  for (int i = 0; i < 128; ++i) big.insert(std::to_string(i), kLimits);
  big.insert("x", kLimits);
  CHECK(big.encoding_name() == "hashtable");

  Set with_long_text;
  with_long_text.insert("1", kLimits);
  with_long_text.insert(std::string(65, 'x'), kLimits);
  CHECK(with_long_text.encoding_name() == "hashtable");

  const SetLimits narrow{.integers_max = 512,
                         .packing = {.elements_max = 128, .element_bytes_max = 3}};
  Set with_long_integer;
  with_long_integer.insert("1000", narrow);
  with_long_integer.insert("x", narrow);
  CHECK(with_long_integer.encoding_name() == "hashtable");
}

TEST_CASE("a packed set keeps the order of insertion and ends at its limits") {
  Set set;
  insert_all(set, {"b", "a", "c", "7", ""});
  CHECK(set.encoding_name() == "listpack");
  CHECK((members_of(set) == std::vector<std::string>{"b", "a", "c", "7", ""}));
  CHECK(set.insert(std::string(64, 'x'), kLimits));
  CHECK(set.encoding_name() == "listpack");
  CHECK_FALSE(set.insert("7", kLimits));
  CHECK(set.erase("a"));
  CHECK_FALSE(set.erase("a"));
  CHECK(set.insert(std::string(65, 'x'), kLimits));
  CHECK(set.encoding_name() == "hashtable");
  CHECK(set.size() == 6);
  set.check();
}

TEST_CASE("a set takes the form for as many members as are announced") {
  const auto encoding = [](Bytes first, size_t members) {
    Set set;
    set.expect(first, members, kLimits);
    return std::string(set.encoding_name());
  };
  CHECK(encoding("1", 512) == "intset");
  CHECK(encoding("1", 513) == "hashtable");
  CHECK(encoding("a", 128) == "listpack");
  CHECK(encoding("a", 129) == "hashtable");

  Set integers;
  integers.insert("1", kLimits);
  integers.expect("2", 512, kLimits);
  CHECK(integers.encoding_name() == "intset");
  integers.expect("2", 513, kLimits);
  CHECK(integers.encoding_name() == "hashtable");

  Set packed;
  packed.insert("a", kLimits);
  packed.expect("1", 128, kLimits);
  CHECK(packed.encoding_name() == "listpack");
  packed.expect("1", 129, kLimits);
  CHECK(packed.encoding_name() == "hashtable");
}

TEST_CASE("a set of integers in another form becomes an intset when it is asked to") {
  Set packed;
  insert_all(packed, {"x", "3", "1"});
  packed.become_integers_if_possible(kLimits);
  CHECK(packed.encoding_name() == "listpack");
  packed.erase("x");
  packed.become_integers_if_possible(kLimits);
  CHECK(packed.encoding_name() == "intset");
  CHECK((members_of(packed) == std::vector<std::string>{"1", "3"}));

  Set table;
  for (int i = 0; i < 513; ++i) table.insert(std::to_string(i), kLimits);
  table.become_integers_if_possible(kLimits);
  CHECK(table.encoding_name() == "hashtable");
  table.erase("100");
  table.become_integers_if_possible(kLimits);
  CHECK(table.encoding_name() == "intset");
  table.check();
}

TEST_CASE("members of every length are kept byte by byte") {
  Set set;
  std::set<std::string> expected;
  for (const size_t length : {0, 1, 15, 16, 64, 65, 253, 254, 255, 256, 70'000}) {
    expected.insert(std::string(length, '\0'));
  }
  for (const std::string& member : expected) CHECK(set.insert(member, kLimits));
  CHECK(unordered(set) == expected);
  for (const std::string& member : expected) CHECK_FALSE(set.insert(member, kLimits));
  set.check();
}

TEST_CASE("a copy of a set has its members, its form and its cost, and lives on its own") {
  for (const Bytes form : kForms) {
    CAPTURE(form);
    Set set;
    fill(set, form, 100);
    const Set copy(set);
    copy.check();
    CHECK(copy.encoding_name() == form);
    CHECK(unordered(copy) == unordered(set));
    if (form != "hashtable") CHECK(copy.memory_bytes() == set.memory_bytes());
    while (set.free_some(10)) {
    }
    CHECK(set.empty());
    CHECK(set.memory_bytes() == 0);
    CHECK(copy.size() == 100);
  }
}

TEST_CASE("a scan visits every member once, a table's step by step") {
  for (const Bytes form : kForms) {
    CAPTURE(form);
    Set set;
    fill(set, form, 100);
    std::multiset<std::string> seen;
    uint64_t cursor = 0;
    int steps = 0;
    do {
      cursor =
          set.scan(cursor, 10, [&](const PackedElement& member) { seen.insert(text_of(member)); });
      ++steps;
    } while (cursor != 0);
    CHECK((steps > 1) == (form == "hashtable"));
    CHECK(seen.size() == 100);
    const auto members = unordered(set);
    CHECK(std::equal(seen.begin(), seen.end(), members.begin(), members.end()));
  }
}

TEST_CASE("a visit ends when it is told to") {
  for (const Bytes form : kForms) {
    Set set;
    fill(set, form, 100);
    int visited = 0;
    set.visit([&visited](const PackedElement&) { return ++visited < 3; });
    CHECK(visited == 3);
  }
}

TEST_CASE("picks are fair: single, repeated, different, and popped") {
  constexpr int kMembers = 20;
  // Of 20 members, df 19; one run in 100,000 exceeds it.
  constexpr double kChiSquareMax = 58;
  constexpr unsigned kPicks = 20'000;
  for (const Bytes form : kForms) {
    CAPTURE(form);
    Set set;
    fill(set, form, kMembers);
    std::map<std::string, unsigned> drawn, single, sampled, sampled_few, popped;
    const auto into = [](std::map<std::string, unsigned>& counts) {
      return [&counts](const PackedElement& member) {
        ++counts[text_of(member)];
        return true;
      };
    };
    set.draw(kPicks, 1, into(drawn));
    Random random(2);
    for (unsigned i = 0; i < kPicks; ++i) ++single[text_of(set.random_member(random))];
    for (unsigned i = 0; i < kPicks / 15; ++i) set.sample(15, i, into(sampled));
    for (unsigned i = 0; i < kPicks / 2; ++i) set.sample(2, i, into(sampled_few));
    for (unsigned i = 0; i < kPicks / 5; ++i) {
      Set copy(set);
      copy.pop(5, i, kLimits, into(popped));
      CHECK(copy.size() == kMembers - 5);
      copy.check();
    }
    const auto chi_square = [](const std::map<std::string, unsigned>& counts) {
      double total = 0, sum = 0;
      for (const auto& [member, times] : counts) total += times;
      const double expected = total / kMembers;
      for (const auto& [member, times] : counts) {
        sum += (times - expected) * (times - expected) / expected;
      }
      return sum;
    };
    for (const auto* counts : {&drawn, &single, &sampled, &sampled_few, &popped}) {
      CHECK(counts->size() == kMembers);
      CHECK(chi_square(*counts) < kChiSquareMax);
    }
  }
}

TEST_CASE("a sample has no member twice, and all of them where it asks for more") {
  for (const Bytes form : kForms) {
    for (const size_t count : {0, 1, 5, 33, 34, 99, 100, 1000}) {
      CAPTURE(form);
      CAPTURE(count);
      Set set;
      fill(set, form, 100);
      std::set<std::string> sampled;
      set.sample(count, 7, [&](const PackedElement& member) {
        CHECK(sampled.insert(text_of(member)).second);
      });
      CHECK(sampled.size() == std::min<size_t>(count, 100));
      std::set<std::string> popped;
      const auto before = unordered(set);
      set.pop(count, 7, kLimits,
              [&](const PackedElement& member) { CHECK(popped.insert(text_of(member)).second); });
      CHECK(popped.size() == sampled.size());
      for (const std::string& member : popped) CHECK(before.contains(member));
      CHECK(set.size() == 100 - popped.size());
      for (const std::string& member : unordered(set)) CHECK_FALSE(popped.contains(member));
      set.check();
    }
  }
}

TEST_CASE("draws end when they are told to") {
  for (const Bytes form : kForms) {
    Set set;
    fill(set, form, 10);
    int visited = 0;
    set.draw(1000, 1, [&visited](const PackedElement&) { return ++visited < 7; });
    CHECK(visited == 7);
  }
}

TEST_CASE("the little that a large pop leaves of a table is packed, unless it is long") {
  for (const bool with_long_members : {false, true}) {
    Set set;
    for (int i = 0; i < 600; ++i) {
      set.insert(std::string(with_long_members ? 70 : 0, 'x') + std::to_string(i), kLimits);
    }
    CHECK(set.encoding_name() == "hashtable");
    set.pop(400, 1, kLimits, [](const PackedElement&) {});
    CHECK(set.encoding_name() == "hashtable");
    set.pop(190, 1, kLimits, [](const PackedElement&) {});
    CHECK(set.size() == 10);
    CHECK((set.encoding_name() == "listpack") != with_long_members);
    set.check();
  }
}

TEST_CASE("freeing in slices takes about the budget at a time") {
  Set set;
  for (int i = 0; i < 10'000; ++i) set.insert("member" + std::to_string(i), kLimits);
  size_t before = set.memory_bytes();
  int slices = 0;
  while (set.free_some(100)) {
    CHECK(set.memory_bytes() < before);
    before = set.memory_bytes();
    ++slices;
  }
  CHECK(slices > 50);
  CHECK(set.memory_bytes() == 0);
}

TEST_CASE("random operations on a set agree with those on a container of the standard library") {
  std::mt19937_64 random(tidemark::storage::seed_of_this_run());
  const auto below = [&random](size_t limit) { return static_cast<size_t>(random() % limit); };
  for (int round = 0; round < 30; ++round) {
    // Small limits, so that every form is met, with members that are met again.
    const SetLimits limits{
        .integers_max = below(40),
        .packing = {.elements_max = below(40), .element_bytes_max = 1 + below(20)}};
    const size_t range = 1 + below(200);
    const unsigned texts_in_ten = static_cast<unsigned>(below(11));
    Set set;
    std::set<std::string> expected;
    const auto any_member = [&] {
      std::string member = std::to_string(static_cast<int64_t>(below(range)) - 20);
      if (below(10) < texts_in_ten) member = "m" + member;
      if (below(50) == 0) member += std::string(below(300), 'y');
      return member;
    };
    for (int step = 0; step < 400; ++step) {
      const std::string member = any_member();
      switch (below(12)) {
        case 0:
          REQUIRE(set.erase(member) == (expected.erase(member) == 1));
          break;
        case 1: {
          const size_t count = below(3) == 0 ? below(expected.size() + 2) : below(3);
          set.pop(count, random(), limits, [&](const PackedElement& popped) {
            REQUIRE(expected.erase(text_of(popped)) == 1);
          });
          break;
        }
        case 2:
          set.become_integers_if_possible(limits);
          break;
        case 3:
          set.expect(member, below(50), limits);
          break;
        default:
          REQUIRE(set.insert(member, limits) == expected.insert(member).second);
      }
      REQUIRE(set.size() == expected.size());
      REQUIRE(set.contains(Bytes(member)) == expected.contains(member));
      set.check();
      if (step % 20 == 0) REQUIRE(unordered(set) == expected);
    }
    const Set copy(set);
    copy.check();
    CHECK(unordered(copy) == expected);
  }
}
