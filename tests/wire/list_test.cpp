#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

namespace {

constexpr const char* kWrongType =
    "!WRONGTYPE Operation against a key holding the wrong kind of value";

// On one core and on four.
template <typename Test>
void everywhere(Test&& test) {
  for (const int cores : {1, 4}) {
    TestServer server({.cores = cores, .config = "store none\nenable-debug-command yes\n"});
    CAPTURE(cores);
    Connection client(server.port());
    test(client);
  }
}

}  // namespace

TEST_CASE("lists are pushed to, popped from and read at both ends") {
  everywhere([](Connection& client) {
    CHECK(client.run({"RPUSH", "l", "b", "c"}) == "2");
    CHECK(client.run({"LPUSH", "l", "a", "0"}) == "4");
    CHECK(client.run({"LRANGE", "l", "0", "-1"}) == "[\"0\", \"a\", \"b\", \"c\"]");
    CHECK(client.run({"LRANGE", "l", "-3", "2"}) == "[\"a\", \"b\"]");
    CHECK(client.run({"LRANGE", "l", "3", "1"}) == "[]");
    CHECK(client.run({"LRANGE", "none", "0", "-1"}) == "[]");
    CHECK(client.run({"LLEN", "l"}) == "4");
    CHECK(client.run({"LINDEX", "l", "-1"}) == "\"c\"");
    CHECK(client.run({"LINDEX", "l", "4"}) == "(nil)");
    CHECK(client.run({"LPOP", "l"}) == "\"0\"");
    CHECK(client.run({"RPOP", "l", "2"}) == "[\"c\", \"b\"]");
    CHECK(client.run({"LPOP", "l", "0"}) == "[]");
    CHECK(client.run({"LPOP", "l", "9"}) == "[\"a\"]");
    CHECK(client.run({"EXISTS", "l"}) == "0");
    CHECK(client.run({"LPOP", "l"}) == "(nil)");
    CHECK(client.run({"LPOP", "l", "1"}) == "(nil)");
    CHECK(client.run({"LPUSHX", "l", "a"}) == "0");
    CHECK(client.run({"RPUSHX", "l", "a"}) == "0");
    CHECK(client.run({"TYPE", "l"}) == "none");
    CHECK(client.run({"RPUSH", "l", "a"}) == "1");
    CHECK(client.run({"RPUSHX", "l", "b", "c"}) == "3");
    CHECK(client.run({"TYPE", "l"}) == "list");
  });
}

TEST_CASE("lists are changed in their middle") {
  everywhere([](Connection& client) {
    client.run({"RPUSH", "l", "a", "b", "a", "c", "a"});
    CHECK(client.run({"LINSERT", "l", "BEFORE", "b", "x"}) == "6");
    CHECK(client.run({"LINSERT", "l", "after", "c", "y"}) == "7");
    CHECK(client.run({"LINSERT", "l", "AFTER", "nothing", "y"}) == "-1");
    CHECK(client.run({"LINSERT", "none", "AFTER", "nothing", "y"}) == "0");
    CHECK(client.run({"LSET", "l", "0", "A"}) == "OK");
    CHECK(client.run({"LSET", "l", "7", "A"}) == "!ERR index out of range");
    CHECK(client.run({"LSET", "none", "x", "A"}) == "!ERR no such key");
    CHECK(client.run({"LREM", "l", "-1", "a"}) == "1");
    CHECK(client.run({"LRANGE", "l", "0", "-1"}) == "[\"A\", \"x\", \"b\", \"a\", \"c\", \"y\"]");
    CHECK(client.run({"LREM", "l", "0", "nothing"}) == "0");
    CHECK(client.run({"LTRIM", "l", "1", "-2"}) == "OK");
    CHECK(client.run({"LRANGE", "l", "0", "-1"}) == "[\"x\", \"b\", \"a\", \"c\"]");
    CHECK(client.run({"LTRIM", "l", "5", "9"}) == "OK");
    CHECK(client.run({"EXISTS", "l"}) == "0");
  });
}

TEST_CASE("LPOS finds what its options ask for") {
  everywhere([](Connection& client) {
    client.run({"RPUSH", "l", "a", "b", "c", "1", "2", "3", "c", "c"});
    CHECK(client.run({"LPOS", "l", "c"}) == "2");
    CHECK(client.run({"LPOS", "l", "1"}) == "3");
    CHECK(client.run({"LPOS", "l", "c", "RANK", "-1"}) == "7");
    CHECK(client.run({"LPOS", "l", "c", "COUNT", "0"}) == "[2, 6, 7]");
    CHECK(client.run({"LPOS", "l", "c", "COUNT", "2", "RANK", "-1"}) == "[7, 6]");
    CHECK(client.run({"LPOS", "l", "c", "COUNT", "0", "MAXLEN", "7", "RANK", "2"}) == "[6]");
    CHECK(client.run({"LPOS", "l", "x"}) == "(nil)");
    CHECK(client.run({"LPOS", "l", "x", "COUNT", "1"}) == "[]");
    CHECK(client.run({"LPOS", "none", "x", "COUNT", "1"}) == "[]");
  });
}

TEST_CASE("elements move from list to list, also where these lie on different cores") {
  everywhere([](Connection& client) {
    for (int i = 0; i < 16; ++i) {
      const std::string from = "from" + std::to_string(i);
      const std::string to = "to" + std::to_string(i);
      client.run({"RPUSH", from, "a", "b", "c"});
      CHECK(client.run({"LMOVE", from, to, "LEFT", "RIGHT"}) == "\"a\"");
      CHECK(client.run({"RPOPLPUSH", from, to}) == "\"c\"");
      CHECK(client.run({"LRANGE", to, "0", "-1"}) == "[\"c\", \"a\"]");
      CHECK(client.run({"LMPOP", "3", "none", from, to, "RIGHT", "COUNT", "5"}) ==
            "[\"" + from + "\", [\"b\"]]");
      CHECK(client.run({"EXISTS", from}) == "0");
      CHECK(client.run({"LMOVE", from, to, "LEFT", "LEFT"}) == "(nil)");
      CHECK(client.run({"LMOVE", to, to, "LEFT", "RIGHT"}) == "\"c\"");
      CHECK(client.run({"LRANGE", to, "0", "-1"}) == "[\"a\", \"c\"]");
      client.run({"SET", from, "text"});
      CHECK(client.run({"LMOVE", to, from, "LEFT", "LEFT"}) == kWrongType);
      CHECK(client.run({"LMOVE", from, to, "LEFT", "LEFT"}) == kWrongType);
      CHECK(client.run({"LLEN", to}) == "2");
      CHECK(client.run({"LMPOP", "2", from, to, "LEFT"}) == kWrongType);
      CHECK(client.run({"LMPOP", "1", "none", "LEFT"}) == "(nil)");
    }
  });
}

TEST_CASE("what is no list refuses what lists are asked for") {
  everywhere([](Connection& client) {
    client.run({"SET", "s", "text"});
    const std::vector<std::vector<std::string>> commands = {{"RPUSH", "s", "a"},
                                                            {"LPUSHX", "s", "a"},
                                                            {"LPOP", "s"},
                                                            {"RPOP", "s", "1"},
                                                            {"LLEN", "s"},
                                                            {"LRANGE", "s", "0", "1"},
                                                            {"LINDEX", "s", "0"},
                                                            {"LSET", "s", "0", "a"},
                                                            {"LINSERT", "s", "BEFORE", "a", "b"},
                                                            {"LREM", "s", "0", "a"},
                                                            {"LTRIM", "s", "0", "1"},
                                                            {"LPOS", "s", "a"},
                                                            {"RPOPLPUSH", "s", "t"}};
    for (const auto& command : commands) {
      CAPTURE(command.front());
      CHECK(client.run(command) == kWrongType);
    }
    client.run({"RPUSH", "l", "a"});
    CHECK(client.run({"GET", "l"}) == kWrongType);
  });
}

TEST_CASE("a list's encoding follows list-max-listpack-size") {
  everywhere([](Connection& client) {
    client.run({"CONFIG", "SET", "list-max-listpack-size", "3"});
    client.run({"RPUSH", "l", "1", "2", "3"});
    CHECK(client.run({"OBJECT", "ENCODING", "l"}) == "\"listpack\"");
    client.run({"RPUSH", "l", "4"});
    CHECK(client.run({"OBJECT", "ENCODING", "l"}) == "\"quicklist\"");
    client.run({"LPOP", "l", "3"});
    CHECK(client.run({"OBJECT", "ENCODING", "l"}) == "\"listpack\"");
    CHECK(client.run({"LRANGE", "l", "0", "-1"}) == "[\"4\"]");
    client.run({"CONFIG", "SET", "list-max-listpack-size", "-2"});
    client.run({"RPUSH", "l", std::string(9000, 'x')});
    CHECK(client.run({"OBJECT", "ENCODING", "l"}) == "\"quicklist\"");
    client.run({"RPOP", "l"});
    CHECK(client.run({"OBJECT", "ENCODING", "l"}) == "\"listpack\"");
  });
}

TEST_CASE("a copied list is equal, and has a life of its own") {
  everywhere([](Connection& client) {
    for (int i = 0; i < 1000; ++i) client.send({"RPUSH", "l", "element:" + std::to_string(i)});
    for (int i = 0; i < 1000; ++i) client.receive();
    CHECK(client.run({"COPY", "l", "m"}) == "1");
    CHECK(client.run({"DEBUG", "DIGEST-VALUE", "l"}) == client.run({"DEBUG", "DIGEST-VALUE", "m"}));
    CHECK(client.run({"RENAME", "m", "n"}) == "OK");
    CHECK(client.run({"LPOP", "l"}) == "\"element:0\"");
    CHECK(client.run({"LINDEX", "n", "0"}) == "\"element:0\"");
    CHECK(client.run({"DEBUG", "DIGEST-VALUE", "l"}) != client.run({"DEBUG", "DIGEST-VALUE", "n"}));
    CHECK(std::stoi(client.run({"MEMORY", "USAGE", "n"})) > 10000);
  });
}

TEST_CASE("DEBUG DIGEST-VALUE of a list is Redis's") {
  everywhere([](Connection& client) {
    client.run({"RPUSH", "l", "a", "1", "-70000", "longer text"});
    CHECK(client.run({"DEBUG", "DIGEST-VALUE", "l"}) ==
          "[89c56f7f205beac66a35a56c96acce71eb7315ce]");
  });
}

TEST_CASE("what LTRIM cuts off a long list, and what is unlinked, is freed in slices") {
  everywhere([](Connection& client) {
    std::vector<std::string> push{"RPUSH", "l"};
    for (int i = 0; i < 10000; ++i) push.push_back("element " + std::to_string(i));
    for (int i = 0; i < 20; ++i) client.run(push);
    CHECK(client.run({"LTRIM", "l", "5", "9"}) == "OK");
    CHECK(client.run({"LRANGE", "l", "0", "0"}) == "[\"element 5\"]");
    for (int i = 0; i < 20; ++i) client.run(push);
    CHECK(client.run({"LLEN", "l"}) == "200005");
    CHECK(client.run({"UNLINK", "l"}) == "1");
    const auto pending = [&client] {
      return client.run({"INFO", "memory"}).find("lazyfree_pending_objects:0\r\n") ==
             std::string::npos;
    };
    while (pending()) {
    }
    CHECK(client.run({"EXISTS", "l"}) == "0");
  });
}

TEST_CASE("over RESP3 what is not there is null, and lists are arrays") {
  everywhere([](Connection& client) {
    client.run({"RPUSH", "l", "a", "b"});
    client.write("HELLO 3\r\nECHO introduced\r\n");
    std::string introduction;
    while (!introduction.ends_with("\r\nintroduced\r\n")) {
      const std::string byte = client.read(1);
      REQUIRE(byte.size() == 1);
      introduction += byte;
    }
    const auto answer = [&client](std::string_view command, std::string_view reply) {
      client.write(command);
      client.write("\r\n");
      CHECK(client.read(reply.size()) == reply);
    };
    answer("LPOP none", "_\r\n");
    answer("LPOP none 2", "_\r\n");
    answer("LINDEX l 7", "_\r\n");
    answer("LPOS l z", "_\r\n");
    answer("LMPOP 1 none LEFT", "_\r\n");
    answer("LMOVE none l LEFT LEFT", "_\r\n");
    answer("LRANGE l 0 -1", "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    answer("LMPOP 1 l RIGHT", "*2\r\n$1\r\nl\r\n*1\r\n$1\r\nb\r\n");
  });
}
