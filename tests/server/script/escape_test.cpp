// Ways out of a Lua sandbox that were published, each tried.

#include <doctest/doctest.h>

#include <string>

#include "tests/server/script/sandbox.hpp"

using tidemark::test::Sandbox;

namespace {

bool refuses_change(Sandbox& lua, const std::string& code) {
  return lua.run(code).find("Attempt to modify a readonly table") != std::string::npos;
}

bool is_missing(Sandbox& lua, const std::string& name) {
  return lua.run("return " + name)
             .find("attempted to access nonexistent global variable '" + name + "'") !=
         std::string::npos;
}

}  // namespace

TEST_CASE("nothing that reaches the machine, the code or the environment of others is there") {
  Sandbox lua;
  for (const char* const name :
       {"io", "debug", "package", "require", "module", "dofile", "loadfile", "print", "newproxy",
        "getfenv", "setfenv", "_LOADED"}) {
    CAPTURE(name);
    CHECK(is_missing(lua, name));
  }
  CHECK(lua.run("local n = 0 for k in pairs(os) do n = n + 1 end return {n, type(os.clock)}") ==
        "*2 :1 $8 function");
}

TEST_CASE("bytecode is not loaded, however it comes") {
  Sandbox lua;
  CHECK(lua.run("return select(2, loadstring('\\27Lua'))")
            .find("unexpected symbol near 'char(27)'") != std::string::npos);
  CHECK(lua.run("return loadstring(string.dump(function() return 1 end))") == "$-1");
  CHECK(lua.run("local s = string.dump(function() return 1 end) local given = false "
                "return load(function() if given then return nil end given = true return s end)") ==
        "$-1");
  // Byte by byte.
  CHECK(lua.run("local s = string.dump(function() return 1 end) local i = 0 "
                "return load(function() i = i + 1 if i > #s then return nil end "
                "return s:sub(i, i) end)") == "$-1");
  CHECK(lua.run("return loadstring('return 1')()") == ":1");
  CHECK(lua.run("local parts = {'return', ' 1', '2'} local i = 0 "
                "return load(function() i = i + 1 return parts[i] end)()") == ":12");
}

TEST_CASE("names of chunks outlive a collection while the chunk is parsed") {
  Sandbox lua;
  CHECK(lua.run("local n = 0 "
                "local f, e = load(function() n = n + 1 collectgarbage() "
                "if n > 200 then return nil end "
                "return ('local a' .. n .. ' = 1; '):rep(0) .. 'x=' end, ('n'):rep(1000)) "
                "return type(e)") == "$6 string");
  CHECK(lua.run("local f, e = loadstring('return return', 'a\\0b' .. ('c'):rep(100)) "
                "collectgarbage() return e") ==
        "$47 [string \"a\"]:1: unexpected symbol near 'return'");
}

TEST_CASE("global variables cannot be made or changed") {
  Sandbox lua;
  for (const char* const code :
       {"a = 1", "redis = nil", "_G = {}", "_G.a = 1", "_G._G = 1", "rawset(_G, 'a', 1)",
        "KEYS = {}", "setmetatable(_G, {})", "getmetatable(_G).__index = {}",
        "getmetatable(_G).__newindex = nil", "rawset(getmetatable(_G), '__index', {})",
        "setmetatable(getmetatable(_G), {})", "table.insert(_G, 1)",
        "getmetatable(getmetatable(_G)).x = 1", "rawset(getmetatable(''), '__index', nil)"}) {
    CAPTURE(code);
    CHECK(refuses_change(lua, code));
  }
  CHECK(lua.run("return redis.call('x')") == "+OK");
}

TEST_CASE("libraries cannot be changed") {
  Sandbox lua;
  for (const std::string library : {"redis", "string", "table", "math", "bit", "coroutine", "os"}) {
    CAPTURE(library);
    CHECK(refuses_change(lua, library + ".x = 1"));
    CHECK(refuses_change(lua, "rawset(" + library + ", 'x', 1)"));
    CHECK(refuses_change(lua, "setmetatable(" + library + ", {})"));
    CHECK(refuses_change(lua, "table.insert(" + library + ", 1)"));
    CHECK(
        refuses_change(lua, "for k, v in pairs(" + library + ") do " + library + "[k] = nil end"));
    CHECK(lua.run("local k, v = next(" + library + ") return type(v)") != "$3 nil");
    CHECK(lua.run("table.sort(" + library + ") table.remove(" + library + ")") == "$-1");
  }
  CHECK(refuses_change(lua, "redis.call = function() end"));
  CHECK(lua.run("return rawget(redis, 'call') == redis.call") == ":1");
}

TEST_CASE("methods of strings cannot be replaced") {
  Sandbox lua;
  CHECK(refuses_change(lua, "getmetatable('').__index = function() return 1 end"));
  CHECK(refuses_change(lua, "getmetatable('').__add = function() return 1 end"));
  CHECK(refuses_change(lua, "getmetatable('').__index.upper = function() return 1 end"));
  CHECK(lua.run("setmetatable('', {})").find("table expected") != std::string::npos);
  CHECK(lua.run("return ('a'):upper()") == "$1 A");
  for (const std::string value : {"nil", "1", "true", "type", "coroutine.create(function() end)"}) {
    CAPTURE(value);
    CHECK(lua.run("return getmetatable(" + value + ")") == "$-1");
  }
}

TEST_CASE("what one script leaves in tables that it gets does not reach the next") {
  Sandbox lua;
  CHECK(lua.run("KEYS.x = 1 KEYS[1] = 'other' return KEYS[1]", {"k"}) == "$5 other");
  CHECK(lua.run("return {KEYS[1], tostring(KEYS.x)}", {"k"}) == "*2 $1 k $3 nil");
}

TEST_CASE("unpack() does not overflow") {
  Sandbox lua;
  for (const char* const range :
       {"-2, 2147483647", "0, 2147483647", "-2147483648, -2", "1, 1e8", "-2147483648, 2147483647",
        "1, 2147483647", "-9223372036854775808, 9223372036854775807", "0, 1e300"}) {
    CAPTURE(range);
    CHECK(lua.run("return {unpack({1, 2, 3}, " + std::string(range) + ")}")
              .find("too many results to unpack") != std::string::npos);
  }
  CHECK(lua.run("return {unpack({1, 2, 3}, 2147483647, -2147483648)}") == "*0");
  CHECK(lua.run("return select('#', unpack({}, -2147483648, -2147483646))") == ":3");
  CHECK(lua.run("return select('#', unpack({}, 1, 7000))") == ":7000");
}

TEST_CASE("string.rep asks first whether there is room, and does not count nothings") {
  Sandbox lua;
  CHECK(lua.run("return ('x'):rep(1e10)").find("resulting string too large") != std::string::npos);
  CHECK(lua.run("return ('x'):rep(1/0)").find("resulting string too large") != std::string::npos);
  CHECK(lua.run("return ('xx'):rep(2^62)").find("resulting string too large") != std::string::npos);
  CHECK(lua.run("return (''):rep(1e18)") == "$0 ");
  CHECK(lua.run("return ('x'):rep(-1)") == "$0 ");
  CHECK(lua.run("return ('x'):rep(0/0)") == "$0 ");
  CHECK(lua.run("return ('ab'):rep(2.9)") == "$4 abab");
}

TEST_CASE("memory has a limit, and goes back when the script is over") {
  Sandbox lua(size_t{8} << 20);
  const size_t before = lua.state().memory_bytes();
  for (const char* const code :
       {"local t = {} while true do t[#t + 1] = {} end",
        "local s = 'x' while true do s = s .. s end", "return ('x'):rep(7e6) .. ('x'):rep(7e6)",
        "local t = {} for i = 1, 1e9 do t[i] = i end",
        "local t = {} while true do t[#t + 1] = coroutine.create(function() end) end",
        "local s = ('x'):rep(1e6) local t = {} for i = 1, 1000 do t[i] = s end "
        "return table.concat(t)",
        "return ('x'):rep(1e6):gsub('x', ('y'):rep(1000))"}) {
    CAPTURE(code);
    CHECK(lua.run(code).find("not enough memory") != std::string::npos);
    // The table of strings gets smaller by half each time.
    for (int i = 0; i < 10; ++i) lua_gc(lua.state().lua(), LUA_GCCOLLECT, 0);
    CHECK(lua.state().memory_bytes() < before + 100'000);
  }
  CHECK(lua.run("return {pcall(function() return ('x'):rep(7e6) .. ('x'):rep(7e6) end)}") ==
        "*2 $-1 $17 not enough memory");
}

TEST_CASE("recursion in Lua and in C has a limit") {
  Sandbox lua;
  CHECK(lua.run("local function f() return 1 + f() end return f()").find("stack overflow") !=
        std::string::npos);
  CHECK(lua.run("local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) "
                "return t[k .. 'x'] end return t.x")
            .find("overflow") != std::string::npos);
  CHECK(lua.run("local f f = function() return pcall(f) end return f()") == ":1");
  CHECK(lua.run("local function f() return coroutine.wrap(f)() end return f()").find("overflow") !=
        std::string::npos);
  CHECK(lua.run("return select(2, loadstring('return ' .. ('('):rep(100000)))").find("too many") !=
        std::string::npos);
  CHECK(lua.run("return select(2, loadstring('return ' .. ('{'):rep(100000)))").find("too many") !=
        std::string::npos);
  CHECK(lua.run("return ('a'):rep(1e5):find(('a?'):rep(1e5))").find("pattern too complex") !=
        std::string::npos);
  CHECK(lua.run("return ('a'):rep(1e5):find(('a*'):rep(900))") == ":1");
}

TEST_CASE("a coroutine yields to nobody but who resumed it") {
  Sandbox lua;
  CHECK(lua.run("return coroutine.wrap(function() return pcall(coroutine.yield, 1) end)()") ==
        "$-1");
  CHECK(lua.run("local co = coroutine.wrap(function() redis.call('a') coroutine.yield(1) "
                "redis.call('b') return 2 end) return {co(), co()}") == "*2 :1 :2");
  CHECK(lua.run("return {pcall(coroutine.resume, coroutine.running())}").find("-ERR") ==
        std::string::npos);
}

TEST_CASE("the collector cannot be switched off") {
  Sandbox lua(size_t{8} << 20);
  CHECK(lua.run("collectgarbage('stop') collectgarbage('setpause', 100000) "
                "for i = 1, 200 do local s = ('x'):rep(100000) .. i end return 1") == ":1");
  CHECK(lua.run("return collectgarbage('count') > 10") == ":1");
  CHECK(lua.run("return collectgarbage('nosuch')").find("invalid option") != std::string::npos);
}

TEST_CASE("a table with methods is sent as it is, and its methods are not called") {
  Sandbox lua;
  CHECK(lua.run("return setmetatable({}, {__index = function() error('called') end})") == "*0");
  CHECK(lua.run("return _G") == "*0");
  CHECK(lua.run("return redis") == "*0");
}
