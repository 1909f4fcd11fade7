#include "storage/value/sorted_set.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/storage/value/seed.hpp"

using namespace tidemark;
using namespace tidemark::storage;

namespace {

constexpr PackingLimits kLimits{.elements_max = 128, .element_bytes_max = 64};
// Big from the first element on.
constexpr PackingLimits kNothingPacked{.elements_max = 0, .element_bytes_max = 64};
constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Element = std::pair<double, std::string>;

SortedSet::Update put(SortedSet& set, Bytes member, double score,
                      const PackingLimits& limits = kLimits) {
  return set.update(member, limits,
                    [score](std::optional<double>) { return std::optional(score); });
}

std::vector<Element> elements_of(const SortedSet& set) {
  std::vector<Element> all;
  set.visit(0, set.size(), Direction::ascending,
            [&](Bytes member, double score) { all.emplace_back(score, member); });
  return all;
}

// A sorted set beside the containers that hold the same.
class SetAndModel {
 public:
  SetAndModel(uint64_t seed, PackingLimits limits) : random_(seed), limits_(limits) {}

  size_t below(size_t n) { return static_cast<size_t>(random_() % n); }
  size_t size() const { return scores_.size(); }
  const SortedSet& set() const { return set_; }

  void put_one(const std::string& member, double score) {
    const auto found = scores_.find(member);
    const SortedSet::Update expected = found == scores_.end()   ? SortedSet::Update::added
                                       : found->second == score ? SortedSet::Update::none
                                                                : SortedSet::Update::changed;
    REQUIRE(put(set_, member, score, limits_) == expected);
    if (expected == SortedSet::Update::none) return;
    if (found != scores_.end()) order_.erase({found->second, member});
    scores_[member] = score;
    order_.insert({score, member});
  }
  void erase_one(const std::string& member) {
    const auto found = scores_.find(member);
    REQUIRE(set_.erase(Bytes(member)) == (found != scores_.end()));
    if (found == scores_.end()) return;
    order_.erase({found->second, member});
    scores_.erase(found);
  }
  void erase_range(size_t first, size_t last) {
    set_.erase(RankRange{.first = first, .last = last});
    const auto from = std::next(order_.begin(), static_cast<std::ptrdiff_t>(first));
    const auto to = std::next(order_.begin(), static_cast<std::ptrdiff_t>(last));
    for (auto at = from; at != to; ++at) scores_.erase(at->second);
    order_.erase(from, to);
  }

  void check(const std::string& member) {
    set_.check();
    REQUIRE(set_.size() == size());
    const auto found = scores_.find(member);
    REQUIRE(set_.score(member).has_value() == (found != scores_.end()));
    const auto ranked = set_.find_ranked(member);
    REQUIRE(ranked.has_value() == (found != scores_.end()));
    if (!ranked) return;
    REQUIRE(ranked->score == found->second);
    const auto place = order_.find({found->second, member});
    REQUIRE(ranked->rank == static_cast<size_t>(std::distance(order_.begin(), place)));
  }
  void check_all() {
    REQUIRE((elements_of(set_) == std::vector<Element>(order_.begin(), order_.end())));
    const SortedSet copy(set_);
    copy.check();
    REQUIRE((elements_of(copy) == elements_of(set_)));
    std::map<std::string, double> scanned;
    uint64_t cursor = 0;
    do {
      cursor = set_.scan(cursor, 10, [&](Bytes member, double score) {
        REQUIRE(scanned.emplace(member, score).second);
      });
    } while (cursor != 0);
    REQUIRE((scanned == scores_));
  }

 private:
  std::mt19937_64 random_;
  PackingLimits limits_;
  SortedSet set_;
  std::map<std::string, double> scores_;
  std::set<Element> order_;
};

double any_score(SetAndModel& test) {
  switch (test.below(4)) {
    case 0:
      return static_cast<double>(test.below(20));
    case 1:
      return static_cast<double>(test.below(1000)) / 8 - 60;
    case 2:
      return std::ldexp(static_cast<double>(test.below(1U << 20)) - 500000,
                        static_cast<int>(test.below(60)) - 10);
    default:
      return test.below(2) == 0 ? kInfinity : -kInfinity;
  }
}

}  // namespace

TEST_CASE("a sorted set is packed up to so many elements, and up to a length") {
  SortedSet set;
  for (int i = 0; i < 128; ++i) put(set, std::to_string(i), i);
  CHECK(set.encoding_name() == "listpack");
  set.check();
  put(set, "one more", 1);
  CHECK(set.encoding_name() == "skiplist");
  set.check();
  CHECK(set.size() == 129);
  // It does not turn back.
  set.erase(RankRange{.first = 1, .last = 129});
  CHECK(set.encoding_name() == "skiplist");

  SortedSet lengths;
  put(lengths, std::string(64, 'x'), 1);
  CHECK(lengths.encoding_name() == "listpack");
  put(lengths, std::string(65, 'x'), 1);
  CHECK(lengths.encoding_name() == "skiplist");
  lengths.check();
}

TEST_CASE("a packed score is read as it was written") {
  SortedSet set;
  const std::vector<double> scores{-kInfinity, std::numeric_limits<double>::lowest(),
                                   -9007199254740993.0, -9007199254740992.0, -1.5, -1, -0.0, 0.1, 1,
                                   3.5e-300, 4096, 1.7e12, 9007199254740992.0, 1e300, kInfinity,
                                   // Its bytes are those of the digits 1 to 8.
                                   6.8213202318809915e-38};
  for (size_t i = 0; i < scores.size(); ++i) put(set, std::to_string(i), scores[i]);
  set.check();
  CHECK(set.encoding_name() == "listpack");
  for (size_t i = 0; i < scores.size(); ++i) {
    const double score = *set.score(std::to_string(i));
    CHECK(score == scores[i]);
  }
}

TEST_CASE("both zeros are one score, of which a packed set keeps the positive one, as Redis does") {
  for (const PackingLimits& limits : {kLimits, kNothingPacked}) {
    SortedSet set;
    put(set, "a", -0.0, limits);
    CHECK(put(set, "a", 0.0, limits) == SortedSet::Update::none);
    CHECK(std::signbit(*set.score("a")) == (set.encoding_name() == "skiplist"));
    put(set, "b", 0.0, limits);
    put(set, "A", 0.0, limits);
    set.check();
    CHECK((elements_of(set) == std::vector<Element>{{0, "A"}, {0, "a"}, {0, "b"}}));
  }
}

TEST_CASE("a change that is not wanted changes nothing") {
  for (const PackingLimits& limits : {kLimits, kNothingPacked}) {
    SortedSet set;
    const auto leave = [](std::optional<double>) { return std::optional<double>(); };
    CHECK(set.update("a", limits, leave) == SortedSet::Update::none);
    CHECK(set.size() == 0);
    CHECK(set.memory_bytes() == 0);
    put(set, "a", 1, limits);
    std::optional<double> seen;
    set.update("a", limits, [&](std::optional<double> present) {
      seen = present;
      return std::optional<double>();
    });
    CHECK(seen == 1);
  }
}

TEST_CASE("random changes of a sorted set leave what a map and a set would hold") {
  const uint64_t seed = seed_of_this_run();
  for (const PackingLimits& limits : {kLimits, kNothingPacked}) {
    for (const size_t members : {30, 150, 1500}) {
      CAPTURE(members);
      SetAndModel test(seed, limits);
      for (int step = 0; step < 3000; ++step) {
        const std::string member = std::to_string(test.below(members));
        switch (test.below(step % 1000 < 600 ? 8 : 4)) {
          case 0:
          case 1:
            test.erase_one(member);
            break;
          case 2:
            if (test.below(20) == 0) {
              const size_t first = test.below(test.size() + 1);
              test.erase_range(first, first + test.below(test.size() - first + 1));
            }
            break;
          default:
            test.put_one(member, any_score(test));
        }
        test.check(member);
        if (step % 300 == 0) test.check_all();
      }
      test.check_all();
    }
  }
}

TEST_CASE("bounds of scores and of members are the same places, packed and big") {
  for (const PackingLimits& limits : {kLimits, kNothingPacked}) {
    SortedSet scores;
    for (int i = 0; i < 100; ++i) put(scores, std::to_string(i), std::floor(i / 10.0), limits);
    for (int i = -1; i <= 11; ++i) {
      const auto before = static_cast<size_t>(std::clamp(i, 0, 10)) * 10;
      const auto behind = static_cast<size_t>(std::clamp(i + 1, 0, 10)) * 10;
      CHECK(scores.rank(ScoreBound{.score = static_cast<double>(i), .edge = Edge::before}) ==
            before);
      CHECK(scores.rank(ScoreBound{.score = static_cast<double>(i), .edge = Edge::behind}) ==
            behind);
    }
    CHECK(scores.rank(ScoreBound{.score = -kInfinity, .edge = Edge::behind}) == 0);
    CHECK(scores.rank(ScoreBound{.score = kInfinity, .edge = Edge::before}) == 100);

    SortedSet members;
    for (int i = 10; i < 100; ++i) put(members, std::to_string(i), 0, limits);
    const auto rank = [&](Bytes member, Edge edge) {
      return members.rank(MemberBound{.member = member, .edge = edge});
    };
    CHECK(rank("", Edge::behind) == 0);
    CHECK(rank("10", Edge::before) == 0);
    CHECK(rank("10", Edge::behind) == 1);
    CHECK(rank("100", Edge::before) == 1);
    CHECK(rank("99", Edge::before) == 89);
    CHECK(rank("99", Edge::behind) == 90);
    CHECK(rank("a", Edge::before) == 90);
  }
}

TEST_CASE("what is appended in order is what was inserted") {
  for (const PackingLimits& limits : {kLimits, kNothingPacked}) {
    SortedSet set;
    std::vector<Element> model;
    for (int i = 0; i < 1000; ++i) {
      const std::string member = "m" + std::to_string(1000 + i);
      const double score = std::floor(i / 100.0);
      set.append(member, score, limits);
      model.emplace_back(score, member);
      if (i % 50 == 0) set.check();
    }
    set.check();
    CHECK((elements_of(set) == model));
  }
}

TEST_CASE("a big sorted set is freed bit by bit, and its bytes go with it") {
  SortedSet set;
  for (int i = 0; i < 10000; ++i) put(set, std::to_string(i), i % 100);
  size_t slices = 0;
  size_t bytes = set.memory_bytes();
  while (set.free_some(100)) {
    ++slices;
    CHECK(set.memory_bytes() <= bytes);
    bytes = set.memory_bytes();
  }
  CHECK(slices > 90);
  CHECK(set.size() == 0);
  CHECK(set.memory_bytes() <= 256);
}

TEST_CASE("an element of a big sorted set costs little over its payload") {
  SortedSet set;
  std::mt19937_64 random(1);
  constexpr size_t kCount = 50000;
  size_t payload = 0;
  for (size_t i = 0; i < kCount; ++i) {
    // 8 bytes of score, one of length, and 23 of text: a block without waste.
    const std::string member = std::to_string(10000000000000000000U + i) + "abc";
    put(set, member, static_cast<double>(random() % 1000000));
    payload += 8 + member.size();
  }
  set.check();
  const double over = static_cast<double>(set.memory_bytes() - payload) / kCount;
  MESSAGE(over << " bytes over the payload");
  CHECK(over < 24);
}
