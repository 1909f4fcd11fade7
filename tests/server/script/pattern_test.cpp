#include "server/script/pattern.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <string>

#include "tests/server/script/sandbox.hpp"

using tidemark::test::Sandbox;

namespace {

// Lua as it comes, whose patterns are the measure.
class PlainLua {
 public:
  PlainLua() : lua_(luaL_newstate(), lua_close) {
    for (const lua_CFunction library : {luaopen_base, luaopen_string, luaopen_table}) {
      lua_pushcfunction(lua_.get(), library);
      lua_call(lua_.get(), 0, 0);
    }
  }

  // What a call returns, as one line; or the error.
  std::string run(const std::string& code) {
    const bool good = luaL_loadbuffer(lua_.get(), code.data(), code.size(), "=plain") == 0 &&
                      lua_pcall(lua_.get(), 0, 1, 0) == 0;
    if (!good) {
      const std::string error = lua_tostring(lua_.get(), -1);
      lua_settop(lua_.get(), 0);
      return error.substr(std::string("plain:1: ").size());
    }
    size_t size = 0;
    const char* const data = lua_tolstring(lua_.get(), -1, &size);
    std::string result(data, size);
    lua_settop(lua_.get(), 0);
    return result;
  }

 private:
  std::unique_ptr<lua_State, void (*)(lua_State*)> lua_;
};

// The same in the sandbox.
std::string run_in(Sandbox& lua, const std::string& code) {
  const std::string reply = lua.run(code);
  if (reply.front() == '$') return reply.substr(reply.find(' ') + 1);
  const size_t begin = reply.find("user_script:1: ") + 15;
  return reply.substr(begin, reply.find(" script: sha") - begin);
}

// A few letters, and all that means something in a pattern.
std::string random_text(std::mt19937_64& random, const std::string& letters, size_t most) {
  std::string text;
  for (size_t size = random() % (most + 1); size > 0; --size) {
    text += letters[random() % letters.size()];
  }
  return text;
}

// Calls of every function, their results made text.
std::string calls(const std::string& text, const std::string& pattern, const std::string& from) {
  const std::string args = "'" + text + "', '" + pattern + "'";
  return "local out = {} "
         "local function say(...) for i = 1, select('#', ...) do "
         "out[#out + 1] = tostring((select(i, ...))) end out[#out + 1] = ';' end "
         "say(string.find(" +
         args + ", " + from +
         ")) "
         "say(string.match(" +
         args + ", " + from +
         ")) "
         "say(string.find(" +
         args + ", " + from +
         ", true)) "
         "for a, b in string.gmatch(" +
         args +
         ") do say(a, b) end "
         "say(string.gsub(" +
         args +
         ", '<%0%1%%>')) "
         "say(string.gsub(" +
         args +
         ", {a = 'x', b = false}, 3)) "
         "say(string.gsub(" +
         args +
         ", function(a, b) return b end)) "
         "return table.concat(out, ',')";
}

}  // namespace

TEST_CASE("patterns match what Lua's match, and fail with its errors") {
  Sandbox lua;
  PlainLua plain;
  const uint64_t seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 4000; ++i) {
    const std::string text = random_text(random, "aab1 .(", 10);
    const std::string pattern = random_text(random, "aab1.*+-?[]^$()%%%fbdwsA", 8);
    const std::string from = std::to_string(static_cast<int>(random() % 14) - 6);
    const std::string code = calls(text, pattern, from);
    CAPTURE(text);
    CAPTURE(pattern);
    CAPTURE(from);
    const std::string expected = plain.run(code);
    REQUIRE(run_in(lua, code) == expected);
  }
}

TEST_CASE("patterns know every class, and bytes above 127") {
  Sandbox lua;
  PlainLua plain;
  for (const char name : std::string("acdlpsuwxzACDLPSUWXZ")) {
    const std::string code =
        "local all = '' for i = 0, 255 do all = all .. string.char(i) end "
        "return (string.gsub(all, '[%" +
        std::string(1, name) +
        "]', function(c) return '<' .. string.byte(c) .. '>' end):gsub("
        "'[^<>0-9]', ''))";
    CAPTURE(name);
    CHECK(run_in(lua, code) == plain.run(code));
  }
  CHECK(lua.run("return ('a\\0b'):find('%z')") == ":2");
  CHECK(lua.run("return ('a\\0b'):find('\\0b', 1, true)") == ":2");
  CHECK(lua.run("return ('x=(a(b)c)d'):match('%b()')") == "$7 (a(b)c)");
  CHECK(lua.run("return ('THE (quick) fox'):find('%f[%a]%a+%f[%A]', 5)") == ":6");
}

TEST_CASE("a pattern that is made to take for ever is stopped") {
  Sandbox lua;
  lua.host().patience = 3;
  CHECK(
      lua.run("return ('a'):rep(30000):find(('a*'):rep(20) .. 'b')").find("stopped script: sha") !=
      std::string::npos);
  lua.host().patience = 3;
  CHECK(lua.run("return ('('):rep(300000):gsub('%b()', '')").find("stopped script: sha") !=
        std::string::npos);
}

TEST_CASE("a pattern has a depth, and captures, that it does not go beyond") {
  Sandbox lua;
  CHECK(lua.run("return ('a'):rep(1e5):find(('a?'):rep(1e5))").find("pattern too complex") !=
        std::string::npos);
  CHECK(lua.run("return ('a'):rep(1e5):find(('a*'):rep(900))") == ":1");
  CHECK(lua.run("return (''):find(('()'):rep(33))").find("too many captures") != std::string::npos);
  CHECK(lua.run("return select('#', (''):find(('()'):rep(32)))") == ":34");
}

TEST_CASE("a text that grows by gsub has a limit") {
  Sandbox lua(size_t{8} << 20);
  CHECK(lua.run("return ('x'):rep(1e6):gsub('x', ('y'):rep(1000))").find("not enough memory") !=
        std::string::npos);
}
