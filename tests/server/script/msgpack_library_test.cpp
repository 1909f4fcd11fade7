#include <doctest/doctest.h>

#include <string>

#include "tests/server/script/sandbox.hpp"

using tidemark::test::Sandbox;

namespace {

std::string at_line(const std::string& text) {
  return "-ERR user_script:1: " + text + " script: sha, on @user_script:1.";
}

// The bytes that cmsgpack.pack() makes, in hexadecimal.
std::string packed(Sandbox& lua, const std::string& args) {
  const std::string reply =
      lua.run("return (cmsgpack.pack(" + args +
              "):gsub('.', function(c) return ('%02x'):format(c:byte()) end))");
  return reply.front() == '$' ? reply.substr(reply.find(' ') + 1) : reply;
}

std::string unpacked(Sandbox& lua, const std::string& bytes) {
  return lua.run("return {cmsgpack.unpack('" + bytes + "')}");
}

}  // namespace

TEST_CASE("cmsgpack packs each value in the shortest form") {
  Sandbox lua;
  CHECK(packed(lua, "1, 127, 128, 255, 256, 65535, 65536") == "017fcc80ccffcd0100cdffffce00010000");
  CHECK(packed(lua, "4294967295, 4294967296, 2^53") ==
        "ceffffffffcf0000000100000000cf0020000000000000");
  CHECK(packed(lua, "-1, -32, -33, -128, -129, -32768, -32769") ==
        "ffe0d0dfd080d1ff7fd18000d2ffff7fff");
  CHECK(packed(lua, "-2147483648, -2147483649, -2^63") ==
        "d280000000d3ffffffff7fffffffd38000000000000000");
  CHECK(packed(lua, "1.5, 0.1, 2^63, 1/0, -0.0") ==
        "ca3fc00000cb3fb999999999999aca5f000000ca7f80000000");
  CHECK(packed(lua, "true, false, nil, type, cjson.null") == "c3c2c0c0c0");
  CHECK(packed(lua, "'', 'a'") == "a0a161");
  CHECK(packed(lua, "('x'):rep(32)").substr(0, 6) == "d92078");
  CHECK(packed(lua, "('x'):rep(256)").substr(0, 8) == "da010078");
  CHECK(packed(lua, "('x'):rep(65536)").substr(0, 12) == "db0001000078");
  CHECK(packed(lua, "{}, {1, 2}, {a = 1}, {1, nil, 3}") ==
        "90920102"
        "81a16101"
        "820101"
        "0303");
  CHECK(packed(lua, "{[0] = 1}, {[1.5] = 1}, {[true] = 1}") == "81000181ca3fc000000181c301");
  CHECK(packed(lua, "{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}").substr(0, 8) ==
        "dc001001");
  CHECK(packed(lua, "") == at_line("bad argument #0 to 'pack' (MessagePack pack needs input.)"));
}

TEST_CASE("cmsgpack packs sixteen tables within each other, and no more") {
  Sandbox lua;
  CHECK(lua.run("local t = {} t[1] = t return #cmsgpack.pack(t)") == ":17");
}

TEST_CASE("cmsgpack unpacks every type that it packs") {
  Sandbox lua;
  CHECK(unpacked(lua, "\\1\\224\\204\\255\\205\\1\\0\\206\\0\\1\\0\\0") ==
        "*5 :1 :-32 :255 :256 :65536");
  CHECK(unpacked(lua, "\\208\\255\\209\\255\\0\\210\\255\\255\\255\\255") == "*3 :-1 :-256 :-1");
  CHECK(
      unpacked(lua, "\\207\\0\\0\\0\\1\\0\\0\\0\\0\\211\\255\\255\\255\\255\\255\\255\\255\\254") ==
      "*2 :4294967296 :-2");
  CHECK(unpacked(lua, "\\161a\\217\\1b\\218\\0\\1c\\219\\0\\0\\0\\1d") == "*4 $1 a $1 b $1 c $1 d");
  CHECK(unpacked(lua, "\\147\\1\\2\\3\\220\\0\\1\\7\\221\\0\\0\\0\\1\\8") ==
        "*3 *3 :1 :2 :3 *1 :7 *1 :8");
  CHECK(lua.run("return cmsgpack.unpack('\\129\\161a\\1').a") == ":1");
  CHECK(lua.run("return cmsgpack.unpack('\\222\\0\\1\\1\\2')[1]") == ":2");
  CHECK(lua.run("return tostring(cmsgpack.unpack('\\202\\63\\192\\0\\0'))") == "$3 1.5");
  CHECK(unpacked(lua, "\\195\\194") == "*2 :1 $-1");
  CHECK(unpacked(lua, "") == "*0");
}

TEST_CASE("cmsgpack believes no length and no count") {
  Sandbox lua;
  const std::string missing = at_line("Missing bytes in input.");
  for (const std::string bytes :
       {"\\161", "\\204", "\\217", "\\217\\255a", "\\218\\255\\255a", "\\219\\255\\255\\255\\255a",
        "\\147\\1\\2", "\\220\\255\\255", "\\221\\255\\255\\255\\255", "\\129", "\\129\\1",
        "\\222\\255\\255", "\\223\\255\\255\\255\\255\\1", "\\203\\0", "\\207\\1\\2\\3"}) {
    CAPTURE(bytes);
    CHECK(unpacked(lua, bytes) == missing);
  }
  for (const std::string bytes : {"\\193", "\\196\\1a", "\\199\\1\\1a", "\\212\\1a", "\\216"}) {
    CAPTURE(bytes);
    CHECK(unpacked(lua, bytes) == at_line("Bad data format in input."));
  }
  CHECK(unpacked(lua, "\\129\\192\\1") == at_line("table index is nil"));
  CHECK(unpacked(lua, "\\129\\203\\127\\248\\0\\0\\0\\0\\0\\0\\1") ==
        at_line("table index is NaN"));
  CHECK(lua.run("return cmsgpack.unpack(('\\145'):rep(1e6))").find("stack overflow") !=
        std::string::npos);
  CHECK(lua.run("return cmsgpack.unpack(('\\1'):rep(9000))") ==
        at_line("stack overflow (too many return values at once; use unpack_one or unpack_limit "
                "instead.)"));
}

TEST_CASE("cmsgpack unpacks a part, and says where the next begins") {
  Sandbox lua;
  const auto one = [&lua](const std::string& args) {
    return lua.run("return {cmsgpack.unpack_one('\\1\\2\\3'" + args + ")}");
  };
  CHECK(one("") == "*2 :1 :1");
  CHECK(one(", 1") == "*2 :2 :2");
  CHECK(one(", 2") == "*2 :-1 :3");
  CHECK(one(", 3") == "*1 :-1");
  CHECK(one(", 4") == at_line("Start offset 4 greater than input length 3."));
  CHECK(one(", -1") == at_line("Invalid request to unpack with offset of -1 and limit of 3."));
  CHECK(one(", 1e300") == at_line("Start offset 2147483647 greater than input length 3."));
  CHECK(one(", -1e300").find("Invalid request") != std::string::npos);
  const auto some = [&lua](const std::string& args) {
    return lua.run("return {cmsgpack.unpack_limit('\\1\\2\\3'" + args + ")}");
  };
  CHECK(some(", 2") == "*3 :2 :1 :2");
  CHECK(some(", 9, 0") == "*4 :-1 :1 :2 :3");
  CHECK(some(", 0, 0") == "*3 :1 :2 :3");
  CHECK(some(", 1, 3") == "*1 :-1");
  CHECK(some(", -1, 0") == at_line("Invalid request to unpack with offset of 0 and limit of 3."));
  CHECK(some("") == at_line("bad argument #2 to 'unpack_limit' (number expected, got no value)"));
}
