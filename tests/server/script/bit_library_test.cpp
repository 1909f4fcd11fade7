#include <doctest/doctest.h>

#include "tests/server/script/sandbox.hpp"

using tidemark::test::Sandbox;

TEST_CASE("bit works on words of 32 bits, whatever it is given") {
  Sandbox lua;
  CHECK(lua.run("return {bit.tobit(2^31), bit.tobit(2^32 + 5), bit.tobit(-2^31 - 1), "
                "bit.tobit(1e20), bit.tobit(0.5), bit.tobit(1.5), bit.tobit(2.5)}") ==
        "*7 :-2147483648 :5 :2147483647 :2025163840 :0 :2 :2");
  CHECK(lua.run("return {bit.bnot(0), bit.bswap(0x12345678), bit.rol(0x12345678, 12), "
                "bit.ror(0x12345678, 12), bit.lshift(1, 33), bit.rshift(-1, 28), "
                "bit.arshift(-256, 4), bit.lshift(1, -1)}") ==
        "*8 :-1 :2018915346 :1164411171 :1736516421 :2 :15 :-16 :-2147483648");
  CHECK(lua.run("return {bit.band('5', 4.7), bit.bor(1, 2, 4), bit.bxor(1, 3), bit.band(1)}") ==
        "*4 :5 :7 :2 :1");
  CHECK(lua.run("return {bit.tobit(0/0), bit.tobit(1/0), bit.tobit(-1/0)}") == "*3 :0 :0 :0");
}

TEST_CASE("bit.tohex has as many digits as it is asked for, and eight at most") {
  Sandbox lua;
  const auto hex = [&lua](const std::string& args) {
    return lua.run("return bit.tohex(" + args + ")");
  };
  CHECK(hex("1") == "$8 00000001");
  CHECK(hex("-1, 4") == "$4 ffff");
  CHECK(hex("255, -4") == "$4 00FF");
  CHECK(hex("1, 0") == "$0 ");
  CHECK(hex("1, 100") == "$8 00000001");
  CHECK(hex("65535, -2147483648") == "$8 0000FFFF");
  CHECK(hex("1, 2147483647") == "$8 00000001");
}

TEST_CASE("bit refuses what is no number") {
  Sandbox lua;
  CHECK(lua.run("return bit.band()") ==
        "-ERR user_script:1: bad argument #1 to 'band' (number expected, got no value) script: "
        "sha, on @user_script:1.");
}
