#include "storage/value/ordered_tree.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

using namespace tidemark::storage;

namespace {

struct Number {
  uint64_t value;
};
struct ByValue {
  using Item = Number;
  using Key = uint64_t;
  static Key key(const Number& number) { return number.value; }
};
using Tree = OrderedTree<ByValue>;

// A tree with numbers of its own, beside a map that says what is in it.
class Model {
 public:
  ~Model() {
    while (!tree_.empty()) tree_.take_last(heap_);
    CHECK(heap_.bytes() == 0);
  }

  void insert(uint64_t value) {
    if (numbers_.contains(value)) return;
    const auto& number = numbers_[value] = std::make_unique<Number>(Number{value});
    tree_.insert(heap_, number.get());
  }
  void erase(uint64_t value) {
    const auto known = numbers_.find(value);
    Number* erased = tree_.erase(heap_, value);
    REQUIRE(erased == (known == numbers_.end() ? nullptr : known->second.get()));
    if (known != numbers_.end()) numbers_.erase(known);
  }
  void take_last() {
    if (numbers_.empty()) return;
    Number* last = tree_.take_last(heap_);
    REQUIRE(last == numbers_.rbegin()->second.get());
    numbers_.erase(last->value);
  }
  void replace(uint64_t value) {
    const auto known = numbers_.find(value);
    if (known == numbers_.end()) return;
    auto number = std::make_unique<Number>(Number{value});
    tree_.replace(number.get());
    // Only now: the tree compares with the one that it has.
    known->second = std::move(number);
  }

  void look_for(uint64_t value) const {
    const auto after = numbers_.lower_bound(value);
    const Tree::Place found_after = tree_.at_or_after(value);
    REQUIRE(static_cast<bool>(found_after) == (after != numbers_.end()));
    if (found_after) REQUIRE(&*found_after == after->second.get());
    auto before = numbers_.upper_bound(value);
    const Tree::Place found_before = tree_.at_or_before(value);
    REQUIRE(static_cast<bool>(found_before) == (before != numbers_.begin()));
    if (found_before) REQUIRE(&*found_before == (--before)->second.get());
    const auto known = numbers_.find(value);
    REQUIRE(tree_.find(value) == (known == numbers_.end() ? nullptr : known->second.get()));
  }

  void check() const {
    tree_.check();
    REQUIRE(tree_.size() == numbers_.size());
    Tree::Place place = tree_.first();
    for (const auto& [value, number] : numbers_) {
      REQUIRE(&*place == number.get());
      place = place.next();
    }
    REQUIRE(!place);
    place = tree_.last();
    for (auto number = numbers_.rbegin(); number != numbers_.rend(); ++number) {
      REQUIRE(&*place == number->second.get());
      place = place.previous();
    }
    REQUIRE(!place);
  }

  size_t bytes() const { return heap_.bytes(); }
  size_t size() const { return numbers_.size(); }

 private:
  std::map<uint64_t, std::unique_ptr<Number>> numbers_;
  CountedHeap heap_;
  Tree tree_;
};

uint64_t seed_of_this_run() {
  const char* given = std::getenv("TIDEMARK_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  MESSAGE("TIDEMARK_SEED=" << seed);
  return seed;
}

}  // namespace

TEST_CASE("an empty tree has no places and no memory") {
  Model model;
  model.check();
  model.look_for(1);
  model.erase(1);
  CHECK(model.bytes() == 0);
}

TEST_CASE("what grows at its end costs little more than an address each") {
  Model model;
  model.insert(0);
  CHECK(model.bytes() == 32);
  for (uint64_t i = 1; i < 100'000; ++i) model.insert(i);
  model.check();
  CHECK(model.bytes() <= model.size() * 9);
}

TEST_CASE("a tree that is emptied from either end or from within gives everything back") {
  for (const int order : {0, 1, 2}) {
    CAPTURE(order);
    Model model;
    constexpr uint64_t kCount = 5000;
    for (uint64_t i = 0; i < kCount; ++i) model.insert(i);
    for (uint64_t i = 0; i < kCount; ++i) {
      model.erase(order == 0 ? i : order == 1 ? kCount - 1 - i : i * 1999 % kCount);
      if (i % 97 == 0) model.check();
    }
    CHECK(model.bytes() == 0);
  }
}

TEST_CASE("a thinned tree shrinks with what is left") {
  Model model;
  for (uint64_t i = 0; i < 50'000; ++i) model.insert(i);
  for (uint64_t i = 0; i < 50'000; ++i) {
    if (i % 50 != 0) model.erase(i);
  }
  model.check();
  CHECK(model.bytes() <= model.size() * 40);
}

TEST_CASE("a tree does what a map does, whatever happens to it") {
  const uint64_t seed = seed_of_this_run();
  std::mt19937_64 random(seed);
  for (const uint64_t range : {8, 100, 1000, 30'000}) {
    CAPTURE(range);
    Model model;
    // Grows for a while, then shrinks, and so on.
    for (int phase = 0; phase < 8; ++phase) {
      const uint64_t inserts = phase % 2 == 0 ? 7 : 2;
      for (int step = 0; step < 4000; ++step) {
        const uint64_t value = random() % range;
        const uint64_t what = random() % 10;
        if (what < inserts) {
          model.insert(value);
        } else if (what == 9) {
          model.take_last();
        } else {
          model.erase(value);
        }
        if (what == 3) model.replace(value + 1);
        model.look_for(random() % range);
        if (step % 64 == 0) model.check();
      }
      model.check();
    }
  }
}
