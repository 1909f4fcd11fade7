#include <doctest/doctest.h>

#include <string>

#include "tests/server/script/sandbox.hpp"

using tidemark::test::Sandbox;

namespace {

std::string at_line(const std::string& text) {
  return "-ERR user_script:1: " + text + " script: sha, on @user_script:1.";
}

// The bytes that struct.pack() makes, in hexadecimal.
std::string packed(Sandbox& lua, const std::string& args) {
  const std::string reply = lua.run("local h = '' for c in struct.pack(" + args +
                                    "):gmatch('.') do h = h .. ('%02x'):format(c:byte()) end "
                                    "return h");
  return reply.front() == '$' ? reply.substr(reply.find(' ') + 1) : reply;
}

std::string unpacked(Sandbox& lua, const std::string& args) {
  return lua.run("return {struct.unpack(" + args + ")}");
}

}  // namespace

TEST_CASE("struct packs numbers in the order of bytes that it is told") {
  Sandbox lua;
  CHECK(packed(lua, "'>I4', 1") == "00000001");
  CHECK(packed(lua, "'<i1i2i4', 1, 2, 3") == "01020003000000");
  CHECK(packed(lua, "'i3', 70000") == "701101");
  CHECK(packed(lua, "'B', 300") == "2c");
  CHECK(packed(lua, "'b', -200") == "38");
  CHECK(packed(lua, "'I4', -1.7") == "ffffffff");
  CHECK(packed(lua, "'i9', -1") == "ffffffffffffffff00");
  CHECK(packed(lua, "'i0', 1") == "");
  CHECK(packed(lua, "'I8', 2^64") == "0000000000000000");
  CHECK(packed(lua, "'i8', -1e300") == "0000000000000080");
  CHECK(packed(lua, "'i', 1") == "01000000");
  CHECK(packed(lua, "'f', 1e300") == "0000807f");
  CHECK(packed(lua, "'>d', 2.5") == "4004000000000000");
  CHECK(packed(lua, "'hHlLT', 1, 2, 3, 4, 5") ==
        "01000200030000000000000004000000000000000500000000000000");
}

TEST_CASE("struct packs strings, and aligns") {
  Sandbox lua;
  CHECK(packed(lua, "'s', 'ab'") == "616200");
  CHECK(packed(lua, "'c2c', 'abc', 'abc'") == "616261");
  CHECK(packed(lua, "'c0', 'abc'") == "616263");
  CHECK(packed(lua, "'x i1 ', 1") == "0001");
  CHECK(packed(lua, "'!8i1i8', 1, 2") == "01000000000000000200000000000000");
  CHECK(packed(lua, "'!4i1i8', 1, 2") == "010000000200000000000000");
  CHECK(packed(lua, "'!i1i8', 1, 2") == "01000000000000000200000000000000");
  CHECK(packed(lua, "'>!4i1i4', 1, 2") == "0100000000000002");
  CHECK(packed(lua, "'\\0i4'") == "");
}

TEST_CASE("struct unpacks what it packs, and says where it ended") {
  Sandbox lua;
  CHECK(unpacked(lua, "'>I4', '\\0\\0\\0\\5'") == "*2 :5 :5");
  CHECK(unpacked(lua, "'<i2', 'ab', 1") == "*2 :25185 :3");
  CHECK(unpacked(lua, "'s', 'abc\\0def'") == "*2 $3 abc :5");
  CHECK(unpacked(lua, "'c2', 'abc'") == "*2 $2 ab :3");
  CHECK(unpacked(lua, "'Bc0', '\\3abcd'") == "*2 $3 abc :5");
  CHECK(unpacked(lua, "'!4i1i4', struct.pack('!4i1i4', 1, -2)") == "*3 :1 :-2 :9");
  CHECK(unpacked(lua, "'xi1', '\\0\\251'") == "*2 :-5 :3");
  CHECK(unpacked(lua, "'i16', ('\\1'):rep(16)") == "*2 :72340172838076672 :17");
  CHECK(unpacked(lua, "'', 'x'") == "*1 :1");
  CHECK(lua.run("return tostring(struct.unpack('f', struct.pack('f', 1.5))) .. "
                "tostring(struct.unpack('>I8', ('\\255'):rep(8)))") == "$21 1.51.844674407371e+19");
}

TEST_CASE("struct reads nothing beyond its data, wherever it is told to begin") {
  Sandbox lua;
  const std::string too_short = at_line("bad argument #2 to 'unpack' (data string too short)");
  for (const std::string from : {"2", "3", "-1", "2147483647", "2147483648", "4294967297", "1e300",
                                 "-2147483648", "2^63", "2^64"}) {
    CAPTURE(from);
    CHECK(unpacked(lua, "'<i2', 'ab', " + from) == too_short);
  }
  CHECK(unpacked(lua, "'<i2', 'ab', 0") ==
        at_line("bad argument #3 to 'unpack' (offset must be 1 or greater)"));
  for (const std::string format : {"c4", "c2147483647", "i4", "d", "!8xd"}) {
    CAPTURE(format);
    CHECK(unpacked(lua, "'" + format + "', 'abc'") == too_short);
  }
  CHECK(unpacked(lua, "'Bc0', '\\9abcd'") == too_short);
  CHECK(unpacked(lua, "'>I4c0', '\\255\\255\\255\\255abcd'") == too_short);
  CHECK(unpacked(lua, "'>i4c0', '\\255\\255\\255\\255abcd'") == too_short);
  CHECK(unpacked(lua, "'dc0', struct.pack('d', 1e300) .. 'x'") == too_short);
  CHECK(unpacked(lua, "'dc0', struct.pack('d', 0/0) .. 'x'") == too_short);
  CHECK(unpacked(lua, "'s', 'abc'") == at_line("unfinished string in data"));
  CHECK(unpacked(lua, "'s', 'abc', 100") == at_line("unfinished string in data"));
  CHECK(unpacked(lua, "'c0', 'abc'") == at_line("format 'c0' needs a previous size"));
  CHECK(unpacked(lua, "'sc0', 'abc\\0d'") == at_line("format 'c0' needs a previous size"));
  CHECK(unpacked(lua, "('b'):rep(9000), ('x'):rep(9000)") ==
        at_line("stack overflow (too many results)"));
}

TEST_CASE("struct refuses formats that make no sense") {
  Sandbox lua;
  CHECK(packed(lua, "'c2147483648', 'abc'") == at_line("integral size overflow"));
  CHECK(packed(lua, "'c99999999999999999999', 'abc'") == at_line("integral size overflow"));
  CHECK(packed(lua, "'i33', 1") == at_line("integral size 33 is larger than limit of 32"));
  CHECK(packed(lua, "'!3i4', 1") == at_line("alignment 3 is not a power of 2"));
  CHECK(packed(lua, "'!0i4', 1") == at_line("alignment 0 is not a power of 2"));
  CHECK(packed(lua, "'z', 1") == at_line("bad argument #1 to 'pack' (invalid format option 'z')"));
  CHECK(packed(lua, "'c5', 'abc'") == at_line("bad argument #3 to 'pack' (string too short)"));
  CHECK(packed(lua, "'i4'") == at_line("bad argument #2 to 'pack' (number expected, got nil)"));
  CHECK(packed(lua, "") == at_line("bad argument #1 to 'pack' (string expected, got no value)"));
}

TEST_CASE("struct tells the size of a format") {
  Sandbox lua;
  CHECK(lua.run("return struct.size('i4i8')") == ":12");
  CHECK(lua.run("return struct.size('!8i1i8')") == ":16");
  CHECK(lua.run("return struct.size('bBhHlLTfdiI')") == ":50");
  CHECK(lua.run("return struct.size('c2147483647c2147483647')") == ":4294967294");
  CHECK(lua.run("return struct.size('s')") ==
        at_line("bad argument #1 to 'size' (option 's' has no fixed size)"));
  CHECK(lua.run("return struct.size('c0')") ==
        at_line("bad argument #1 to 'size' (option 'c0' has no fixed size)"));
}
