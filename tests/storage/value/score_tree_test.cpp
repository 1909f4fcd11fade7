#include "storage/value/score_tree.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/storage/value/seed.hpp"

using namespace tidemark;
using namespace tidemark::storage;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A tree beside a sorted vector of the same elements, compared after each step.
class TreeAndModel {
 public:
  explicit TreeAndModel(uint64_t seed) : random_(seed) {}
  ~TreeAndModel() {
    for (ScoredMember* element : model_) ScoredMember::destroy(element);
  }

  size_t size() const { return model_.size(); }
  size_t below(size_t n) { return static_cast<size_t>(random_() % n); }
  ScoreTree& tree() { return tree_; }
  ScoredMember* at(size_t index) { return model_[index]; }

  void insert(double score, const std::string& member) {
    ScoredMember* element = ScoredMember::make(member, score);
    const size_t place = place_of(score, member);
    if (place == size() && below(2) == 0) {
      tree_.append(element);
    } else {
      tree_.insert(element);
    }
    model_.insert(model_.begin() + static_cast<std::ptrdiff_t>(place), element);
  }
  void erase(size_t index) {
    ScoredMember* element = model_[index];
    tree_.erase(element);
    model_.erase(model_.begin() + static_cast<std::ptrdiff_t>(index));
    ScoredMember::destroy(element);
  }
  void change_score(size_t index, double score) {
    ScoredMember* element = model_[index];
    tree_.change_score(element, score);
    model_.erase(model_.begin() + static_cast<std::ptrdiff_t>(index));
    const size_t place = place_of(score, std::string(element->member()));
    model_.insert(model_.begin() + static_cast<std::ptrdiff_t>(place), element);
  }
  void erase_run(size_t index, size_t count) {
    std::array<ScoredMember*, ScoreTree::kRunMax> removed;
    const size_t n = tree_.erase_run(index, count, removed.data());
    REQUIRE(n > 0);
    REQUIRE(n <= count);
    for (size_t i = 0; i < n; ++i) {
      REQUIRE(removed[i] == model_[index + i]);
      ScoredMember::destroy(removed[i]);
    }
    const auto first = model_.begin() + static_cast<std::ptrdiff_t>(index);
    model_.erase(first, first + static_cast<std::ptrdiff_t>(n));
  }

  void check() {
    tree_.check();
    REQUIRE(tree_.size() == size());
    if (model_.empty()) return;
    const size_t index = below(size());
    const ScoredMember* element = model_[index];
    REQUIRE(tree_.at(index) == element);
    REQUIRE(tree_.rank(element) == index);
    for (const Edge edge : {Edge::before, Edge::behind}) {
      const ScoreBound bound{.score = element->score(), .edge = edge};
      REQUIRE(tree_.rank(bound) == count_before([&](const ScoredMember& other) {
                return bound.is_behind(other.score());
              }));
    }
  }
  // All of it, and ranges in both directions.
  void check_visits() {
    check_visit(0, size(), Direction::ascending);
    if (model_.empty()) return;
    check_visit(size() - 1, size(), Direction::descending);
    const size_t from = below(size());
    check_visit(from, below(size() - from + 1), Direction::ascending);
    check_visit(from, below(from + 2), Direction::descending);
  }
  // Where all scores are the same.
  void check_member_bounds() {
    for (const ScoredMember* element : model_) {
      for (const Edge edge : {Edge::before, Edge::behind}) {
        const MemberBound bound{.member = element->member(), .edge = edge};
        REQUIRE(tree_.rank(bound) == count_before([&](const ScoredMember& other) {
                  return bound.is_behind(other.member());
                }));
      }
    }
    CHECK(tree_.rank(MemberBound{.kind = MemberBound::Kind::first, .member = {}}) == 0);
    CHECK(tree_.rank(MemberBound{.kind = MemberBound::Kind::last, .member = {}}) == size());
  }

 private:
  size_t place_of(double score, const std::string& member) const {
    return count_before([&](const ScoredMember& other) {
      return comes_before(other.score(), other.member(), score, member);
    });
  }
  template <typename IsBefore>
  size_t count_before(IsBefore&& is_before) const {
    size_t count = 0;
    while (count < model_.size() && is_before(*model_[count])) ++count;
    return count;
  }
  void check_visit(size_t rank, size_t count, Direction direction) {
    std::vector<const ScoredMember*> seen;
    tree_.visit(rank, count, direction,
                [&](const ScoredMember& element) { seen.push_back(&element); });
    REQUIRE(seen.size() == count);
    for (size_t i = 0; i < count; ++i) {
      REQUIRE(seen[i] == model_[direction == Direction::ascending ? rank + i : rank - i]);
    }
  }

  std::mt19937_64 random_;
  ScoreTree tree_;
  std::vector<ScoredMember*> model_;
};

// Where scores come from: each kind is hard in another way on the digests of the leaves.
double any_score(TreeAndModel& test, int kind) {
  const double small = static_cast<double>(test.below(40)) - 20;
  switch (kind) {
    case 0:  // nothing but ties
      return 7;
    case 1:  // many ties
      return static_cast<double>(test.below(3));
    case 2:  // small integers
      return small;
    case 3:  // every order of magnitude
      return std::ldexp(small, static_cast<int>(test.below(2000)) - 1000);
    case 4: {  // the edges
      const std::array edges{-kInfinity,
                             kInfinity,
                             0.0,
                             -0.0,
                             std::numeric_limits<double>::denorm_min(),
                             -std::numeric_limits<double>::denorm_min(),
                             std::numeric_limits<double>::max(),
                             std::numeric_limits<double>::lowest(),
                             std::nextafter(1.0, 2.0),
                             1.0};
      return edges[test.below(edges.size())];
    }
    default:  // times in milliseconds
      return 1.7e12 + static_cast<double>(test.below(1000000));
  }
}

}  // namespace

TEST_CASE("scores order as numbers do, and both zeros are one") {
  const std::vector<double> ascending{-kInfinity, std::numeric_limits<double>::lowest(),
                                      -1e10,      -1,
                                      -1e-300,    -std::numeric_limits<double>::denorm_min(),
                                      0,          std::numeric_limits<double>::denorm_min(),
                                      1e-300,     1,
                                      1e10,       std::numeric_limits<double>::max(),
                                      kInfinity};
  for (size_t i = 1; i < ascending.size(); ++i) {
    CHECK(order_of(ascending[i - 1]) < order_of(ascending[i]));
  }
  CHECK(order_of(-0.0) == order_of(0.0));
}

TEST_CASE("a partition is found in rows of every length") {
  for (unsigned size = 0; size < 70; ++size) {
    for (unsigned place = 0; place <= size; ++place) {
      CHECK(partition_index(size, [&](unsigned i) { return i < place; }) == place);
    }
  }
}

TEST_CASE("random changes of the tree leave what a sorted vector would hold") {
  const uint64_t seed = seed_of_this_run();
  for (int kind = 0; kind < 6; ++kind) {
    CAPTURE(kind);
    TreeAndModel test(seed);
    size_t target = 100;
    for (int step = 0; step < 4000; ++step) {
      if (step % 500 == 0) target = test.below(2500);
      const bool grow = test.size() < target ? test.below(8) > 0 : test.below(8) == 0;
      if (test.size() == 0 || (grow && test.below(4) > 0)) {
        test.insert(any_score(test, kind), std::to_string(step));
      } else if (grow) {
        test.change_score(test.below(test.size()), any_score(test, kind));
      } else if (test.below(20) == 0) {
        test.erase_run(test.below(test.size()), 1 + test.below(100));
      } else {
        test.erase(test.below(test.size()));
      }
      test.check();
      if (step % 200 == 0) test.check_visits();
      if (kind == 0 && step % 1000 == 0) test.check_member_bounds();
    }
    test.check_visits();
  }
}

TEST_CASE("scores that only grow, or only fall, leave full nodes behind") {
  for (const int direction : {1, -1}) {
    CAPTURE(direction);
    TreeAndModel test(1);
    for (int i = 0; i < 5000; ++i) {
      test.insert(direction * i, std::to_string(i));
      if (i % 64 == 0) test.check();
    }
    test.check();
    test.check_visits();
    // 8 bytes an element in full leaves, and some for the nodes above.
    CHECK(test.tree().memory_bytes() < 5000 * 9);
    while (test.size() > 0) {
      test.erase(direction > 0 ? 0 : test.size() - 1);
      if (test.size() % 64 == 0) test.check();
    }
    test.check();
    CHECK(test.tree().memory_bytes() == 0);
  }
}

TEST_CASE("random scores fill nine tenths of the nodes") {
  TreeAndModel test(2);
  for (int i = 0; i < 20000; ++i)
    test.insert(static_cast<double>(test.below(1U << 30)), std::to_string(i));
  test.check();
  CHECK(test.tree().memory_bytes() < 20000 * 10.5);
}

TEST_CASE("a score that moves to and fro is where it belongs") {
  TreeAndModel test(3);
  for (int i = 0; i < 3000; ++i) test.insert(i, std::to_string(i));
  for (int step = 0; step < 3000; ++step) {
    const size_t index = test.below(test.size());
    const double around = test.at(index)->score();
    // Nearly always among its neighbours, sometimes at an end.
    const double score = step % 10 == 0 ? (step % 20 == 0 ? -1e9 : 1e9)
                                        : around + static_cast<double>(test.below(9)) - 4;
    test.change_score(index, score);
    test.check();
  }
}

TEST_CASE("runs are removed from everywhere, and the last one leaves nothing") {
  for (const size_t start :
       {size_t{0}, size_t{1}, size_t{30}, size_t{61}, size_t{62}, size_t{1000}}) {
    CAPTURE(start);
    TreeAndModel test(4);
    for (int i = 0; i < 3000; ++i) test.insert(i % 7, std::to_string(i));
    while (test.size() > start) {
      test.erase_run(start, test.size());
      test.check();
    }
    while (test.size() > 0) test.erase_run(test.size() - 1, 1);
    test.check();
  }
}

TEST_CASE("nodes are freed bit by bit") {
  TreeAndModel test(5);
  for (int i = 0; i < 5000; ++i) test.insert(i, std::to_string(i));
  size_t slices = 1;
  size_t bytes = test.tree().memory_bytes();
  while (test.tree().free_some(7)) {
    ++slices;
    CHECK(test.tree().memory_bytes() < bytes);
    bytes = test.tree().memory_bytes();
  }
  CHECK(test.tree().memory_bytes() == 0);
  CHECK(slices >= 5000 / ScoreLeaf::kCapacityMax / 7);
}

TEST_CASE("a tree of many levels keeps its order while it grows and shrinks at random") {
  const uint64_t seed = seed_of_this_run();
  std::mt19937_64 random(seed);
  ScoreTree tree;
  std::vector<ScoredMember*> elements;
  for (size_t i = 0; i < 120000; ++i) {
    const auto score = static_cast<double>(random() % 50000);
    elements.push_back(ScoredMember::make(std::to_string(i), score));
    tree.insert(elements.back());
    if (i % 20000 == 0) tree.check();
  }
  tree.check();
  for (size_t i = 0; i < 100000; ++i) {
    ScoredMember* element = elements[random() % elements.size()];
    tree.change_score(element, static_cast<double>(random() % 50000));
    REQUIRE(tree.at(tree.rank(element)) == element);
  }
  tree.check();
  std::shuffle(elements.begin(), elements.end(), random);
  for (size_t i = 0; i < elements.size(); ++i) {
    tree.erase(elements[i]);
    ScoredMember::destroy(elements[i]);
    if (i % 20000 == 0) tree.check();
  }
  tree.check();
  CHECK(tree.memory_bytes() == 0);
}
