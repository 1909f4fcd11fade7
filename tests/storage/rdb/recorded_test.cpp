#include <doctest/doctest.h>

#include <string>

#include "storage/rdb/payload.hpp"
#include "tests/storage/rdb/fixture.hpp"

// What redis-server 7.0.15 answered to DUMP, a value of each encoding.

using namespace tidemark;
using tidemark::test::from_hex;
using tidemark::test::render;
using tidemark::test::restore;

namespace {

std::string read(const char* hex) {
  const auto entry = restore(from_hex(hex));
  if (entry && *entry != nullptr) test::check(**entry);
  return render(entry);
}

}  // namespace

TEST_CASE("strings that Redis dumped are read") {
  CHECK(read("000b68656c6c6f20776f726c640a000bfc49b9a6c7a034") == "string embstr: hello world");
  CHECK(read("00c0ff0a000c937e2485089dc5") == "string int: -1");
  CHECK(read("00c17fff0a001760822854808480") == "string int: -129");
  CHECK(read("00c2000000800a00c74f873e33558187") == "string int: -2147483648");
  CHECK(read("0013393232333337323033363835343737353830370a003a657e9481e85f22") ==
        "string int: 9223372036854775807");
  CHECK(read("0004303031320a00cb37f60bcb11085d") == "string embstr: 0012");
  CHECK(read("00000a005d9b5c400f7fa2da") == "string embstr: ");
  CHECK(read("00c3094064016161e057000161610a00e8a3b507b06df271") ==
        "string raw: " + std::string(100, 'a'));
}

TEST_CASE("lists that Redis dumped are read") {
  const std::string b(64, 'b');
  const std::string c(5000, 'c');
  CHECK(read("120102c34083540a100a1400000c008161020101dc1802e04062e036000642f08813000063e0ff00e0ff0"
             "0e0ff"
             "00e0ff00e0ff00e0ff00e0ff00e0ff00e0ff00e0ff00e0ff00e0ff00e0ff00e0ff00e0ff00e0ff00e0ff0"
             "0e0ff"
             "00e0ee0017278df4141a99be1c00000009f270110104f38096980005f4200f0200000120140ad00002cff"
             "f02f1"
             "ffef03ff0a003759407bf3063ad9") ==
        "list listpack: a 1 -1000 " + b + " " + c +
            " 123456789012 70000 10000000 1099511627776 -4096 4095 -4097");
  // Three pieces, where list-max-listpack-size is 2.
  constexpr const char* kPieces =
      "1203020d0d0000000200816102816202ff020d0d0000000200816302816402ff020a0a0000000100816502ff0a00"
      "ec5236a76020a1db";
  CHECK(read(kPieces) == "list listpack: a b c d e");
  auto limits = test::default_limits();
  limits.list = storage::ListLimits::of(2);
  CHECK(render(restore(from_hex(kPieces), limits)) == "list quicklist: a b c d e");
  // The middle one was too long for a piece.
  CHECK(
      read(
          "1203020a0a0000000100816102ff01c3091e017878e01100017878020a0a0000000100816202ff0a00510b19"
          "c4cf61c973") == "list listpack: a " + std::string(30, 'x') + " b");
}

TEST_CASE("sets that Redis dumped are read") {
  CHECK(read("0b0e0200000003000000feff01002c010a005b0aa862f794600a") == "set intset: -2 1 300");
  CHECK(read("0b140400000003000000feffffff01000000e09304000a00c1a88fb6df40a557") ==
        "set intset: -2 1 300000");
  CHECK(read("0bc31620040800000003200301feff80000001200be00000200c0a00b204b9239451eb9b") ==
        "set intset: -2 1 1099511627776");
  CHECK(
      read(
          "0204036162631d61206c6f6e676572206d656d626572207468616e2074686174206f6e65c001c0fe0a004b8e"
          "64bc94262264") == "set listpack: -2 1 a longer member than that one abc");
}

TEST_CASE("sorted sets that Redis dumped are read") {
  CHECK(read("11c34068407a1f7a0000001000816302842d696e6605816502dffd0281670297342e39343036351736343"
             "53834"
             "313234363534652d33323418070193302e3130e00500143114816102010181620283322e3504816602973"
             "12ee0"
             "05220b3031652b333030188164028320690104ff0a00446e9ec1eae84239") ==
        "zset listpack: c=-inf e=-3 g=4.9406564584124654e-324 7=0.10000000000000001 a=1 b=2.5 "
        "f=1.0000000000000001e+300 d=inf");
  CHECK(read("05050164000000000000f07f016200000000000004400161000000000000f03fc3094041017878e034000"
             "17878"
             "00000000000008c00163000000000000f0ff0a00ed497cb63c50c09f") ==
        "zset skiplist: c=-inf " + std::string(65, 'x') + "=-3 a=1 b=2.5 d=inf");
}

TEST_CASE("hashes that Redis dumped are read") {
  CHECK(read("101919000000060081660281760201010201816702f290eefe04ff0a00680378f7dae50def") ==
        "hash listpack: 1:2 f:v g:-70000");
  CHECK(read("0403016601760167c3094041017878e03400017878c001c0020a00471c99d27ae511bf") ==
        "hash hashtable: 1:2 f:v g:" + std::string(65, 'x'));
}

TEST_CASE("streams that Redis dumped are read") {
  CHECK(read("1301100000000000000001000000000000000140434300000019000301000102018166028167020001020"
             "10001"
             "0001817602010105010201000101018177020201050100010401dfff020101856f746865720603010601f"
             "f0305"
             "000101000003000a0044108bc9783ac765") ==
        "stream stream: 1-1 f:v g:1 1-2 f:w g:2 5-0 other:3\n last 5-0 erased 0-0 added 3");
  CHECK(read("1301100000000000000001000000000000000133330000001400020101010101816602000102010001000"
             "18176"
             "020401030100010101817702040102010401dfff0203010401ff020500010101020302026731050003020"
             "00000"
             "00000000010000000000000001cfc6242ea20100000100000000000000050000000000000000cfc6242ea"
             "20100"
             "00010205616c696365cfc6242ea2010000010000000000000001000000000000000103626f62cfc6242ea"
             "20100"
             "000100000000000000050000000000000000026732050081ffffffffffffffff0001056361726f6ccfc62"
             "42ea2"
             "010000000a008473cdf40cc2ca34") ==
        "stream stream: 1-1 f:v 5-0 f:3\n last 5-0 erased 1-2 added 3"
        "\n group g1 5-0 read 3"
        "\n  alice 1796070491855 1796070491855 1-1*1@1796070491855"
        "\n  bob 1796070491855 1796070491855 5-0*1@1796070491855"
        "\n group g2 5-0 read -1"
        "\n  carol 1796070491855 1796070491855");
  CHECK(read("13000001010000010101000a00cda16212d34bf396") ==
        "stream stream:\n last 1-1 erased 1-1 added 1");
}
