#include <doctest/doctest.h>

#include <string>

#include "tests/server/script/sandbox.hpp"

using tidemark::test::Sandbox;

namespace {

std::string at_line(const std::string& text) {
  return "-ERR user_script:1: " + text + " script: sha, on @user_script:1.";
}

}  // namespace

TEST_CASE("cjson writes what Lua CJSON writes") {
  Sandbox lua;
  const auto json = [&lua](const std::string& value) {
    const std::string reply = lua.run("return cjson.encode(" + value + ")");
    const size_t blank = reply.find(' ');
    return reply.front() == '$' ? reply.substr(blank + 1) : reply;
  };
  CHECK(json("{1, 2, 3}") == "[1,2,3]");
  CHECK(json("{a = {true, false, cjson.null}}") == "{\"a\":[true,false,null]}");
  CHECK(json("{}") == "{}");
  CHECK(json("nil") == "null");
  CHECK(json("{[1] = 1, [2] = 2, [5] = 5}") == "[1,2,null,null,5]");
  CHECK(json("{[10] = 2}") == "[null,null,null,null,null,null,null,null,null,2]");
  CHECK(json("{[11] = 2}") == at_line("Cannot serialise table: excessively sparse array"));
  CHECK(json("{[1.5] = 1}") == "{\"1.5\":1}");
  CHECK(json("{[-1] = 1}") == "{\"-1\":1}");
  CHECK(json("{[0] = 1}") == "{\"0\":1}");
  CHECK(json("{[1e15] = 1}") == "{\"1e+15\":1}");
  CHECK(json("{[2^31] = 1}") == "{\"2147483648\":1}");
  CHECK(json("{[true] = 1}") ==
        at_line("Cannot serialise boolean: table key must be a number or string"));
  CHECK(json("{[{}] = 1}") ==
        at_line("Cannot serialise table: table key must be a number or string"));
  CHECK(json("{type}") == at_line("Cannot serialise function: type not supported"));
  CHECK(json("12345678901234567890") == "1.2345678901235e+19");
  CHECK(json("0.1") == "0.1");
  CHECK(json("-0") == "-0");
  CHECK(json("0/0") == at_line("Cannot serialise number: must not be NaN or Inf"));
  CHECK(json("'a\"b\\\\c/d\\n\\r\\t\\b\\f\\1\\127\\200\\0'") ==
        "\"a\\\"b\\\\c\\/d\\n\\r\\t\\b\\f\\u0001\\u007f\xc8\\u0000\"");
  CHECK(json("") == at_line("bad argument #1 to 'encode' (expected 1 argument)"));
  CHECK(json("1, 2") == at_line("bad argument #1 to 'encode' (expected 1 argument)"));
  CHECK(json("redis") == at_line("Cannot serialise function: type not supported"));
}

TEST_CASE("cjson reads what Lua CJSON reads") {
  Sandbox lua;
  const auto text = [&lua](const std::string& json) {
    return lua.run("return tostring(cjson.decode('" + json + "'))");
  };
  CHECK(lua.run("return cjson.decode(' [ 1 , \"a\" , true, [ ] ] ')") == "*4 :1 $1 a :1 *0");
  CHECK(lua.run("local t = cjson.decode('{\"a\":{\"b\":null}}') return t.a.b == cjson.null") ==
        ":1");
  CHECK(lua.run("return cjson.decode('{\"a\":1,\"a\":2}').a") == ":2");
  CHECK(text("01") == "$1 1");
  CHECK(text("+1") == "$1 1");
  CHECK(text("1.") == "$1 1");
  CHECK(text("0x10") == "$2 16");
  CHECK(text("-Infinity") == "$4 -inf");
  CHECK(text("1e999") == "$3 inf");
  CHECK(text("NaN") == "$3 nan");
  CHECK(text("\"\\\\u00e9\\\\ud83d\\\\ude00\\\\/\"") == "$7 \xc3\xa9\xf0\x9f\x98\x80/");
  CHECK(lua.run("return #cjson.decode('\"\\\\u0000\"')") == ":1");
  CHECK(lua.run("return cjson.decode('[1]\\0')") == "*1 :1");
  CHECK(lua.run("return cjson.decode(1)") == ":1");
}

TEST_CASE("what is no JSON is refused in the words of Lua CJSON") {
  Sandbox lua;
  const auto error = [&lua](const std::string& json) {
    return lua.run("return cjson.decode('" + json + "')");
  };
  const auto expected = [](const std::string& what) { return at_line("Expected " + what); };
  CHECK(error("") == expected("value but found T_END at character 1"));
  CHECK(error("[1,2") == expected("comma or array end but found T_END at character 5"));
  CHECK(error("[1,2]]") == expected("the end but found T_ARR_END at character 6"));
  CHECK(error("{") == expected("object key string but found T_END at character 2"));
  CHECK(error("{a:1}") == expected("object key string but found invalid token at character 2"));
  CHECK(error("{\"a\" 1}") == expected("colon but found T_NUMBER at character 6"));
  CHECK(error("{\"a\":1,}") == expected("object key string but found T_OBJ_END at character 8"));
  CHECK(error("{\"a\":1 2}") == expected("comma or object end but found T_NUMBER at character 8"));
  CHECK(error("[1,]") == expected("value but found T_ARR_END at character 4"));
  CHECK(error("[1 2]") == expected("comma or array end but found T_NUMBER at character 4"));
  CHECK(error("tru") == expected("value but found invalid token at character 1"));
  CHECK(error("nullx") == expected("the end but found invalid token at character 5"));
  CHECK(error("-") == expected("value but found invalid number at character 1"));
  CHECK(error("1e") == expected("the end but found invalid token at character 2"));
  CHECK(error(".5") == expected("value but found invalid token at character 1"));
  CHECK(error("\"abc") == expected("value but found unexpected end of string at character 5"));
  CHECK(error("\"a\\\\qb\"") == expected("value but found invalid escape code at character 3"));
  for (const std::string code :
       {"ud83d", "ud83dx", "ude00", "ud83d\\\\u0041", "u12", "u12x4", "u"}) {
    CAPTURE(code);
    CHECK(error("\"\\\\" + code + "\"") ==
          expected("value but found invalid unicode escape code at character 2"));
  }
  CHECK(error("[1\\0]") == expected("comma or array end but found T_END at character 3"));
  CHECK(error("\\0\\0") == at_line("JSON parser does not support UTF-16 or UTF-32"));
  CHECK(error("\"\\\\") == expected("value but found invalid escape code at character 2"));
}

TEST_CASE("cjson goes as deep as it is told, and no deeper than there is room") {
  Sandbox lua;
  CHECK(lua.run("local t = {} t[1] = t return cjson.encode(t)") ==
        at_line("Cannot serialise, excessive nesting (1001)"));
  CHECK(lua.run("local t = {} for i = 1, 999 do t = {t} end return #cjson.encode(t)") == ":2000");
  CHECK(lua.run("return cjson.decode(('['):rep(1001) .. (']'):rep(1001))") ==
        at_line("Found too many nested data structures (1001) at character 1001"));
  CHECK(lua.run("cjson.decode_max_depth(2147483647) cjson.encode_max_depth(2147483647) "
                "return cjson.decode(('['):rep(1e6))")
            .find("Found too many nested data structures") != std::string::npos);
  CHECK(lua.run("local t = {} t[1] = t return cjson.encode(t)")
            .find("Cannot serialise, excessive nesting") != std::string::npos);
}

TEST_CASE("cjson's options are checked, kept, and each instance's own") {
  Sandbox lua;
  const auto refused = [](const std::string& function, int argument, const std::string& why) {
    return at_line("bad argument #" + std::to_string(argument) + " to '" + function + "' (" + why +
                   ")");
  };
  CHECK(lua.run("cjson.encode_max_depth(0)") ==
        refused("encode_max_depth", 1, "expected integer between 1 and 2147483647"));
  CHECK(lua.run("cjson.encode_max_depth('x')") ==
        refused("encode_max_depth", 1, "number expected, got string"));
  CHECK(lua.run("cjson.encode_number_precision(17)") ==
        refused("encode_number_precision", 1, "expected integer between 1 and 14"));
  CHECK(lua.run("cjson.encode_sparse_array(false, 1, 1, 1)") ==
        refused("encode_sparse_array", 4, "found too many arguments"));
  CHECK(lua.run("cjson.encode_sparse_array(false, -1)") ==
        refused("encode_sparse_array", 1, "expected integer between 0 and 2147483647"));
  CHECK(lua.run("cjson.encode_sparse_array(1)") ==
        refused("encode_sparse_array", 1, "invalid option '1'"));
  CHECK(lua.run("cjson.encode_keep_buffer('x')") ==
        refused("encode_keep_buffer", 1, "invalid option 'x'"));
  CHECK(lua.run("cjson.decode_invalid_numbers('null')") ==
        refused("decode_invalid_numbers", 1, "invalid option 'null'"));
  CHECK(lua.run("return {cjson.encode_sparse_array(true, 3, 4)}") == "*3 :1 :3 :4");
  CHECK(lua.run("return cjson.encode({[100] = 1})") == "$9 {\"100\":1}");
  CHECK(lua.run("cjson.encode_invalid_numbers(true) return cjson.encode({0/0, 1/0, -1/0})") ==
        "$14 [nan,inf,-inf]");
  CHECK(lua.run("cjson.encode_invalid_numbers('null') return cjson.encode({0/0, 1/0})") ==
        "$11 [null,null]");
  CHECK(lua.run("cjson.decode_invalid_numbers(false) return cjson.decode('[0x1]')") ==
        at_line("Expected value but found invalid number at character 2"));
  CHECK(lua.run("return cjson.decode('nan')") ==
        at_line("Expected value but found invalid token at character 1"));
  CHECK(lua.run("local c = cjson.new() c.encode_max_depth(5) "
                "return {c.encode_max_depth(), cjson.encode_max_depth(), c.encode({1})}") ==
        "*3 :5 :1000 $3 [1]");
  CHECK(lua.run("return cjson._NAME .. cjson._VERSION") == "$10 cjson2.1.0");
}

TEST_CASE("a small table that makes a huge text is refused") {
  Sandbox lua(size_t{8} << 20);
  const std::string many = "local s = ('x'):rep(1e6) local t = {} for i = 1, 1000 do t[i] = s end ";
  CHECK(lua.run(many + "return cjson.encode(t)").find("not enough memory") != std::string::npos);
  CHECK(lua.run(many + "return cmsgpack.pack(t)").find("not enough memory") != std::string::npos);
  CHECK(
      lua.run(many + "return struct.pack(('s'):rep(1000), unpack(t))").find("not enough memory") !=
      std::string::npos);
}
