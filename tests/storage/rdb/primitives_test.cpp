#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "storage/base/number.hpp"
#include "storage/rdb/crc64.hpp"
#include "storage/rdb/reader.hpp"
#include "storage/rdb/writer.hpp"
#include "tests/storage/rdb/fixture.hpp"

using namespace tidemark;
using namespace tidemark::storage::rdb;
using tidemark::test::from_hex;

namespace {

std::string written(Bytes text, Compression compression = Compression::lzf) {
  Writer writer(compression);
  writer.put_string(text);
  return writer.take();
}

}  // namespace

TEST_CASE("the checksum is Jones's, however its bytes are divided") {
  constexpr Bytes kDigits = "123456789";
  CHECK(crc64(0, kDigits) == 0xe9c6d914c4b8d9ca);
  CHECK(crc64(0, "") == 0);
  std::string long_text;
  for (int i = 0; i < 1000; ++i) long_text += static_cast<char>(i * 7);
  const uint64_t whole = crc64(0, long_text);
  for (size_t cut = 0; cut <= 40; ++cut) {
    CHECK(crc64(crc64(0, Bytes(long_text).substr(0, cut)), Bytes(long_text).substr(cut)) == whole);
  }
}

TEST_CASE("lengths are written in the shortest of four forms and read back") {
  const std::vector<std::pair<uint64_t, const char*>> forms{
      {0, "00"},
      {63, "3f"},
      {64, "4040"},
      {16383, "7fff"},
      {16384, "8000004000"},
      {0xffffffff, "80ffffffff"},
      {0x100000000, "810000000100000000"},
      {std::numeric_limits<uint64_t>::max(), "81ffffffffffffffff"},
  };
  for (const auto& [length, hex] : forms) {
    const std::string bytes = from_hex(hex);
    CAPTURE(bytes.size());
    CHECK(test::length_of(length) == bytes);
    Reader reader(bytes);
    const uint64_t read = reader.next_length();
    CHECK(read == length);
    CHECK_FALSE(reader.failed());
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      Reader shorter(Bytes(bytes).substr(0, cut));
      (void)shorter.next_length();
      CHECK(shorter.failed());
    }
  }
  for (const char* hex : {"82", "bf00000000", "c000", "c3"}) {
    const std::string bytes = from_hex(hex);
    Reader reader(bytes);
    (void)reader.next_length();
    CHECK(reader.failed());
  }
}

TEST_CASE("a count that cannot be true fails before anybody believes it") {
  const std::string bytes = test::length_of(3) + std::string(8, 'x');
  Reader fits(bytes);
  CHECK(fits.next_count(2) == 3);
  Reader too_many(bytes);
  CHECK(too_many.next_count(3) == 0);
  CHECK(too_many.failed());
  const std::string all = test::length_of(std::numeric_limits<uint64_t>::max());
  Reader most(all);
  CHECK(most.next_count(1) == 0);
  CHECK(most.failed());
}

TEST_CASE("strings that spell integers of 32 bits are written as such") {
  CHECK(written("0") == from_hex("c000"));
  CHECK(written("-128") == from_hex("c080"));
  CHECK(written("128") == from_hex("c18000"));
  CHECK(written("-32768") == from_hex("c10080"));
  CHECK(written("32768") == from_hex("c200800000"));
  CHECK(written("-2147483648") == from_hex("c200000080"));
  CHECK(written("2147483648") == "\n2147483648");
  CHECK(written("-0") == "\x02-0");
  CHECK(written("007") ==
        "\x03"
        "007");
  CHECK(written("") == std::string(1, '\0'));
  for (const int64_t value :
       {int64_t{127}, int64_t{-129}, int64_t{1} << 40, std::numeric_limits<int64_t>::min()}) {
    Writer writer(Compression::lzf);
    writer.put_integer_string(value);
    CHECK(writer.bytes() == written(to_text(value)));
  }
}

TEST_CASE("every string is read back, compressed or not") {
  std::vector<std::string> texts{"",
                                 "x",
                                 "12",
                                 "-70000",
                                 std::string(20, 'a'),
                                 std::string(21, 'a'),
                                 std::string(100000, 'a')};
  std::string mixed;
  for (int i = 0; i < 20000; ++i) mixed += static_cast<char>((i * i) >> 7);
  texts.push_back(mixed);
  for (const Compression compression : {Compression::none, Compression::lzf}) {
    for (const std::string& text : texts) {
      const std::string bytes = written(text, compression);
      Reader reader(bytes);
      std::string scratch;
      CHECK(reader.next_string(scratch) == text);
      CHECK(reader.remaining() == 0);
      for (size_t cut = 0; cut < std::min<size_t>(bytes.size(), 200); ++cut) {
        Reader shorter(Bytes(bytes).substr(0, cut));
        CHECK(shorter.next_string(scratch) == "");
        CHECK(shorter.failed());
      }
    }
  }
  CHECK(written(texts[6]).size() < 2000);
  CHECK(written(texts[4]).size() == 21);
}

TEST_CASE("what was compressed must unfold to what it says") {
  // "aaaa..." of 100 bytes, as Redis writes it.
  const std::string right = from_hex("c3094064016161e05700016161");
  std::string scratch;
  Reader reader(right);
  CHECK(reader.next_string(scratch) == std::string(100, 'a'));
  const auto fails = [&scratch](const char* hex, size_t max = kStringMax) {
    const std::string bytes = from_hex(hex);
    Reader wrong(bytes);
    CHECK(wrong.next_string(scratch, max) == "");
    CHECK(wrong.failed());
  };
  fails("c3094063016161e05700016161");          // one byte less
  fails("c3094065016161e05700016161");          // one more
  fails("c30900016161e05700016161");            // nothing
  fails("c3008000000064");                      // of nothing
  fails("c309810000010000000000016161e05700");  // of a terabyte
  fails("c3094064016161e05700016161", 99);      // more than is wanted
  fails("c3094064e0ff00e0ff00e05700");          // back to before its beginning
}

TEST_CASE("doubles are read from bytes and from digits") {
  Writer writer(Compression::none);
  for (const double value : {0.0, -1.5, 1e300, std::numeric_limits<double>::infinity()}) {
    writer.put_double(value);
  }
  Reader reader(writer.bytes());
  CHECK(reader.next_double() == 0);
  CHECK(reader.next_double() == -1.5);
  CHECK(reader.next_double() == 1e300);
  CHECK(std::isinf(reader.next_double()));
  CHECK(reader.next_double() == 0);
  CHECK(reader.failed());

  const std::string digits = from_hex("fe ff fd 04 2d312e35 01 37");
  Reader texts(digits);
  CHECK(texts.next_text_double() == std::numeric_limits<double>::infinity());
  CHECK(texts.next_text_double() == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(texts.next_text_double()));
  CHECK(texts.next_text_double() == -1.5);
  CHECK(texts.next_text_double() == 7);
  CHECK_FALSE(texts.failed());
  for (const char* hex : {"00", "0161", "03 312e", "04 312e3578"}) {
    const std::string bytes = from_hex(hex);
    Reader wrong(bytes);
    (void)wrong.next_text_double();
    CHECK(wrong.failed());
  }
}
