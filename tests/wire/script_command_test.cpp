// EVAL and its like, and SCRIPT, byte for byte.

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/wire/collections.hpp"
#include "tests/wire/connection.hpp"
#include "tests/wire/everywhere.hpp"
#include "tests/wire/test_server.hpp"
#include "tests/wire/waiting.hpp"
#include "tests/wire/wire_talk.hpp"

using tidemark::test::Connection;
using tidemark::test::everywhere_in_both;
using tidemark::test::on_one_core_and_four;
using tidemark::test::Talk;
using tidemark::test::TestServer;
using tidemark::test::wait_for_blocked;

namespace {

const std::string kNoScript = "!NOSCRIPT No matching script. Please use EVAL.";
constexpr const char* kGetSha = "fd758d1589d044dd850a6f05d52f2eefd27f033f";
constexpr const char* kGet = "return redis.call('get',KEYS[1])";

}  // namespace

TEST_CASE("a script gets its keys and arguments, and calls commands") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    CHECK(client.run({"EVAL", "return {KEYS[1], KEYS[2], ARGV[1]}", "2", "a", "b", "c"}) ==
          "[\"a\", \"b\", \"c\"]");
    CHECK(client.run({"EVAL", "return redis.call('set', KEYS[1], ARGV[1])", "1", "k", "v"}) ==
          "OK");
    CHECK(client.run({"EVAL", kGet, "1", "k"}) == "\"v\"");
    CHECK(client.run({"EVAL", "return redis.call('incr', KEYS[1])", "1", "k"})
              .find("!ERR value is not an integer or out of range script: ") == 0);
    CHECK(client.run({"EVAL", "return redis.pcall('incr', KEYS[1])", "1", "k"}) ==
          "!ERR value is not an integer or out of range");
    CHECK(client.run({"EVAL", "return 1", "-1"}) == "!ERR Number of keys can't be negative");
    CHECK(client.run({"EVAL", "return 1", "1"}) ==
          "!ERR Number of keys can't be greater than number of args");
    for (const char* const count : {"x", "1.0", "9223372036854775808", ""}) {
      CAPTURE(count);
      CHECK(client.run({"EVAL", "return 1", count}) ==
            "!ERR value is not an integer or out of range");
    }
    CHECK(client.run({"EVAL", "return 1", "9223372036854775807", "a"}) ==
          "!ERR Number of keys can't be greater than number of args");
  });
}

TEST_CASE("a script may use keys that it did not declare, wherever they lie") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    CHECK(client.run({"EVAL",
                      "for i = 1, 100 do redis.call('set', 'key:' .. i, i) end "
                      "redis.call('sunionstore', 'to', 'one', 'other') "
                      "return {redis.call('dbsize'), #redis.call('keys', '*'), "
                      "#redis.call('mget', 'key:1', 'key:50', 'key:99')}",
                      "0"}) == "[100, 100, 3]");
    CHECK(client.run({"DBSIZE"}) == "100");
    CHECK(client.run({"GET", "key:77"}) == "\"77\"");
    CHECK(client.run({"EVAL", "return redis.call('flushall')", "0"}) == "OK");
    CHECK(client.run({"DBSIZE"}) == "0");
  });
}

TEST_CASE("scripts are found by their SHA1, in any case of letters, on every core") {
  on_one_core_and_four([](Connection& client, TestServer& server) {
    client.run({"SET", "mykey", "myval"});
    CHECK(client.run({"EVALSHA", kGetSha, "1", "mykey"}) == kNoScript);
    CHECK(client.run({"EVALSHA", "short", "0"}) == kNoScript);
    CHECK(client.run({"SCRIPT", "EXISTS", kGetSha, "x"}) == "[0, 0]");
    CHECK(client.run({"SCRIPT", "LOAD", kGet}) == '"' + std::string(kGetSha) + '"');
    for (int i = 0; i < 8; ++i) {
      Connection other(server.port());
      CHECK(other.run({"EVALSHA", kGetSha, "1", "mykey"}) == "\"myval\"");
      CHECK(other.run({"EVALSHA", "FD758D1589D044DD850A6F05D52F2EEFD27F033F", "1", "mykey"}) ==
            "\"myval\"");
      CHECK(other.run({"SCRIPT", "EXISTS", kGetSha, "x"}) == "[1, 0]");
    }
    CHECK(client.run({"SCRIPT", "FLUSH"}) == "OK");
    CHECK(client.run({"EVALSHA", kGetSha, "1", "mykey"}) == kNoScript);
    CHECK(client.run({"SCRIPT", "LOAD", "return {"}) ==
          "!ERR Error compiling script (new function): user_script:1: unexpected symbol near "
          "'<eof>'");
  });
}

TEST_CASE("the cache of scripts has a limit") {
  TestServer server(
      {.cores = 4, .config = "store none\nlua-script-cache-limit 2000\nlua-memory-limit 8mb\n"});
  Connection client(server.port());
  CHECK(client.run({"EVAL", kGet, "1", "k"}) == "(nil)");
  CHECK(client.run({"EVALSHA", kGetSha, "1", "k"}) == "(nil)");
  for (int i = 0; i < 20; ++i) {
    CHECK(client.run({"EVAL", "return " + std::to_string(i), "0"}) == std::to_string(i));
  }
  CHECK(client.run({"EVALSHA", kGetSha, "1", "k"}) == kNoScript);
  CHECK(client.run({"SCRIPT", "LOAD", kGet}) == '"' + std::string(kGetSha) + '"');
  for (int i = 0; i < 20; ++i) client.run({"EVAL", "return " + std::to_string(i), "0"});
  CHECK(client.run({"EVALSHA", kGetSha, "1", "k"}) == "(nil)");
  const std::string long_script = "return '" + std::string(3000, 'x') + "'";
  CHECK(client.run({"SCRIPT", "LOAD", long_script}) ==
        "!ERR The script cache is full: see 'lua-script-cache-limit', and SCRIPT FLUSH");
  CHECK(client.run({"EVAL", long_script, "0"}).size() == 3002);
}

TEST_CASE("a script that wants more memory than there is ends, and the server does not") {
  on_one_core_and_four(
      [](Connection& client, TestServer&) {
        CHECK(client.run({"EVAL", "local t = {} while true do t[#t + 1] = {} end", "0"}) ==
              "!ERR not enough memory");
        CHECK(client.run({"EVAL", "return ('x'):rep(1e8)", "0"}).find("too large") !=
              std::string::npos);
        CHECK(client.run({"EVAL", "local t = {} for i = 1, 40 do t = {t, t} end return t", "0"}) ==
              "!ERR the script's reply is too long");
        CHECK(client.run({"EVAL", "return 1", "0"}) == "1");
      },
      "store none\nlua-memory-limit 4mb\n");
}

TEST_CASE("a script for reading alone cannot write, nor can one that says so") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"SET", "k", "v"});
    const std::string refused = "!ERR Write commands are not allowed from read-only scripts.";
    CHECK(client.run({"EVAL_RO", kGet, "1", "k"}) == "\"v\"");
    CHECK(client.run({"EVALSHA_RO", kGetSha, "1", "k"}) == "\"v\"");
    CHECK(client.run({"EVAL_RO", "redis.call('del', KEYS[1])", "1", "k"}).find(refused) == 0);
    CHECK(client.run({"EVAL", "#!lua flags=no-writes\nreturn redis.pcall('del', 'k')", "0"}) ==
          refused);
    CHECK(client.run({"EVAL_RO", "#!lua\nreturn 1", "0"}) ==
          "!ERR Can not execute a script with write flag using *_ro command.");
    CHECK(client.run({"EVAL_RO", "#!lua flags=no-writes\nreturn 1", "0"}) == "1");
    CHECK(client.run({"EVAL", "#!lua flags=bad\nreturn 1", "0"}) ==
          "!ERR Unexpected flag in script shebang: bad");
    CHECK(client.run({"GET", "k"}) == "\"v\"");
  });
}

TEST_CASE("what scripts may not call is refused") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    for (const char* const command :
         {"'multi'", "'exec'", "'client', 'id'", "'client', 'list'", "'config', 'get', 'port'",
          "'debug', 'sleep', '0'", "'eval', 'return 1', '0'", "'fcall', 'f', '0'",
          "'script', 'load', 'x'", "'function', 'list'", "'monitor'", "'hello', '3'", "'auth', 'x'",
          "'quit'", "'reset'", "'shutdown'", "'subscribe', 'c'", "'readstate.commit'",
          "'readstate.evict', 'u'"}) {
      CAPTURE(command);
      CHECK(client.run({"EVAL", "return redis.pcall(" + std::string(command) + ")", "0"}) ==
            "!ERR This Redis command is not allowed from script");
    }
    CHECK(client.run({"EVAL", "return redis.pcall('nosuch')", "0"}) ==
          "!ERR Unknown Redis command called from script");
    CHECK(client.run({"EVAL", "return redis.pcall('config', 'nosuch')", "0"}) ==
          "!ERR Unknown Redis command called from script");
    CHECK(client.run({"EVAL", "return redis.pcall('get')", "0"}) ==
          "!ERR Wrong number of args calling Redis command from script");
  });
}

TEST_CASE("what would wait answers at once within a script") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    for (const char* const command :
         {"'blpop', 'a', 'b', '0'", "'blmove', 'a', 'b', 'left', 'right', '0'",
          "'bzpopmin', 'a', '0'"}) {
      CAPTURE(command);
      CHECK(client.run({"EVAL", "return redis.call(" + std::string(command) + ")", "0"}) ==
            "(nil)");
    }
    CHECK(client.run({"EVAL", "return redis.call('wait', '1', '0')", "0"}) == "0");
  });
}

TEST_CASE("who waits for keys is served when the script is over") {
  on_one_core_and_four([](Connection& client, TestServer& server) {
    Connection waiter(server.port());
    waiter.begin({"BLPOP", "list", "0"});
    wait_for_blocked(client, 1);
    CHECK(client.run({"EVAL",
                      "redis.call('rpush', 'list', 'gone') redis.call('lpop', 'list') "
                      "redis.call('rpush', 'list', 'a', 'b') return redis.call('llen', 'list')",
                      "0"}) == "2");
    CHECK(waiter.receive() == "[\"list\", \"a\"]");
    CHECK(client.run({"LLEN", "list"}) == "1");
  });
}

TEST_CASE("SELECT within a script is the script's alone") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"SET", "k", "zero"});
    CHECK(client.run({"EVAL",
                      "redis.call('select', '3') redis.call('set', 'k', 'three') "
                      "return redis.call('get', 'k')",
                      "0"}) == "\"three\"");
    CHECK(client.run({"GET", "k"}) == "\"zero\"");
    CHECK(client.run({"EVAL", "return redis.call('get', 'k')", "0"}) == "\"zero\"");
    CHECK(client.run({"EVAL", "return redis.pcall('select', '99')", "0"}) ==
          "!ERR DB index is out of range");
  });
}

TEST_CASE("replies go through Lua in either version of the protocol") {
  everywhere_in_both([](TestServer& server, int resp) {
    Talk client(server.port(), resp);
    client.expect("HSET hash field value", ":1\r\n");
    client.expect("ZADD zset 1.5 m", ":1\r\n");
    const auto expect = [&](const char* code, const std::string& two, const std::string& three) {
      CAPTURE(code);
      client.connection().write(tidemark::test::request({"EVAL", code, "0"}));
      const std::string& reply = resp == 2 ? two : three;
      CHECK(client.receive(reply.size()) == reply);
    };
    const std::string fields = "*2\r\n$5\r\nfield\r\n$5\r\nvalue\r\n";
    const std::string score = "$3\r\n1.5\r\n";
    expect("return redis.call('hgetall', 'hash')", fields, fields);
    expect("redis.setresp(3) return redis.call('hgetall', 'hash')", fields,
           "%1\r\n$5\r\nfield\r\n$5\r\nvalue\r\n");
    expect("return redis.call('zscore', 'zset', 'm')", score, score);
    expect("redis.setresp(3) return redis.call('zscore', 'zset', 'm')", score, ",1.5\r\n");
    expect("return redis.call('get', 'nosuch')", "$-1\r\n", "_\r\n");
    expect("redis.setresp(3) return redis.call('get', 'nosuch')", "$-1\r\n", "_\r\n");
    expect("redis.setresp(3) return true", ":1\r\n", "#t\r\n");
    expect("return {double = 1.5}", score, ",1.5\r\n");
    expect("return {big_number = '123'}", "$3\r\n123\r\n", "(123\r\n");
  });
}

TEST_CASE("what would wait for keys does not within a script, and XREAD may not even ask") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"XGROUP", "CREATE", "stream", "g", "$", "MKSTREAM"});
    CHECK(client.run({"EVAL", "return redis.call('blpop', 'nosuch', 0)", "0"}) == "(nil)");
    CHECK(client.run({"EVAL", "return redis.pcall('xread', 'block', 0, 'streams', 'stream', '$')",
                      "0"}) == "!ERR xread command is not allowed with BLOCK option from scripts");
    CHECK(client.run({"EVAL",
                      "return redis.pcall('XReadGroup', 'group', 'g', 'c', 'block', 0, 'streams', "
                      "'stream', '>')",
                      "0"}) ==
          "!ERR XReadGroup command is not allowed with BLOCK option from scripts");
    CHECK(client.run({"EVAL", "return redis.call('xread', 'streams', 'stream', '$')", "0"}) ==
          "(nil)");
  });
}

TEST_CASE("errors of commands within a script are counted once") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    const auto has = [&client](const char* section, const std::string& line) {
      return client.run({"INFO", section}).find(line) != std::string::npos;
    };
    client.run({"CONFIG", "RESETSTAT"});
    client.run({"EVAL", "return redis.call('select', 99)", "0"});
    CHECK(has("errorstats", "errorstat_ERR:count=1\r\n"));
    CHECK(has("commandstats", "rejected_calls=0,failed_calls=1\r\n"));
    client.run({"CONFIG", "RESETSTAT"});
    client.run({"EVAL", "return redis.pcall('select', 99).err", "0"});
    CHECK(has("errorstats", "errorstat_ERR:count=1\r\n"));
    client.run({"CONFIG", "RESETSTAT"});
    client.run({"EVAL", "return redis.error_reply('MY words')", "0"});
    CHECK(has("errorstats", "errorstat_MY:count=1\r\n"));
  });
}

TEST_CASE("a script that may not fill memory fills none, and one that may does") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"CONFIG", "SET", "maxmemory", "1"});
    const std::string full = "!OOM command not allowed when used memory > 'maxmemory'.";
    CHECK(client.run({"EVAL", "return redis.pcall('set', 'k', 'v')", "0"}) == full);
    CHECK(client.run({"EVAL", "return redis.call('get', 'k')", "0"}) == "(nil)");
    CHECK(client.run({"EVAL", "#!lua\nreturn 1", "0"}) == full);
    CHECK(client.run({"EVAL", "#!lua flags=no-writes\nreturn 1", "0"}) == "1");
    CHECK(client.run({"EVAL", "#!lua flags=allow-oom\nreturn redis.call('set', 'k', 'v')", "0"}) ==
          "OK");
    client.run({"CONFIG", "SET", "maxmemory", "0"});
  });
}

TEST_CASE("scripts run within transactions") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"MULTI"});
    client.run({"SET", "a", "1"});
    client.run({"EVAL",
                "redis.call('incr', 'a') redis.call('set', 'b', 'x') "
                "return redis.call('get', 'a')",
                "0"});
    client.run({"GET", "b"});
    CHECK(client.run({"EXEC"}) == "[OK, \"2\", \"x\"]");
  });
}

TEST_CASE("monitors see what a script calls") {
  on_one_core_and_four([](Connection& client, TestServer& server) {
    Connection monitor(server.port());
    CHECK(monitor.run({"MONITOR"}) == "OK");
    client.run({"EVAL", "redis.call('set', 'k', 'v')", "0"});
    CHECK(monitor.receive().find("\"EVAL\" \"redis.call('set', 'k', 'v')\" \"0\"") !=
          std::string::npos);
    CHECK(monitor.receive().find("[0 lua] \"set\" \"k\" \"v\"") != std::string::npos);
  });
}

TEST_CASE("INFO tells what scripts take up") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    const auto has = [&client](const std::string& line) {
      return client.run({"INFO", "memory"}).find(line) != std::string::npos;
    };
    CHECK(has("number_of_cached_scripts:0\r\n"));
    CHECK(has("used_memory_vm_eval:0\r\n"));
    client.run({"EVAL", "return 1", "0"});
    CHECK(has("number_of_cached_scripts:1\r\n"));
    CHECK_FALSE(has("used_memory_vm_eval:0\r\n"));
    client.run({"SCRIPT", "FLUSH", "ASYNC"});
    CHECK(has("number_of_cached_scripts:0\r\n"));
  });
}

TEST_CASE("SCRIPT refuses what it does not know") {
  TestServer server;
  Connection client(server.port());
  CHECK(client.run({"SCRIPT", "FLUSH", "x"}) == "!ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  CHECK(client.run({"SCRIPT", "FLUSH", "sync", "x"}) ==
        "!ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  CHECK(client.run({"SCRIPT", "DEBUG", "x"}) == "!ERR Use SCRIPT DEBUG YES/SYNC/NO");
  CHECK(client.run({"SCRIPT", "DEBUG", "no"}) == "OK");
  CHECK(client.run({"SCRIPT", "DEBUG", "yes"}) == "!ERR The debugger for scripts is not available");
  CHECK(client.run({"SCRIPT", "KILL"}) == "!NOTBUSY No scripts in execution right now.");
  CHECK(client.run({"SCRIPT", "x"}) == "!ERR unknown subcommand 'x'. Try SCRIPT HELP.");
}
