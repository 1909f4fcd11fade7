#include "storage/value/score_tally.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>

using namespace tidemark;
using namespace tidemark::storage;

TEST_CASE("merged scores are combined by member, and come out in order") {
  std::mt19937_64 random(1);
  ScoreTally tally;
  std::map<std::string, double> model;
  size_t longest = 0;
  for (int i = 0; i < 20000; ++i) {
    // The text dies before the next one is merged.
    const std::string member = std::to_string(random() % 5000);
    const auto score = static_cast<double>(random() % 100);
    tally.merge(member, score, [](double a, double b) { return a + b; });
    model[member] += score;
    longest = std::max(longest, member.size());
  }
  CHECK(tally.size() == model.size());
  CHECK(tally.longest_member() == longest);
  std::set<std::pair<double, std::string>> expected;
  for (const auto& [member, score] : model) expected.insert({score, member});
  auto at = expected.begin();
  for (const ScoreTally::Element& element : tally.sorted()) {
    REQUIRE(element.member == at->second);
    REQUIRE(element.score == at->first);
    ++at;
  }
}

TEST_CASE("members that are added without a look come out in order, the empty one among them") {
  ScoreTally tally;
  tally.add("b", 1);
  tally.add("", 1);
  tally.add("a", 2);
  const auto sorted = tally.sorted();
  REQUIRE(sorted.size() == 3);
  CHECK(sorted[0].member == "");
  CHECK(sorted[1].member == "b");
  CHECK(sorted[2].member == "a");
}
