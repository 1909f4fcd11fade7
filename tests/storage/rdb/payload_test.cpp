#include "storage/rdb/payload.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "storage/rdb/crc64.hpp"
#include "storage/rdb/format.hpp"
#include "tests/storage/rdb/fixture.hpp"

using namespace tidemark;
using namespace tidemark::storage;
using namespace tidemark::storage::rdb;
using tidemark::test::from_hex;
using tidemark::test::length_of;
using tidemark::test::render;
using tidemark::test::restore_body;
using tidemark::test::string_of;

namespace {

std::string sealed(std::string body, uint16_t version) {
  body += static_cast<char>(version & 0xff);
  body += static_cast<char>(version >> 8);
  const uint64_t sum = crc64(0, body);
  for (unsigned i = 0; i < 8; ++i) body += static_cast<char>(sum >> (8 * i));
  return body;
}

std::string typed(Type type, const std::string& rest) {
  return std::string(1, static_cast<char>(type)) + rest;
}

std::string read(Type type, const std::string& rest) {
  const auto entry = restore_body(typed(type, rest));
  if (entry && *entry != nullptr) test::check(**entry);
  return render(entry);
}

}  // namespace

TEST_CASE("a string's payload is what Redis makes of it but for the version") {
  const EntryOwner entry = Entry::make_string("k", "foo");
  const std::string payload = make_payload(*entry, Compression::lzf);
  CHECK(payload == sealed(std::string("\0\x03"
                                      "foo",
                                      5),
                          11));
  CHECK(sealed(std::string("\0\x03"
                           "foo",
                           5),
               10) == from_hex("0003666f6f0a00734939db4dc1ba97"));
}

TEST_CASE("payloads of versions up to ours are opened") {
  const std::string body = std::string(
      "\0\x03"
      "foo",
      5);
  for (const uint16_t version : {0, 1, 6, 9, 10, 11, 12}) {
    const std::string payload = sealed(body, version);
    const auto opened = open_payload(payload, Checksum::verify);
    REQUIRE(opened);
    CHECK(*opened == body);
  }
  for (const uint16_t version : {13, 255, 256, 65535}) {
    const std::string payload = sealed(body, version);
    CHECK_FALSE(open_payload(payload, Checksum::verify));
    CHECK_FALSE(open_payload(payload, Checksum::ignore));
  }
}

TEST_CASE("a payload with any bit changed is not opened, unless the checksum is not asked for") {
  const std::string payload = sealed(std::string("\0\x03"
                                                 "foo",
                                                 5),
                                     11);
  for (size_t at = 0; at < payload.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string changed = payload;
      changed[at] = static_cast<char>(changed[at] ^ (1U << bit));
      CHECK_FALSE(open_payload(changed, Checksum::verify));
    }
    CHECK_FALSE(open_payload(Bytes(payload).substr(0, at), Checksum::verify));
  }
  std::string changed = payload;
  changed.back() = static_cast<char>(changed.back() + 1);
  CHECK(open_payload(changed, Checksum::ignore));
  CHECK_FALSE(open_payload(from_hex("000000000000000000"), Checksum::ignore));
}

TEST_CASE("unknown types and modules are refused, what follows a value is not looked at") {
  for (int type = 0; type < 256; ++type) {
    const bool is_known = type <= 5 || (type >= 9 && type <= 21);
    if (!is_known)
      CHECK(render(restore_body(std::string(1, static_cast<char>(type)))) == "corrupt");
  }
  CHECK(render(restore_body("")) == "corrupt");
  CHECK(read(Type::string, string_of("foo") + "and more") == "string embstr: foo");
}

TEST_CASE("lists of old encodings are read") {
  CHECK(read(Type::list, length_of(3) + string_of("a") + from_hex("c005") + string_of("c")) ==
        "list listpack: a 5 c");
  const std::string ziplist = from_hex("11000000 0d000000 0200 000161 030162 ff");
  CHECK(read(Type::list_ziplist, string_of(ziplist)) == "list listpack: a b");
  CHECK(read(Type::list_quicklist, length_of(2) + string_of(ziplist) + string_of(ziplist)) ==
        "list listpack: a b a b");
}

TEST_CASE("collections without elements are told apart from what is corrupt") {
  const std::string empty_ziplist = from_hex("0b000000 0a000000 0000 ff");
  const std::string empty_listpack = from_hex("07000000 0000 ff");
  CHECK(read(Type::list, length_of(0)) == "empty");
  CHECK(read(Type::list_ziplist, string_of(empty_ziplist)) == "empty");
  CHECK(read(Type::list_quicklist, length_of(1) + string_of(empty_ziplist)) == "empty");
  CHECK(read(Type::list_quicklist_2, length_of(0)) == "empty");
  CHECK(read(Type::list_quicklist_2, length_of(1) + length_of(2) + string_of(empty_listpack)) ==
        "empty");
  CHECK(read(Type::set, length_of(0)) == "empty");
  CHECK(read(Type::set_intset, string_of(from_hex("02000000 00000000"))) == "empty");
  CHECK(read(Type::set_listpack, string_of(empty_listpack)) == "empty");
  CHECK(read(Type::hash, length_of(0)) == "empty");
  CHECK(read(Type::hash_zipmap, string_of(from_hex("00ff"))) == "empty");
  CHECK(read(Type::hash_ziplist, string_of(empty_ziplist)) == "empty");
  CHECK(read(Type::hash_listpack, string_of(empty_listpack)) == "empty");
  CHECK(read(Type::zset, length_of(0)) == "empty");
  CHECK(read(Type::zset_2, length_of(0)) == "empty");
  CHECK(read(Type::zset_ziplist, string_of(empty_ziplist)) == "empty");
  CHECK(read(Type::zset_listpack, string_of(empty_listpack)) == "empty");
}

TEST_CASE("counts that lie are refused for every type that has one") {
  for (const uint64_t count :
       {uint64_t{2}, uint64_t{1} << 20, uint64_t{1} << 32, std::numeric_limits<uint64_t>::max()}) {
    for (const Type type :
         {Type::list, Type::set, Type::hash, Type::zset, Type::zset_2, Type::list_quicklist,
          Type::list_quicklist_2, Type::stream_listpacks_3}) {
      CHECK(read(type, length_of(count)) == "corrupt");
      CHECK(read(type, length_of(count) + string_of("a")) == "corrupt");
    }
  }
}

TEST_CASE("what may be there once is refused where it is there twice") {
  CHECK(read(Type::set, length_of(2) + string_of("a") + string_of("a")) == "corrupt");
  CHECK(read(Type::set, length_of(2) + string_of("12") + from_hex("c00c")) == "corrupt");
  CHECK(read(Type::set_listpack, string_of(from_hex("0d000000 0200 816102 816102 ff"))) ==
        "corrupt");
  CHECK(read(Type::zset, length_of(2) + string_of("a") + from_hex("0131") + string_of("a") +
                             from_hex("0132")) == "corrupt");
  CHECK(read(Type::zset_listpack,
             string_of(from_hex("11000000 0400 816102 0101 816102 0201 ff"))) == "corrupt");
}

TEST_CASE("scores are numbers, each with its member") {
  const std::string nan = from_hex("000000000000f87f");
  CHECK(read(Type::zset_2, length_of(1) + string_of("a") + nan) == "corrupt");
  CHECK(read(Type::zset, length_of(1) + string_of("a") + from_hex("fd")) == "corrupt");
  CHECK(read(Type::zset, length_of(2) + string_of("b") + from_hex("fe") + string_of("a") +
                             from_hex("032d2e35")) == "zset listpack: a=-0.5 b=inf");
  // "a" without a score; with "x" as its score; with "nan".
  CHECK(read(Type::zset_listpack, string_of(from_hex("0a000000 0100 816102 ff"))) == "corrupt");
  CHECK(read(Type::zset_listpack, string_of(from_hex("0d000000 0200 816102 817802 ff"))) ==
        "corrupt");
  CHECK(read(Type::zset_listpack, string_of(from_hex("0f000000 0200 816102 836e616e04 ff"))) ==
        "corrupt");
  // Out of order: they are put in order.
  CHECK(
      read(Type::zset_listpack, string_of(from_hex("11000000 0400 816102 0201 816202 0101 ff"))) ==
      "zset listpack: b=1 a=2");
  const std::string ziplist = from_hex("15000000 12000000 0400 000161 03 f3 02 0162 03 f2 ff");
  CHECK(read(Type::zset_ziplist, string_of(ziplist)) == "zset listpack: b=1 a=2");
}

TEST_CASE("hashes of every encoding are read, each field once and with its value") {
  CHECK(read(Type::hash, length_of(2) + string_of("f") + string_of("v") + string_of("g") +
                             from_hex("c005")) == "hash listpack: f:v g:5");
  CHECK(read(Type::hash, length_of(2) + string_of("f") + string_of("v") + string_of("f") +
                             string_of("w")) == "corrupt");
  CHECK(read(Type::hash, length_of(1) + string_of("f")) == "corrupt");
  CHECK(read(Type::hash_zipmap, string_of(from_hex("02 0166 0102760000 0167 0000 ff"))) ==
        "hash listpack: f:v g:");
  CHECK(read(Type::hash_zipmap, string_of(from_hex("02 0166 01007600 0166 0000 ff"))) == "corrupt");
  CHECK(read(Type::hash_ziplist, string_of(from_hex("10000000 0d000000 0200 000166 03f2 ff"))) ==
        "hash listpack: f:1");
  CHECK(read(Type::hash_ziplist, string_of(from_hex("0e000000 0a000000 0100 000166 ff"))) ==
        "corrupt");
  CHECK(read(Type::hash_listpack, string_of(from_hex("0c000000 0200 816602 0101 ff"))) ==
        "hash listpack: f:1");
  CHECK(read(Type::hash_listpack,
             string_of(from_hex("11000000 0400 816602 0101 816602 0201 ff"))) == "corrupt");
  CHECK(read(Type::hash_listpack, string_of(from_hex("0a000000 0100 816602 ff"))) == "corrupt");
}

TEST_CASE("hashes whose fields have an end are read with it") {
  // 1000 is the first end; g has it, f none, h one that is 5 later.
  const std::string first = from_hex("e803000000000000");
  const std::string fields = length_of(0) + string_of("f") + string_of("v") + length_of(1) +
                             string_of("g") + string_of("w") + length_of(6) + string_of("h") +
                             string_of("x");
  CHECK(read(Type::hash_with_ends, first + length_of(3) + fields) ==
        "hash listpackex: f:v g:w@1000 h:x@1005");
  CHECK(read(Type::hash_with_ends, first + length_of(4) + fields) == "corrupt");
  CHECK(read(Type::hash_with_ends, first.substr(1)) == "corrupt");
  CHECK(read(Type::hash_with_ends, first + length_of(0)) == "empty");
  CHECK(read(Type::hash_with_ends, std::string(8, '\xff') + length_of(3) + fields) == "corrupt");
  const std::string far = from_hex("81ffffffffffffffff");
  CHECK(read(Type::hash_with_ends, first + length_of(1) + far + string_of("f") + string_of("v")) ==
        "corrupt");

  CHECK(read(Type::hash_listpack_with_ends,
             first + string_of(from_hex("0f000000 0300 816602 0101 c3e802 ff"))) ==
        "hash listpackex: f:1@1000");
  CHECK(read(Type::hash_listpack_with_ends,
             first + string_of(from_hex("0e000000 0300 816602 0101 0001 ff"))) ==
        "hash listpack: f:1");
  CHECK(read(Type::hash_listpack_with_ends,
             first + string_of(from_hex("0c000000 0200 816602 0101 ff"))) == "corrupt");
  CHECK(read(Type::hash_listpack_with_ends,
             first + string_of(from_hex("0f000000 0300 816602 0101 817802 ff"))) == "corrupt");
  CHECK(read(Type::hash_listpack_with_ends,
             first + string_of(from_hex("0f000000 0300 816602 0101 dfff02 ff"))) == "corrupt");
}

TEST_CASE("a node of a list is of one of two kinds") {
  const std::string listpack = string_of(from_hex("0a000000 0100 816102 ff"));
  CHECK(read(Type::list_quicklist_2, length_of(2) + length_of(2) + listpack + length_of(1) +
                                         string_of("b")) == "list listpack: a b");
  CHECK(read(Type::list_quicklist_2, length_of(1) + length_of(3) + listpack) == "corrupt");
  CHECK(read(Type::list_quicklist_2, length_of(1) + length_of(1) + string_of("")) == "corrupt");
  CHECK(read(Type::list_quicklist_2, length_of(1) + length_of(0) + listpack) == "corrupt");
  CHECK(read(Type::list_quicklist_2, length_of(1) + length_of(2) + string_of("a")) == "corrupt");
}
