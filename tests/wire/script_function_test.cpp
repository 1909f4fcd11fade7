// FUNCTION and FCALL.

#include <doctest/doctest.h>

#include <string>

#include "tests/wire/collections.hpp"
#include "tests/wire/connection.hpp"
#include "tests/wire/everywhere.hpp"
#include "tests/wire/test_server.hpp"
#include "tests/wire/wire_talk.hpp"

using tidemark::test::Connection;
using tidemark::test::everywhere_in_both;
using tidemark::test::on_one_core_and_four;
using tidemark::test::Talk;
using tidemark::test::TestServer;

namespace {

std::string library(const std::string& name, const std::string& function, const std::string& code) {
  return "#!lua name=" + name + "\nredis.register_function('" + function +
         "', function(keys, args) " + code + " end)";
}

}  // namespace

TEST_CASE("functions are called by their names, in any case of letters, from every core") {
  on_one_core_and_four([](Connection& client, TestServer& server) {
    CHECK(client.run({"FUNCTION", "LOAD",
                      library("lib", "Add", "return redis.call('incrby', keys[1], args[1])")}) ==
          "\"lib\"");
    for (int i = 1; i <= 8; ++i) {
      Connection other(server.port());
      CHECK(other.run({"FCALL", "add", "1", "k", "2"}) == std::to_string(2 * i));
    }
    CHECK(client.run({"FCALL", "nosuch", "0"}) == "!ERR Function not found");
    CHECK(client.run({"FCALL", "add", "x"}) == "!ERR Bad number of keys provided");
    CHECK(client.run({"FCALL", "add", "-1"}) == "!ERR Number of keys can't be negative");
    CHECK(client.run({"FCALL", "add", "5", "k"}) ==
          "!ERR Number of keys can't be greater than number of args");
    CHECK(client.run({"FCALL_RO", "add", "0"}) ==
          "!ERR Can not execute a script with write flag using *_ro command.");
  });
}

TEST_CASE("what a library keeps to itself is one for all cores, and goes with it") {
  on_one_core_and_four([](Connection& client, TestServer& server) {
    const std::string counter =
        "#!lua name=counter\nlocal n = 0 "
        "redis.register_function('up', function() n = n + 1 return n end)";
    CHECK(client.run({"FUNCTION", "LOAD", counter}) == "\"counter\"");
    for (int i = 1; i <= 8; ++i) {
      Connection other(server.port());
      CHECK(other.run({"FCALL", "up", "0"}) == std::to_string(i));
    }
    CHECK(client.run({"FUNCTION", "LOAD", "REPLACE", counter}) == "\"counter\"");
    CHECK(client.run({"FCALL", "up", "0"}) == "1");
  });
}

TEST_CASE("a library is loaded as a whole or not at all") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"FUNCTION", "LOAD", library("one", "f", "return 1")});
    CHECK(client.run({"FUNCTION", "LOAD", library("one", "g", "return 2")}) ==
          "!ERR Library 'one' already exists");
    CHECK(client.run({"FUNCTION", "LOAD", library("two", "F", "return 2")}) ==
          "!ERR Function F already exists");
    CHECK(client.run({"FUNCTION", "LOAD", "REPLACE", library("one", "f", "bad bad")})
              .find("!ERR Error compiling function: ") == 0);
    CHECK(client.run({"FUNCTION", "LOAD", "REPLACE", "#!lua name=one\nx = 1"})
              .find("!ERR Error registering functions: ") == 0);
    CHECK(client.run({"FCALL", "f", "0"}) == "1");
    CHECK(client.run({"FUNCTION", "LOAD", "REPLACE", library("one", "g", "return 2")}) ==
          "\"one\"");
    CHECK(client.run({"FCALL", "f", "0"}) == "!ERR Function not found");
    CHECK(client.run({"FCALL", "g", "0"}) == "2");
    CHECK(client.run({"FUNCTION", "DELETE", "one"}) == "OK");
    CHECK(client.run({"FUNCTION", "DELETE", "one"}) == "!ERR Library not found");
    CHECK(client.run({"FCALL", "g", "0"}) == "!ERR Function not found");
    CHECK(client.run({"FUNCTION", "LOAD", "x", "y"}) == "!ERR Unknown option given: x");
    CHECK(client.run({"FUNCTION", "LOAD", "code"}) == "!ERR Missing library metadata");
  });
}

TEST_CASE("libraries go into a payload and come out of it") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    client.run({"FUNCTION", "LOAD", library("a", "f", "return 'a'")});
    client.run({"FUNCTION", "LOAD", library("b", "g", "return 'b'")});
    std::string payload = client.run({"FUNCTION", "DUMP"});
    payload = payload.substr(1, payload.size() - 2);
    const auto restore = [&](const char* policy) {
      return client.run({"FUNCTION", "RESTORE", payload, policy});
    };
    CHECK(restore("append") == "!ERR Library a already exists");
    CHECK(restore("replace") == "OK");
    CHECK(client.run({"FUNCTION", "FLUSH"}) == "OK");
    CHECK(client.run({"FCALL", "f", "0"}) == "!ERR Function not found");
    CHECK(restore("append") == "OK");
    CHECK(client.run({"FCALL", "f", "0"}) == "\"a\"");
    client.run({"FUNCTION", "FLUSH", "SYNC"});
    client.run({"FUNCTION", "LOAD", library("c", "g", "return 'c'")});
    // One of both collides: neither is taken.
    CHECK(restore("append") == "!ERR Function g already exists");
    CHECK(client.run({"FCALL", "f", "0"}) == "!ERR Function not found");
    CHECK(client.run({"FCALL", "g", "0"}) == "\"c\"");
    CHECK(restore("flush") == "OK");
    CHECK(client.run({"FCALL", "g", "0"}) == "\"b\"");
    CHECK(restore("x") ==
          "!ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
    payload.back() = static_cast<char>(payload.back() ^ 1);
    CHECK(restore("flush") == "!ERR DUMP payload version or checksum are wrong");
    CHECK(client.run({"FUNCTION", "RESTORE", ""}) ==
          "!ERR DUMP payload version or checksum are wrong");
    CHECK(client.run({"FCALL", "g", "0"}) == "\"b\"");
  });
}

TEST_CASE("a payload of Redis 7.0 is taken") {
  TestServer server;
  Connection client(server.port());
  const std::string payload(
      "\xf5\x40\x44#!lua name=x\nredis.register_function('h2',function() return 'x' end)"
      "\x0a\x00\xaa\xe7\x8a\xba\x58\xbc\xcb\x03",
      3 + 68 + 10);
  CHECK(client.run({"FUNCTION", "RESTORE", payload}) == "OK");
  CHECK(client.run({"FCALL", "h2", "0"}) == "\"x\"");
}

TEST_CASE("libraries are described") {
  everywhere_in_both([](TestServer& server, int resp) {
    Connection loader(server.port());
    loader.run({"FUNCTION", "LOAD",
                "#!lua name=lib\nredis.register_function{function_name='f', callback=function() "
                "end, description='d', flags={'no-writes'}}"});
    Talk client(server.port(), resp);
    client.expect("FUNCTION LIST LIBRARYNAME LI*",
                  "*1\r\n*6\r\n$12\r\nlibrary_name\r\n$3\r\nlib\r\n$6\r\nengine\r\n$3\r\nLUA\r\n"
                  "$9\r\nfunctions\r\n*1\r\n*6\r\n$4\r\nname\r\n$1\r\nf\r\n$11\r\ndescription\r\n"
                  "$1\r\nd\r\n$5\r\nflags\r\n*1\r\n+no-writes\r\n",
                  "*1\r\n%3\r\n$12\r\nlibrary_name\r\n$3\r\nlib\r\n$6\r\nengine\r\n$3\r\nLUA\r\n"
                  "$9\r\nfunctions\r\n*1\r\n%3\r\n$4\r\nname\r\n$1\r\nf\r\n$11\r\ndescription\r\n"
                  "$1\r\nd\r\n$5\r\nflags\r\n~1\r\n+no-writes\r\n");
    client.expect("FUNCTION LIST LIBRARYNAME x", "*0\r\n");
    client.expect("FUNCTION STATS",
                  "*4\r\n$14\r\nrunning_script\r\n$-1\r\n$7\r\nengines\r\n*2\r\n$3\r\nLUA\r\n*4\r\n"
                  "$15\r\nlibraries_count\r\n:1\r\n$15\r\nfunctions_count\r\n:1\r\n",
                  "%2\r\n$14\r\nrunning_script\r\n_\r\n$7\r\nengines\r\n%1\r\n$3\r\nLUA\r\n%2\r\n"
                  "$15\r\nlibraries_count\r\n:1\r\n$15\r\nfunctions_count\r\n:1\r\n");
    client.expect("FUNCTION LIST LIBRARYNAME", "-ERR library name argument was not given\r\n");
    client.expect("FUNCTION LIST WITHCODE WITHCODE", "-ERR Unknown argument WITHCODE\r\n");
    client.expect("FUNCTION FLUSH x", "-ERR FUNCTION FLUSH only supports SYNC|ASYNC option\r\n");
    client.expect("FUNCTION KILL", "-NOTBUSY No scripts in execution right now.\r\n");
  });
}

TEST_CASE("functions run on the owners of the keys alone where that is wanted") {
  TestServer server({.cores = 4, .config = "store none\nlua-undeclared-keys no\n"});
  Connection client(server.port());
  client.run({"FUNCTION", "LOAD", library("lib", "f", "return redis.call('incr', keys[1])")});
  for (int i = 0; i < 32; ++i) {
    CHECK(client.run({"FCALL", "f", "1", "key:" + std::to_string(i)}) == "1");
  }
  CHECK(client.run({"FUNCTION", "LOAD", "REPLACE",
                    library("lib", "f", "return redis.call('get', keys[1])")}) == "\"lib\"");
  for (int i = 0; i < 32; ++i) {
    CHECK(client.run({"FCALL", "f", "1", "key:" + std::to_string(i)}) == "\"1\"");
  }
  client.run({"FUNCTION", "FLUSH"});
  CHECK(client.run({"FCALL", "f", "1", "k"}) == "!ERR Function not found");
}
