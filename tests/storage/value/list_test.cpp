#include "storage/value/list.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <limits>
#include <random>
#include <string>
#include <vector>

using tidemark::Bytes;
using tidemark::IntegerText;
using tidemark::storage::List;
using tidemark::storage::ListEnd;
using tidemark::storage::ListLimits;
using tidemark::storage::PackedElement;

namespace {

constexpr ListLimits kUsual = ListLimits::of(-2);

std::string text_of(const PackedElement& element) {
  IntegerText scratch;
  return std::string(element.text(scratch));
}

std::string at(const List& list, size_t index) { return text_of(list.get(index)); }

std::deque<std::string> part(const List& list, ListEnd from, size_t first, size_t count) {
  std::deque<std::string> all;
  list.visit(from, first, count, [&](const PackedElement& element) {
    all.push_back(text_of(element));
    return true;
  });
  return all;
}

std::deque<std::string> all_of(const List& list) {
  return part(list, ListEnd::front, 0, list.size());
}

List list_of(const std::vector<std::string>& texts, const ListLimits& limits = kUsual) {
  List list;
  for (const std::string& text : texts) list.push(ListEnd::back, text, limits);
  list.check();
  return list;
}

List numbers(size_t count, const ListLimits& limits = kUsual) {
  List list;
  for (size_t i = 0; i < count; ++i) list.push(ListEnd::back, std::to_string(i), limits);
  list.check();
  return list;
}

}  // namespace

TEST_CASE("the limits of a list's pieces follow Redis's numbers") {
  CHECK(ListLimits::of(-1).piece_bytes_max == 4096);
  CHECK(ListLimits::of(-2).piece_bytes_max == 8192);
  CHECK(ListLimits::of(-5).piece_bytes_max == 65536);
  CHECK(ListLimits::of(-6).piece_bytes_max == 65536);
  CHECK(ListLimits::of(std::numeric_limits<int32_t>::min()).piece_bytes_max == 65536);
  CHECK(ListLimits::of(3).piece_elements_max == 3);
  CHECK(ListLimits::of(3).piece_bytes_max == 8192);
  CHECK(ListLimits::of(0).piece_elements_max == 1);
}

TEST_CASE("a list takes elements at both ends and gives them in order") {
  List list;
  CHECK(list.empty());
  CHECK(list.memory_bytes() == 0);
  list.push(ListEnd::back, "b", kUsual);
  list.push(ListEnd::front, "a", kUsual);
  list.push(ListEnd::back, "3", kUsual);
  list.check();
  CHECK(list.size() == 3);
  CHECK((all_of(list) == std::deque<std::string>{"a", "b", "3"}));
  CHECK((part(list, ListEnd::back, 2, 3) == std::deque<std::string>{"3", "b", "a"}));
  CHECK((part(list, ListEnd::back, 1, 1) == std::deque<std::string>{"b"}));
  CHECK(part(list, ListEnd::front, 0, 0).empty());
  size_t visited = 0;
  list.visit(ListEnd::front, 0, 3, [&](const PackedElement&) { return ++visited < 2; });
  CHECK(visited == 2);
}

TEST_CASE(
    "a list becomes a chain when it outgrows one piece, and a piece again when little is left") {
  List list = numbers(128, ListLimits::of(128));
  CHECK(list.encoding_name() == "listpack");
  list.push(ListEnd::back, "x", ListLimits::of(128));
  CHECK(list.encoding_name() == "quicklist");
  list.erase(0, 64, ListLimits::of(128));
  list.check();
  CHECK(list.size() == 65);
  CHECK(list.encoding_name() == "quicklist");
  list.erase(0, 1, ListLimits::of(128));
  list.check();
  CHECK(list.encoding_name() == "listpack");
  CHECK(at(list, 0) == "65");
  CHECK(at(list, 63) == "x");
}

TEST_CASE("the bytes of a small list are counted as a listpack's are") {
  // 8192 bytes with the frame of 7; the element's encoding is not counted before it is there.
  List list;
  list.push(ListEnd::back, std::string(8192 - 7, 'x'), kUsual);
  CHECK(list.encoding_name() == "listpack");
  list.push(ListEnd::back, "", kUsual);
  CHECK(list.encoding_name() == "quicklist");
  List large;
  large.push(ListEnd::back, std::string(8192 - 6, 'x'), kUsual);
  CHECK(large.encoding_name() == "quicklist");
  large.replace(0, "small", kUsual);
  CHECK(large.encoding_name() == "listpack");
  large.check();
}

TEST_CASE("an element above the limit has a piece of its own, wherever it comes") {
  const std::string large(20000, 'L');
  List list = numbers(100);
  list.insert(50, large, kUsual);
  list.check();
  CHECK(list.size() == 101);
  CHECK(at(list, 49) == "49");
  CHECK(at(list, 50) == large);
  CHECK(at(list, 51) == "50");
  list.replace(0, large, kUsual);
  list.replace(100, large, kUsual);
  list.check();
  CHECK(at(list, 0) == large);
  CHECK(at(list, 100) == large);
  list.replace(50, "again", kUsual);
  list.check();
  CHECK(at(list, 50) == "again");
  CHECK(list.erase_equal(large, 5, ListEnd::front, kUsual) == 2);
  list.check();
  CHECK(list.size() == 99);
  CHECK(list.encoding_name() == "listpack");
}

TEST_CASE("equal elements are removed from the end that was asked for") {
  for (const int64_t limit : {-2, 2}) {
    const ListLimits limits = ListLimits::of(limit);
    const std::vector<std::string> texts{"a", "x", "b", "x", "x", "c", "x"};
    List list = list_of(texts, limits);
    CHECK(list.erase_equal("x", 2, ListEnd::front, limits) == 2);
    list.check();
    CHECK((all_of(list) == std::deque<std::string>{"a", "b", "x", "c", "x"}));
    CHECK(list.erase_equal("x", 1, ListEnd::back, limits) == 1);
    CHECK((all_of(list) == std::deque<std::string>{"a", "b", "x", "c"}));
    CHECK(list.erase_equal("y", 1, ListEnd::back, limits) == 0);
    CHECK(list.erase_equal("x", 9, ListEnd::back, limits) == 1);
    CHECK((all_of(list) == std::deque<std::string>{"a", "b", "c"}));
    list.check();
  }
}

TEST_CASE("an integer equals the text that spells it, and no other text") {
  List list = list_of({"1", "01", "1", "1.0"});
  CHECK(list.erase_equal("1", 9, ListEnd::front, kUsual) == 2);
  CHECK((all_of(list) == std::deque<std::string>{"01", "1.0"}));
}

TEST_CASE("what is cut off a long list is returned in its pieces") {
  List list = numbers(100000);
  const size_t before = list.memory_bytes();
  const List removed = list.cut(10, 99980, kUsual);
  list.check();
  removed.check();
  CHECK(list.size() == 20);
  CHECK(at(list, 9) == "9");
  CHECK(at(list, 10) == "99990");
  CHECK(list.encoding_name() == "listpack");
  CHECK(removed.size() > 90000);
  CHECK(removed.memory_bytes() > before / 2);
  CHECK(list.cut(0, 5, kUsual).empty());
  CHECK(list.size() == 15);
}

TEST_CASE("a long list is freed in slices") {
  List list = numbers(100000);
  size_t slices = 0;
  size_t bytes = list.memory_bytes();
  while (list.free_some(16)) {
    list.check();
    CHECK(list.memory_bytes() < bytes);
    bytes = list.memory_bytes();
    ++slices;
  }
  CHECK(slices > 5);
  CHECK(list.empty());
  CHECK(list.memory_bytes() == 0);
}

TEST_CASE("a copy is a list of its own") {
  for (const size_t count : {10, 100000}) {
    List list = numbers(count);
    const List copy = list;
    copy.check();
    list.push(ListEnd::front, "more", kUsual);
    CHECK(copy.size() == count);
    CHECK(at(copy, 0) == "0");
    CHECK(copy.encoding_name() == (count == 10 ? "listpack" : "quicklist"));
  }
}

TEST_CASE("a long list costs little more than its elements") {
  // 24 bytes each, and 2 bytes of encoding.
  List list;
  for (int i = 0; i < 100000; ++i) list.push(ListEnd::back, std::string(24, 'e'), kUsual);
  const double bytes_each = static_cast<double>(list.memory_bytes()) / 100000;
  CHECK(bytes_each < 26.5);
  // Whatever the order in which it was filled.
  List mixed;
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    mixed.insert(random() % (mixed.size() + 1), std::string(24, 'e'), kUsual);
  }
  mixed.check();
  CHECK(static_cast<double>(mixed.memory_bytes()) / 20000 < 26.0 * 1.5);
}

TEST_CASE("a chain that is thinned out in the middle does not stay in crumbs") {
  List list = numbers(100000);
  while (list.size() > 1000) list.erase(list.size() / 3, 7, kUsual);
  list.check();
  CHECK(list.memory_bytes() < 20000);
}

namespace {

// The same operations on a list and on a deque of strings.
class Pair {
 public:
  explicit Pair(uint64_t seed, const ListLimits& limits) : random_(seed), limits_(limits) {}

  void step() {
    const bool shrink = model_.size() > size_max_;
    if (model_.empty() || (!shrink && below(2) == 0)) {
      grow();
    } else {
      change_or_shrink(shrink);
    }
    if (below(2000) == 0) size_max_ = 1 + below(3000);
  }
  void compare() const {
    list_.check();
    REQUIRE(list_.size() == model_.size());
    REQUIRE((all_of(list_) == model_));
    if (model_.empty()) return;
    const auto backwards = part(list_, ListEnd::back, model_.size() - 1, model_.size());
    REQUIRE((std::deque<std::string>(backwards.rbegin(), backwards.rend()) == model_));
  }
  void compare_some() {
    list_.check();
    REQUIRE(list_.size() == model_.size());
    if (model_.empty()) return;
    const size_t index = below(model_.size());
    REQUIRE(at(list_, index) == model_[index]);
  }

 private:
  size_t below(size_t n) { return static_cast<size_t>(random_() % n); }
  std::string any_text() {
    switch (below(8)) {
      case 0:
      case 1:
        return std::to_string(below(5));
      case 2:
        return std::to_string(static_cast<int64_t>(random_()) >> below(64));
      case 3:
        return std::string(below(5000), 'L');
      case 4:
        return below(20) == 0 ? std::string(9000 + below(3000), 'H') : std::string();
      default:
        return std::string(1 + below(60), static_cast<char>('a' + below(4)));
    }
  }
  void grow() {
    const std::string text = any_text();
    switch (below(3)) {
      case 0:
        list_.push(ListEnd::front, text, limits_);
        model_.push_front(text);
        break;
      case 1:
        list_.push(ListEnd::back, text, limits_);
        model_.push_back(text);
        break;
      default:
        const size_t index = below(model_.size() + 1);
        list_.insert(index, text, limits_);
        model_.insert(model_.begin() + static_cast<std::ptrdiff_t>(index), text);
    }
  }
  void change_or_shrink(bool shrink) {
    const size_t index = below(model_.size());
    const size_t kind = below(shrink ? 20 : 8);
    if (kind < 3) {
      const std::string text = any_text();
      list_.replace(index, text, limits_);
      model_[index] = text;
    } else if (kind < 5) {
      erase_equal();
    } else {
      const size_t most = model_.size() - index;
      const size_t count = below(3) == 0 ? below(most + 1) : std::min<size_t>(most, below(4));
      if (below(2) == 0) {
        list_.erase(index, count, limits_);
      } else {
        const List removed = list_.cut(index, count, limits_);
        removed.check();
      }
      const auto first = model_.begin() + static_cast<std::ptrdiff_t>(index);
      model_.erase(first, first + static_cast<std::ptrdiff_t>(count));
    }
  }
  void erase_equal() {
    const std::string text =
        below(2) == 0 ? std::to_string(below(5)) : model_[below(model_.size())];
    const size_t count = 1 + below(4);
    const ListEnd end = below(2) == 0 ? ListEnd::front : ListEnd::back;
    size_t erased = 0;
    const auto matches = [&](const std::string& element) {
      return element == text && erased < count && ++erased > 0;
    };
    if (end == ListEnd::front) {
      std::erase_if(model_, matches);
    } else {
      std::deque<std::string> turned(model_.rbegin(), model_.rend());
      std::erase_if(turned, matches);
      model_.assign(turned.rbegin(), turned.rend());
    }
    REQUIRE(list_.erase_equal(text, count, end, limits_) == erased);
  }

  std::mt19937_64 random_;
  ListLimits limits_;
  size_t size_max_ = 200;
  List list_;
  std::deque<std::string> model_;
};

}  // namespace

TEST_CASE("random changes leave what a deque of strings would hold") {
  const uint64_t seed = std::random_device()();
  CAPTURE(seed);
  for (const int64_t limit : {-2, -1, 1, 2, 3, 16, 128}) {
    CAPTURE(limit);
    Pair pair(seed + static_cast<uint64_t>(limit), ListLimits::of(limit));
    for (int i = 0; i < 1500; ++i) {
      pair.step();
      pair.compare_some();
      if (i % 16 == 0) pair.compare();
    }
    pair.compare();
  }
}
