#include "server/script/interpreter.hpp"

#include <doctest/doctest.h>

#include "tests/server/script/sandbox.hpp"

using tidemark::test::Sandbox;

TEST_CASE("what a script returns becomes a reply for RESP2") {
  Sandbox lua;
  CHECK(lua.run("return 'a'") == "$1 a");
  CHECK(lua.run("return 100.9") == ":100");
  CHECK(lua.run("return -100.9") == ":-100");
  CHECK(lua.run("return 1e300") == ":-9223372036854775808");
  CHECK(lua.run("return 0/0") == ":-9223372036854775808");
  CHECK(lua.run("return true") == ":1");
  CHECK(lua.run("return false") == "$-1");
  CHECK(lua.run("return nil") == "$-1");
  CHECK(lua.run("") == "$-1");
  CHECK(lua.run("return print") ==
        "-ERR user_script:1: Script attempted to access nonexistent global variable 'print' "
        "script: sha, on @user_script:1.");
  CHECK(lua.run("return pcall") == "$-1");
  CHECK(lua.run("return {1, 'a', {2}, nil, 3}") == "*3 :1 $1 a *1 :2");
  CHECK(lua.run("return {}") == "*0");
  CHECK(lua.run("return {ok = 'a\\r\\nb'}") == "+a  b");
  CHECK(lua.run("return {err = 'X a\\nb'}") == "-X a b");
  CHECK(lua.run("return {err = 1}") == "*0");
  CHECK(lua.run("return {double = 3.5}") == "$3 3.5");
  CHECK(lua.run("return {map = {a = 1}}") == "*2 $1 a :1");
  CHECK(lua.run("return {set = {a = true}}") == "*1 $1 a");
  CHECK(lua.run("return {big_number = '12\\n3'}") == "$4 12 3");
  CHECK(lua.run("return {verbatim_string = {format = 'txt', string = 'a'}}") == "$1 a");
  CHECK(lua.run("return {'x', verbatim_string = {string = 'a'}}") == "*1 $1 x");
}

TEST_CASE("what a script returns becomes a reply for RESP3") {
  Sandbox lua;
  lua.speak_resp3();
  CHECK(lua.run("return true") == ":1");
  CHECK(lua.run("return false") == "_");
  CHECK(lua.run("redis.setresp(3) return true") == "#t");
  CHECK(lua.run("redis.setresp(3) return false") == "#f");
  CHECK(lua.run("return nil") == "_");
  CHECK(lua.run("return {double = 3.5}") == ",3.5");
  CHECK(lua.run("return {map = {a = {1}}}") == "%1 $1 a *1 :1");
  CHECK(lua.run("return {set = {a = true}}") == "~1 $1 a");
  CHECK(lua.run("return {big_number = '123'}") == "(123");
  CHECK(lua.run("return {verbatim_string = {format = 'txt', string = 'a'}}") == "=5 txt:a");
}

TEST_CASE("a reply becomes what Lua has for it") {
  Sandbox lua;
  const auto seen = [&lua](const std::string& answer, const std::string& code) {
    lua.host().answer = answer;
    return lua.run("local r = redis.call('x') " + code);
  };
  CHECK(seen("$-1\r\n", "return {type(r), tostring(r)}") == "*2 $7 boolean $5 false");
  CHECK(seen("*-1\r\n", "return tostring(r)") == "$5 false");
  CHECK(seen("_\r\n", "return tostring(r)") == "$3 nil");
  CHECK(seen("$3\r\na\r\n\r\n", "return r") == "$3 a ");
  CHECK(seen(":-5\r\n", "return r") == ":-5");
  CHECK(seen("+FINE\r\n", "return r.ok") == "$4 FINE");
  CHECK(seen("*2\r\n:1\r\n*1\r\n$1\r\na\r\n", "return r[2][1] .. #r") == "$2 a2");
  CHECK(seen("%1\r\n$1\r\na\r\n:2\r\n", "return r.map.a") == ":2");
  CHECK(seen("~1\r\n$1\r\na\r\n", "return tostring(r.set.a)") == "$4 true");
  CHECK(seen("#t\r\n", "return type(r)") == "$7 boolean");
  CHECK(seen(",3.5\r\n", "return tostring(r.double)") == "$3 3.5");
  CHECK(seen("(123\r\n", "return r.big_number") == "$3 123");
  CHECK(seen("=5\r\ntxt:a\r\n", "return r.verbatim_string.format .. r.verbatim_string.string") ==
        "$4 txta");
  CHECK(seen("|1\r\n+a\r\n+b\r\n:7\r\n", "return r") == ":7");
}

TEST_CASE("an error of a command ends the script, and says where") {
  Sandbox lua;
  lua.host().answer = "-WRONGTYPE of value\r\n";
  CHECK(lua.run("\nredis.call('x')") == "-WRONGTYPE of value script: sha, on @user_script:2.");
  CHECK(lua.run("return redis.pcall('x')") == "-WRONGTYPE of value");
  CHECK(lua.run("return redis.pcall('x').err") == "$18 WRONGTYPE of value");
  CHECK(lua.run("return select(2, pcall(redis.call, 'x'))") == "$18 WRONGTYPE of value");
  CHECK(lua.run("return select(2, xpcall(function() redis.call('x') end, type))") == "$5 table");
}

TEST_CASE("errors of scripts are told as Redis tells them") {
  Sandbox lua;
  const std::string place = " script: sha, on @user_script:1.";
  CHECK(lua.run("return {") ==
        "-ERR Error compiling script (new function): user_script:1: unexpected symbol near "
        "'<eof>'");
  CHECK(lua.run("error('boom')") == "-ERR user_script:1: boom" + place);
  CHECK(lua.run("error('boom', 0)") == "-ERR boom" + place);
  CHECK(lua.run("error()") == "-ERR nil" + place);
  CHECK(lua.run("error(true)") == "-ERR true" + place);
  CHECK(lua.run("error({err = 'MY words'})") == "-MY words" + place);
  CHECK(lua.run("error({})") == "-ERR unknown error" + place);
  CHECK(lua.run("error(redis)") == "-ERR unknown error" + place);
  CHECK(lua.run("error(redis.error_reply('X\\r\\n+Y'))") == "-ERR X  +Y" + place);
  CHECK(lua.run("redis.call()") ==
        "-ERR Please specify at least one argument for this redis lib call" + place);
  CHECK(lua.run("redis.call({})") ==
        "-ERR Lua redis lib command arguments must be strings or integers" + place);
  CHECK(lua.run("coroutine.yield(1)") ==
        "-ERR attempt to yield across metamethod/C-call boundary" + place);
  CHECK(lua.run("coroutine.wrap(function() error('in it', 0) end)()") ==
        "-ERR user_script:1: in it" + place);
}

TEST_CASE("arguments of redis.call() are written with all their digits") {
  Sandbox lua;
  lua.run("redis.call('x', 1, 1.5, -0.1, 2^53, 1e20, 'a b')");
  CHECK(lua.host().called == "x 1 1.5 -0.10000000000000001 9007199254740992 1e+20 a b");
}

TEST_CASE("the functions of redis answer as those of Redis") {
  Sandbox lua;
  const auto error = [](const std::string& text) {
    return "-ERR " + text + " script: sha, on @user_script:1.";
  };
  CHECK(lua.run("return redis.error_reply('abc')") == "-ERR abc");
  CHECK(lua.run("return redis.error_reply('-ABC d')") == "-ABC d");
  CHECK(lua.run("return redis.error_reply('')") == "-ERR ");
  CHECK(lua.run("return redis.error_reply(1)") == "-ERR wrong number or type of arguments");
  CHECK(lua.run("return redis.status_reply('abc')") == "+abc");
  CHECK(lua.run("return redis.status_reply()") == "-ERR wrong number or type of arguments");
  CHECK(lua.run("return redis.sha1hex('')") == "$40 da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(lua.run("redis.sha1hex()") == error("wrong number of arguments"));
  CHECK(lua.run("redis.setresp(3.9) return true") == ":1");
  CHECK(lua.run("redis.setresp(4)") == error("RESP version must be 2 or 3."));
  CHECK(lua.run("redis.setresp()") == error("redis.setresp() requires one argument."));
  CHECK(lua.run("redis.set_repl(9)") ==
        error("Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE."));
  CHECK(lua.run("return redis.set_repl(redis.REPL_NONE)") == "$-1");
  CHECK(lua.run("return redis.replicate_commands()") == ":1");
  CHECK(lua.run("return redis.breakpoint()") == "$-1");
  CHECK(lua.run("return redis.debug('a')") == "$-1");
  CHECK(lua.run("return redis.REDIS_VERSION .. redis.REDIS_VERSION_NUM") == "$11 7.2.4459268");
  CHECK(lua.run("return {redis.acl_check_cmd('get', 'a'), redis.acl_check_cmd('forbidden')}") ==
        "*2 :1 $-1");
  CHECK(lua.run("redis.acl_check_cmd('nosuch')") ==
        error("Invalid command passed to redis.acl_check_cmd()"));
  CHECK(lua.run("redis.log(redis.LOG_WARNING, 'a', 1)") == "$-1");
  CHECK(lua.host().logged.back() == "3 a 1");
  CHECK(lua.run("redis.log(1)") == error("redis.log() requires two arguments or more."));
  CHECK(lua.run("redis.log('x', 'a')") == error("First argument must be a number (log level)."));
  CHECK(lua.run("redis.log(9, 'a')") == error("Invalid debug level."));
}

TEST_CASE("math.random gives what Redis's gives for the same seed") {
  Sandbox lua;
  CHECK(lua.run("math.randomseed(10) "
                "return {tostring(math.random()), math.random(100), math.random(5, 7)}") ==
        "*3 $16 0.87885112309775 :80 :6");
  CHECK(lua.run("return math.random(1, 2, 3)") ==
        "-ERR user_script:1: wrong number of arguments script: sha, on @user_script:1.");
  CHECK(lua.run("return math.random(-2147483648, 2147483647) ~= nil") == ":1");
}

TEST_CASE("a script that is stopped cannot go on by catching that") {
  Sandbox lua;
  for (const char* const code :
       {"while true do end", "while true do pcall(function() while true do end end) end",
        "local function f() while true do end end "
        "while true do coroutine.wrap(function() pcall(f) end)() end",
        "while true do xpcall(function() while true do end end, function() end) end",
        "setmetatable({}, {__index = function() while true do end end}).x.y()"}) {
    CAPTURE(code);
    lua.host().patience = 3;
    CHECK(lua.run(code).find("stopped script: sha, on @user_script:1.") != std::string::npos);
    lua.host().patience = 1'000'000;
    CHECK(lua.run("local n = 0 for i = 1, 1000000 do n = n + 1 end return n") == ":1000000");
  }
}

TEST_CASE("a call may have as many arguments as fit on the stack") {
  Sandbox lua;
  lua.host().answer = "*2\r\n:1\r\n*1\r\n:2\r\n";
  for (const char* const call : {"call", "pcall"}) {
    CHECK(lua.run("local t = {} for i = 1, 7990 do t[i] = 'x' end return redis." +
                  std::string(call) + "('rpush', unpack(t))") == "*2 :1 *1 :2");
  }
}

TEST_CASE("a script is stopped also where few instructions take long") {
  Sandbox lua;
  for (const char* const code :
       {"for i = 1, 10 do redis.call('x') end", "for i = 1, 10 do pcall(redis.call, 'x') end",
        "local t = {} for i = 1, 17 do t = {t, t} end return #cjson.encode(t)",
        "local s = ('x'):rep(10000) for i = 1, 100 do cmsgpack.pack(s) end",
        "return #string.gsub(('a'):rep(10000), 'a', ('b'):rep(100))"}) {
    CAPTURE(code);
    lua.host().patience = 3;
    CHECK(lua.run(code).find("stopped script: sha, on @user_script:1.") != std::string::npos);
    lua.host().patience = 1'000'000;
  }
}

TEST_CASE("a reply that is too long or nested too deep is an error") {
  Sandbox lua;
  CHECK(
      lua.run("local s = ('x'):rep(1000) local t = {} for i = 1, 2000 do t[i] = s end return t") ==
      "-ERR the script's reply is too long");
  CHECK(lua.run("local t = {} for i = 1, 40 do t = {t, t} end return t") ==
        "-ERR the script's reply is too long");
  const std::string reply = lua.run("local a = {} local b = {a} a[1] = b return a");
  CHECK(reply.find("*1 *1 *1") == 0);
  CHECK(reply.find("-ERR reached lua stack limit") == reply.size() - 28);
}
