#include "storage/value/packed.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "storage/base/heap.hpp"

using tidemark::Bytes;
using tidemark::IntegerText;
using tidemark::storage::Packed;

namespace {

std::string text_at(const Packed& packed, Packed::Position at) {
  IntegerText scratch;
  return std::string(packed.get(at).text(scratch));
}

std::vector<std::string> forwards(const Packed& packed) {
  std::vector<std::string> all;
  for (auto at = packed.begin(); at != packed.end(); at = packed.next(at))
    all.push_back(text_at(packed, at));
  return all;
}

std::vector<std::string> backwards(const Packed& packed) {
  std::vector<std::string> all;
  for (auto at = packed.end(); at != packed.begin();) {
    at = packed.previous(at);
    all.insert(all.begin(), text_at(packed, at));
  }
  return all;
}

Packed packed_of(const std::vector<std::string>& texts) {
  Packed packed;
  for (const std::string& text : texts) packed.push_back(Bytes(text));
  packed.check();
  return packed;
}

}  // namespace

TEST_CASE("a text is read as it was written, whatever it looks like") {
  std::vector<std::string> texts{"",
                                 "0",
                                 "-0",
                                 "00",
                                 "127",
                                 "128",
                                 "+1",
                                 "4095",
                                 "4096",
                                 "-1",
                                 " 1",
                                 std::string("\0\xff", 2),
                                 "1e3",
                                 "9223372036854775807",
                                 "-9223372036854775808",
                                 "9223372036854775808"};
  // On both sides of each change of the encoding and of the length behind it.
  for (const size_t length : {62, 63, 64, 125, 126, 127, 4094, 4095, 4096, 16379, 16380, 16381,
                              16382, 16383, 2097145, 2097146, 2097147, 2097150})
    texts.emplace_back(length, 'x');
  const Packed packed = packed_of(texts);
  CHECK(packed.size() == texts.size());
  CHECK((forwards(packed) == texts));
  CHECK((backwards(packed) == texts));
  for (size_t i = 0; i < texts.size(); ++i) {
    CHECK((text_at(packed, packed.at(i)) == texts[i]));
    CHECK((packed.find(Bytes(texts[i]), packed.begin()) == packed.at(i)));
    CHECK(packed.equals(packed.at(i), Bytes(texts[i])));
  }
}

TEST_CASE("integers of every width keep their value and take no more bytes than they need") {
  using Limits = std::numeric_limits<int64_t>;
  struct Case {
    int64_t value;
    size_t bytes;
  };
  for (const Case& c : std::vector<Case>{{0, 2},
                                         {127, 2},
                                         {128, 3},
                                         {-1, 3},
                                         {-4096, 3},
                                         {4095, 3},
                                         {4096, 4},
                                         {-4097, 4},
                                         {-32768, 4},
                                         {32767, 4},
                                         {32768, 5},
                                         {-8388608, 5},
                                         {8388607, 5},
                                         {8388608, 6},
                                         {-2147483648, 6},
                                         {2147483647, 6},
                                         {2147483648, 10},
                                         {Limits::min(), 10},
                                         {Limits::max(), 10}}) {
    CAPTURE(c.value);
    Packed packed;
    packed.push_back(c.value);
    packed.check();
    CHECK(packed.get(packed.begin()).is_integer());
    CHECK(packed.get(packed.begin()).integer() == c.value);
    CHECK(packed.bytes() == c.bytes);
    CHECK(Packed::element_bytes(c.value) == c.bytes);
    // The same element as its text.
    CHECK(packed.raw() == packed_of({std::to_string(c.value)}).raw());
  }
}

TEST_CASE("the bytes are those of a listpack between its header and its end") {
  CHECK(packed_of({"1", "ab", "-2"}).raw() == Bytes("\x01\x01\x82"
                                                    "ab\x03\xdf\xfe\x02",
                                                    9));
}

TEST_CASE("a search with a stride sees fields and no values") {
  const Packed packed = packed_of({"a", "b", "b", "a"});
  CHECK((packed.find("b", packed.begin(), 2) == packed.at(2)));
  CHECK((packed.find("a", packed.at(2), 2) == packed.end()));
  CHECK((packed.find("", packed.begin(), 2) == packed.end()));
}

TEST_CASE("what was split off, appended, copied and moved is the same list") {
  const std::vector<std::string> texts{"a", "1", "-70000", std::string(100, 'z'), ""};
  for (size_t cut = 0; cut <= texts.size(); ++cut) {
    Packed head = packed_of(texts);
    Packed tail = head.split(cut == texts.size() ? head.end() : head.at(cut));
    head.check();
    tail.check();
    CHECK(head.size() == cut);
    CHECK(tail.size() == texts.size() - cut);
    head.append(tail);
    head.check();
    CHECK((forwards(head) == texts));
    const Packed copy = head;
    const Packed moved = std::move(head);
    CHECK(copy.raw() == moved.raw());
  }
}

TEST_CASE("an emptied list holds no memory") {
  Packed packed = packed_of({"a", "b", "c"});
  CHECK(packed.memory_bytes() == tidemark::heap::block_bytes(packed.bytes()));
  CHECK((packed.erase(packed.begin(), 2) == packed.begin()));
  packed.erase(packed.begin());
  CHECK(packed.empty());
  CHECK(packed.memory_bytes() == 0);
  packed.check();
}

TEST_CASE("random changes leave what a vector of strings would hold") {
  const uint64_t seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const auto below = [&random](size_t n) { return static_cast<size_t>(random() % n); };
  const auto any_text = [&] {
    switch (below(4)) {
      case 0:
        return std::to_string(static_cast<int64_t>(random()) >> below(64));
      case 1:
        return std::string(below(200), static_cast<char>('a' + below(26)));
      case 2:
        return std::string(below(5000), 'L');
      default:
        return std::string(1 + below(3), static_cast<char>(below(256)));
    }
  };

  Packed packed;
  std::vector<std::string> model;
  for (int step = 0; step < 3000; ++step) {
    const std::string text = any_text();
    const size_t index = below(model.size() + 1);
    const auto at = index == model.size() ? packed.end() : packed.at(index);
    const auto place = model.begin() + static_cast<std::ptrdiff_t>(index);
    const bool shrink = model.size() > 60;
    if (index == model.size() || (!shrink && below(2) == 0)) {
      CHECK((text_at(packed, packed.insert(at, Bytes(text))) == text));
      model.insert(place, text);
    } else if (below(3) > 0) {
      CHECK((text_at(packed, packed.replace(at, Bytes(text))) == text));
      *place = text;
    } else {
      const size_t count = below(model.size() - index + 1);
      packed.erase(at, count);
      model.erase(place, place + static_cast<std::ptrdiff_t>(count));
    }
    packed.check();
    REQUIRE((forwards(packed) == model));
    REQUIRE((backwards(packed) == model));
  }
}
