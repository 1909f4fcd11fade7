#include "storage/value/hyperloglog.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

using namespace tidemark;
using namespace tidemark::storage;
using namespace tidemark::storage::hyperloglog;

namespace {

constexpr size_t kSparseMax = 3000;

// Any bytes, as they may come with SET.
class AnyText : public Text {
 public:
  explicit AnyText(std::string bytes) : bytes_(std::move(bytes)) {}
  Bytes bytes() const override { return bytes_; }
  char* resize(size_t length) override {
    bytes_.resize(length);
    return bytes_.data();
  }

 private:
  std::string bytes_;
};

Changed add_one(Text& text, Bytes element, size_t sparse_bytes_max = kSparseMax) {
  return *add(text, {&element, 1}, sparse_bytes_max);
}

Registers registers_of(const Text& text) {
  Registers registers{};
  REQUIRE(raise_to(text.bytes(), registers));
  return registers;
}

std::string header() { return std::string(empty().substr(0, kHeaderBytes)); }

}  // namespace

TEST_CASE("an empty one is what Redis makes of PFADD without elements, before it is marked stale") {
  const OwnedText text;
  CHECK(encoding_of(text.bytes()) == Encoding::sparse);
  CHECK(cached_estimate(text.bytes()) == 0);
  CHECK(*estimate(text.bytes()) == 0);
  CHECK(describe_runs(text.bytes()) == "Z:16384");
}

TEST_CASE("the bytes are those that Redis 7.0 keeps for the same elements") {
  OwnedText text;
  const std::vector<Bytes> elements{"a", "b", "c"};
  CHECK(*add(text, elements, kSparseMax) == Changed::yes);
  const char abc[] =
      "HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80`\xf3\x80P\xb1\x84K\xfb\x80"
      "BZ";
  CHECK(text.bytes() == Bytes(abc, sizeof(abc) - 1));
  CHECK(*add(text, elements, kSparseMax) == Changed::no);
  CHECK_FALSE(cached_estimate(text.bytes()).has_value());
  cache_estimate(text.resize(text.bytes().size()), *estimate(text.bytes()));
  CHECK(cached_estimate(text.bytes()) == 3);
  CHECK(add_one(text, "d") == Changed::yes);
  const char abcd[] =
      "HYLL\x01\0\0\0\x03\0\0\0\0\0\0\x80\\{\x80"
      "Dv\x80P\xb1\x84K\xfb\x80"
      "BZ";
  CHECK(text.bytes() == Bytes(abcd, sizeof(abcd) - 1));
  CHECK(describe_runs(text.bytes()) == "Z:7292 v:1,1 Z:1143 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603");
}

TEST_CASE("sparse and dense ones hold the registers of the elements, and become dense in time") {
  std::mt19937_64 random(30);
  for (const size_t sparse_max : {size_t{0}, size_t{100}, kSparseMax, size_t{100000}}) {
    CAPTURE(sparse_max);
    OwnedText text;
    OwnedText dense;
    REQUIRE(*make_dense(dense) == Changed::yes);
    REQUIRE(*make_dense(dense) == Changed::no);
    Registers model{};
    for (int i = 0; i < 6000; ++i) {
      const std::string element = std::to_string(random() % 100000);
      const Register raised = register_of(element);
      const bool raises = model[raised.index] < raised.value;
      model[raised.index] = std::max(model[raised.index], raised.value);
      REQUIRE((add_one(text, element, sparse_max) == Changed::yes) == raises);
      REQUIRE((add_one(dense, element) == Changed::yes) == raises);
      if (encoding_of(text.bytes()) == Encoding::sparse) {
        REQUIRE(text.bytes().size() <= std::max(sparse_max, empty().size()));
      }
      if (i % 500 == 0) {
        REQUIRE(registers_of(text) == model);
        REQUIRE(registers_of(dense) == model);
        REQUIRE(*estimate(text.bytes()) == estimate(model));
        REQUIRE(*estimate(dense.bytes()) == estimate(model));
      }
    }
    CHECK((encoding_of(text.bytes()) == Encoding::sparse) == (sparse_max == 100000));
  }
}

TEST_CASE("an estimate is right to within a few standard errors") {
  OwnedText text;
  int64_t next = 0;
  for (const int64_t elements : {1, 10, 100, 1000, 10000, 100000}) {
    while (next < elements) add_one(text, "element:" + std::to_string(next++));
    const auto estimated = static_cast<double>(*estimate(text.bytes()));
    CAPTURE(elements);
    CHECK(std::abs(estimated - static_cast<double>(elements)) <=
          std::ceil(0.0081 * 4 * static_cast<double>(elements)));
  }
}

TEST_CASE("registers raise a text as the elements would, one after the other") {
  std::mt19937_64 random(31);
  for (int round = 0; round < 200; ++round) {
    OwnedText text;
    OwnedText one_by_one;
    Registers registers{};
    for (uint64_t i = random() % 300; i > 0; --i) {
      const std::string element = std::to_string(random() % 1000);
      add_one(text, element, 100000);
      add_one(one_by_one, element, 100000);
    }
    for (uint64_t i = random() % 300; i > 0; --i) {
      // Neighbours, so that runs are split and joined.
      registers[random() % 400 + 8000] = static_cast<uint8_t>(random() % 4);
    }
    REQUIRE(raise(text, registers, 100000));
    for (uint32_t index = 0; index < kRegisters; ++index) {
      if (registers[index] == 0) continue;
      Registers single{};
      single[index] = registers[index];
      REQUIRE(raise(one_by_one, single, 100000));
    }
    CAPTURE(round);
    REQUIRE(text.bytes() == one_by_one.bytes());
  }
}

TEST_CASE("a value that no run can hold makes it dense") {
  OwnedText text;
  Registers registers{};
  registers[100] = 32;
  CHECK(*raise(text, registers, kSparseMax) == Changed::yes);
  CHECK(encoding_of(text.bytes()) == Encoding::sparse);
  registers[16383] = 33;
  CHECK(*raise(text, registers, kSparseMax) == Changed::yes);
  CHECK(encoding_of(text.bytes()) == Encoding::dense);
  CHECK(registers_of(text) == registers);
}

TEST_CASE("what only looks like one by its header is refused when its registers are read") {
  for (const std::string& runs :
       {std::string(), std::string("\x7f"), std::string("\x7f\xfe"), std::string("\x7f\xff\x80"),
        std::string("\x7f\xffhello"), std::string("\x7f\xf0\x7f\xf0")}) {
    AnyText text(header() + runs);
    CHECK(encoding_of(text.bytes()) == Encoding::sparse);
    CHECK(estimate(text.bytes()).error() == Errc::corrupt);
    Registers registers{};
    CHECK(raise_to(text.bytes(), registers).error() == Errc::corrupt);
    CHECK(make_dense(text).error() == Errc::corrupt);
    describe_runs(text.bytes());
  }
  AnyText cut(header() + "\x40");
  CHECK(add(cut, std::vector<Bytes>{"a"}, kSparseMax).error() == Errc::corrupt);
}

TEST_CASE("a text is one by its magic, its encoding and its length") {
  CHECK_FALSE(encoding_of("").has_value());
  CHECK_FALSE(encoding_of("HYLL").has_value());
  CHECK_FALSE(encoding_of(std::string(kDenseBytes, '\0')).has_value());
  std::string text = header();
  CHECK(encoding_of(text).has_value());
  text[4] = 2;
  CHECK_FALSE(encoding_of(text).has_value());
  text[4] = 0;
  CHECK_FALSE(encoding_of(text).has_value());
  text.resize(kDenseBytes);
  CHECK(encoding_of(text) == Encoding::dense);
  text += '\0';
  CHECK_FALSE(encoding_of(text).has_value());
}

TEST_CASE("random bytes behind a header end in an error or an estimate, never out of bounds") {
  std::mt19937_64 random(32);
  for (int round = 0; round < 3000; ++round) {
    OwnedText valid;
    for (uint64_t i = random() % 100; i > 0; --i) add_one(valid, std::to_string(random()));
    std::string bytes(valid.bytes());
    for (uint64_t i = random() % 5; i > 0; --i) {
      bytes[kHeaderBytes + random() % (bytes.size() - kHeaderBytes)] = static_cast<char>(random());
    }
    AnyText text(bytes);
    for (int i = 0; i < 20; ++i) {
      const std::string element = std::to_string(random());
      const Bytes view = element;
      static_cast<void>(static_cast<bool>(add(text, {&view, 1}, kSparseMax)));
    }
    static_cast<void>(static_cast<bool>(estimate(text.bytes())));
  }
}
