#include <doctest/doctest.h>

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "storage/base/number.hpp"
#include "storage/rdb/blocks.hpp"
#include "storage/rdb/intset.hpp"
#include "storage/rdb/listpack.hpp"
#include "storage/rdb/ziplist.hpp"
#include "storage/rdb/zipmap.hpp"
#include "tests/storage/rdb/fixture.hpp"

using namespace tidemark;
using namespace tidemark::storage;
using namespace tidemark::storage::rdb;
using tidemark::test::from_hex;

namespace {

// All elements with blanks between them, or "failed".
template <typename Cursor>
std::string elements(Bytes block) {
  Cursor cursor(block);
  std::string text;
  while (const auto element = cursor.next()) {
    IntegerText scratch;
    if (!text.empty()) text += ' ';
    text += element->text(scratch);
  }
  return cursor.failed() ? "failed" : text;
}

// Whatever byte of a block is changed to whatever value, reading it ends and stays within it.
template <typename Cursor>
void survives_any_change(const std::string& block) {
  for (size_t at = 0; at < block.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = block;
      changed[at] = static_cast<char>(value);
      Cursor cursor(changed);
      size_t count = 0;
      while (cursor.next()) ++count;
      CHECK(count <= block.size());
    }
    Cursor shorter(Bytes(block).substr(0, at));
    while (shorter.next()) {
    }
    CHECK(shorter.failed());
  }
}

std::string listpack_of(const Packed& packed) {
  const Bytes raw = packed.raw();
  return make_listpack({&raw, 1}, packed.size());
}

}  // namespace

TEST_CASE("a listpack of every kind of element is read as it was packed") {
  Packed packed;
  std::string expected;
  const auto add = [&](const std::string& text) {
    packed.push_back(Bytes(text));
    expected += (expected.empty() ? "" : " ") + text;
  };
  for (const size_t length : {1, 63, 64, 125, 126, 127, 4095, 4096, 16381, 16382, 2097151}) {
    add(std::string(length, 'x'));
  }
  for (unsigned bits = 0; bits < 63; ++bits) {
    const int64_t power = int64_t{1} << bits;
    for (const int64_t value : {power - 1, power, -power, -power - 1}) add(to_text(value));
  }
  add(to_text(std::numeric_limits<int64_t>::max()));
  add(to_text(std::numeric_limits<int64_t>::min()));
  CHECK(elements<ListpackCursor>(listpack_of(packed)) == expected);
  CHECK(elements<ListpackCursor>(listpack_of(Packed())) == "");
}

TEST_CASE("a listpack of so many elements that their number is not kept is read") {
  Packed packed;
  for (int i = 0; i < 70000; ++i) packed.push_back(int64_t{i % 100});
  const std::string block = listpack_of(packed);
  ListpackCursor cursor(block);
  size_t count = 0;
  while (cursor.next()) ++count;
  CHECK(count == 70000);
  CHECK_FALSE(cursor.failed());
}

TEST_CASE("a listpack that is not what it says is refused") {
  Packed packed;
  for (const char* text : {"a", "1000", "some longer text", "-70000"})
    packed.push_back(Bytes(text));
  const std::string block = listpack_of(packed);
  survives_any_change<ListpackCursor>(block);
  CHECK(elements<ListpackCursor>(block + "x") == "failed");
  std::string fewer = block;
  fewer[4] = 3;
  CHECK(elements<ListpackCursor>(fewer) == "failed");
  CHECK(elements<ListpackCursor>(from_hex("0b000000 0100 f0ffffffff ff")) == "failed");
  CHECK(elements<ListpackCursor>(from_hex("09000000 0100 f501 ff")) == "failed");
  CHECK(elements<ListpackCursor>(from_hex("09000000 0100 0102 ff")) == "failed");
}

TEST_CASE("a ziplist of every kind of element is read") {
  // The size of the block, the last element's place, the number of elements; then each element
  // behind the size of the one before.
  CHECK(elements<ZiplistCursor>(from_hex("0b000000 0a000000 0000 ff")) == "");
  CHECK(elements<ZiplistCursor>(from_hex("0f000000 0c000000 0200 00f1 02fd ff")) == "0 12");
  CHECK(elements<ZiplistCursor>(from_hex("0f000000 0c000000 0300 00f1 02fd ff")) == "failed");
  CHECK(elements<ZiplistCursor>(from_hex("10000000 0c000000 0200 00f1 02fd ff")) == "failed");
  CHECK(elements<ZiplistCursor>(from_hex("0f000000 0c000000 0200 00f1 03fd ff")) == "failed");
  const std::string mixed = from_hex(
      "2f000000 24000000 0800"
      "00 f1"          // 0
      "02 fd"          // 12
      "02 fe80"        // -128
      "03 c00080"      // -32768
      "04 f0000080"    // -8388608
      "05 d000000080"  // -2147483648
      "06 0268 69"     // hi
      "04 e00000000000000080"
      "ff");
  CHECK(elements<ZiplistCursor>(mixed) ==
        "0 12 -128 -32768 -8388608 -2147483648 hi -9223372036854775808");
  survives_any_change<ZiplistCursor>(mixed);
}

TEST_CASE("a ziplist's long texts are read, and the wide sizes behind them") {
  const std::string middle(300, 'm');
  const std::string large(70000, 'l');
  std::string body;
  append_fixed(body, 0, 1);
  body += from_hex("412c") + middle;
  const size_t first = body.size();
  body += '\xfe';
  append_fixed(body, first, 4);
  body += from_hex("80 00011170") + large;
  const size_t second = body.size() - first;
  body += '\xfe';
  append_fixed(body, second, 4);
  body += '\xf2';
  std::string block;
  append_fixed(block, body.size() + 11, 4);
  append_fixed(block, 10 + first + second, 4);
  append_fixed(block, 3, 2);
  block += body + '\xff';
  CHECK(elements<ZiplistCursor>(block) == middle + " " + large + " 1");
  std::string unknown_count = block;
  unknown_count[8] = unknown_count[9] = '\xff';
  CHECK(elements<ZiplistCursor>(unknown_count) == middle + " " + large + " 1");
  std::string wrong_last = block;
  wrong_last[4] = static_cast<char>(wrong_last[4] + 1);
  CHECK(elements<ZiplistCursor>(wrong_last) == "failed");
}

TEST_CASE("an intset is written and read in each of its widths") {
  for (const std::vector<int64_t>& values : std::vector<std::vector<int64_t>>{
           {}, {-2, 1, 300}, {-70000, 0, 5}, {std::numeric_limits<int64_t>::min(), 7}}) {
    SortedIntegers integers;
    for (const int64_t value : values) integers.insert(value);
    const std::string block = make_intset(integers);
    IntsetCursor cursor(block);
    for (const int64_t value : values) CHECK(cursor.next() == value);
    CHECK_FALSE(cursor.next());
    CHECK_FALSE(cursor.failed());
    survives_any_change<IntsetCursor>(block);
  }
  const auto fails = [](const char* hex) {
    const std::string block = from_hex(hex);
    IntsetCursor cursor(block);
    while (cursor.next()) {
    }
    CHECK(cursor.failed());
  };
  fails("02000000 02000000 0100 0100");  // the same twice
  fails("02000000 02000000 0200 0100");  // out of order
  fails("03000000 01000000 010000");     // of no width
  fails("00000000 00000000");
  fails("02000000 ffffffff 0100");
  fails("02000000 01000000 010001");
}

TEST_CASE("a zipmap is read") {
  CHECK(elements<ZipmapCursor>(from_hex("00ff")) == "");
  // "f" to "v" with two unused bytes, then "g" to nothing.
  const std::string block = from_hex("02 0166 0102760000 0167 0000 ff");
  CHECK(elements<ZipmapCursor>(block) == "f v g ");
  survives_any_change<ZipmapCursor>(block);
  const std::string large(300, 'x');
  CHECK(elements<ZipmapCursor>(from_hex("ff 0166 fe2c01000000") + large + '\xff') == "f " + large);
  CHECK(elements<ZipmapCursor>(from_hex("01 0166 ff")) == "failed");
  CHECK(elements<ZipmapCursor>(from_hex("03 0166 010076 ff")) == "failed");
  CHECK(elements<ZipmapCursor>(from_hex("01 0166 feffffffff0076 ff")) == "failed");
}
