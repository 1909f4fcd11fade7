// Fields of hashes that expire.
#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/wire/collections.hpp"

using namespace tidemark::test;

namespace {

constexpr const char* kWrongType =
    "!WRONGTYPE Operation against a key holding the wrong kind of value";
constexpr const char* kNoFields =
    "!ERR Mandatory argument FIELDS is missing or not at the right position";
constexpr const char* kMismatch =
    "!ERR The `numfields` parameter must match the number of arguments";
constexpr const char* kNotPositive = "!ERR Number of fields must be a positive integer";
constexpr const char* kNumFields = "!ERR Parameter `numFields` should be greater than 0";
constexpr const char* kNoInteger = "!ERR value is not an integer or out of range";
constexpr const char* kNegative = "!ERR invalid expire time, must be >= 0";
// The latest moment that a field may end at.
constexpr int64_t kLatest = (int64_t{1} << 46) - 1;

// An inline command, as words.
std::string run(Connection& client, const std::string& line) {
  std::vector<std::string> words{""};
  for (const char c : line) {
    if (c == ' ') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return client.run(words);
}

int64_t only_integer(const std::string& array) { return std::stoll(array.substr(1)); }

// Until the command is answered like that.
void wait_until(Connection& client, const std::string& line, const std::string& answer) {
  while (run(client, line) != answer) std::this_thread::yield();
}

// A hash of both encodings in turn: with `others` more fields it is a table.
template <typename Check>
void in_both_encodings(Connection& client, Check&& check) {
  for (const int others : {0, 600}) {
    CAPTURE(others);
    client.run({"DEL", "h"});
    for (int i = 0; i < others; ++i) client.send({"HSET", "h", "o" + std::to_string(i), "v"});
    for (int i = 0; i < others; ++i) client.receive();
    check();
  }
}

}  // namespace

TEST_CASE("lifetimes of fields are set, told and taken away") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    in_both_encodings(client, [&] {
      run(client, "HSET h a 1 b 2 c 3");
      CHECK(run(client, "HEXPIRE h 100 FIELDS 3 a ghost b") == "[1, -2, 1]");
      CHECK(run(client, "HTTL h FIELDS 3 a c ghost") == "[100, -1, -2]");
      const int64_t left_ms = only_integer(run(client, "HPTTL h FIELDS 1 a"));
      CHECK(left_ms > 90'000);
      CHECK(left_ms <= 100'000);
      const int64_t end_ms = only_integer(run(client, "HPEXPIRETIME h FIELDS 1 a"));
      CHECK(only_integer(run(client, "HEXPIRETIME h FIELDS 1 a")) == (end_ms + 999) / 1000);
      CHECK(run(client, "HPEXPIREAT h " + std::to_string(end_ms + 7) + " FIELDS 1 a") == "[1]");
      CHECK(only_integer(run(client, "HPEXPIRETIME h FIELDS 1 a")) == end_ms + 7);
      CHECK(run(client, "HEXPIREAT h 2000000000 FIELDS 1 a") == "[1]");
      CHECK(run(client, "HEXPIRETIME h FIELDS 2 a c") == "[2000000000, -1]");
      CHECK(run(client, "HPEXPIRE h 50000 FIELDS 1 c") == "[1]");
      CHECK(run(client, "HPERSIST h FIELDS 4 a ghost a c") == "[1, -2, -1, 1]");
      CHECK(run(client, "HTTL h FIELDS 3 a b c") == "[-1, 100, -1]");
      CHECK(run(client, "TTL h") == "-1");
    });
  });
}

TEST_CASE("a lifetime that is over removes the field at once, and the last field the key") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    in_both_encodings(client, [&] {
      run(client, "HSET h a 1 b 2 c 3 d 4");
      CHECK(run(client, "HEXPIRE h 0 FIELDS 2 a ghost") == "[2, -2]");
      CHECK(run(client, "HPEXPIRE h 0 FIELDS 1 b") == "[2]");
      CHECK(run(client, "HEXPIREAT h 1 FIELDS 1 c") == "[2]");
      CHECK(run(client, "HPEXPIREAT h 0 FIELDS 2 d d") == "[2, -2]");
      CHECK(run(client, "HMGET h a b c d") == "[(nil), (nil), (nil), (nil)]");
    });
    run(client, "HSET one f v");
    CHECK(run(client, "HEXPIRE one 0 FIELDS 1 f") == "[2]");
    CHECK(run(client, "EXISTS one") == "0");
  });
}

TEST_CASE("conditions compare with the lifetime that is, none being the longest") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    in_both_encodings(client, [&] {
      run(client, "HSET h timed 1 free 2");
      run(client, "HEXPIREAT h 2000000000 FIELDS 1 timed");
      CHECK(run(client, "HEXPIREAT h 2000000009 NX FIELDS 2 timed free") == "[0, 1]");
      run(client, "HPERSIST h FIELDS 1 free");
      CHECK(run(client, "HEXPIREAT h 2000000001 XX FIELDS 2 timed free") == "[1, 0]");
      CHECK(run(client, "HEXPIREAT h 2000000001 GT FIELDS 2 timed free") == "[0, 0]");
      CHECK(run(client, "HEXPIREAT h 2000000002 gt FIELDS 1 timed") == "[1]");
      CHECK(run(client, "HEXPIREAT h 2000000002 LT FIELDS 2 timed free") == "[0, 1]");
      CHECK(run(client, "HEXPIREAT h 2000000001 LT FIELDS 1 timed") == "[1]");
      // A condition comes before a time that is over.
      CHECK(run(client, "HEXPIREAT h 1 NX FIELDS 1 timed") == "[0]");
      CHECK(run(client, "HEXPIREAT h 1 LT FIELDS 1 timed") == "[2]");
    });
  });
}

TEST_CASE("an absent key has no fields") {
  TestServer server;
  Connection client(server.port());
  for (const char* command : {"HEXPIRE none 10", "HPEXPIRE none 10", "HEXPIREAT none 2000000000",
                              "HPEXPIREAT none 2000000000000", "HPERSIST none", "HTTL none",
                              "HPTTL none", "HEXPIRETIME none", "HPEXPIRETIME none"}) {
    CAPTURE(command);
    CHECK(run(client, std::string(command) + " FIELDS 2 a b") == "[-2, -2]");
  }
  CHECK(run(client, "HGETDEL none FIELDS 2 a b") == "[(nil), (nil)]");
  CHECK(run(client, "HGETEX none EX 10 FIELDS 2 a b") == "[(nil), (nil)]");
  CHECK(run(client, "HSETEX none FXX FIELDS 1 a b") == "0");
  CHECK(run(client, "EXISTS none") == "0");
}

TEST_CASE("values are returned while their lifetime is set, taken away or ended") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    in_both_encodings(client, [&] {
      run(client, "HSET h a 1 b 2 c 3 d 4");
      CHECK(run(client, "HGETEX h FIELDS 3 a ghost b") == "[\"1\", (nil), \"2\"]");
      CHECK(run(client, "HTTL h FIELDS 1 a") == "[-1]");
      CHECK(run(client, "HGETEX h EX 100 FIELDS 2 a ghost") == "[\"1\", (nil)]");
      CHECK(run(client, "HTTL h FIELDS 1 a") == "[100]");
      run(client, "HGETEX h FIELDS 1 a");
      CHECK(run(client, "HTTL h FIELDS 1 a") == "[100]");
      run(client, "HGETEX h PX 50000 FIELDS 1 a");
      CHECK(run(client, "HTTL h FIELDS 1 a") == "[50]");
      run(client, "HGETEX h EXAT 2000000000 FIELDS 1 a");
      CHECK(run(client, "HEXPIRETIME h FIELDS 1 a") == "[2000000000]");
      run(client, "HGETEX h PXAT 2000000000123 FIELDS 1 a");
      CHECK(run(client, "HPEXPIRETIME h FIELDS 1 a") == "[2000000000123]");
      CHECK(run(client, "HGETEX h PERSIST FIELDS 2 a b") == "[\"1\", \"2\"]");
      CHECK(run(client, "HTTL h FIELDS 1 a") == "[-1]");
      CHECK(run(client, "HGETEX h EX 0 FIELDS 1 a") == "[\"1\"]");
      CHECK(run(client, "HGETEX h PXAT 1 FIELDS 1 b") == "[\"2\"]");
      CHECK(run(client, "HMGET h a b") == "[(nil), (nil)]");
      CHECK(run(client, "HGETDEL h FIELDS 4 c ghost c d") == "[\"3\", (nil), (nil), \"4\"]");
      CHECK(run(client, "HMGET h c d") == "[(nil), (nil)]");
    });
    run(client, "HSET one f v");
    CHECK(run(client, "HGETDEL one FIELDS 1 f") == "[\"v\"]");
    run(client, "HSET two f v");
    CHECK(run(client, "HGETEX two EXAT 1 FIELDS 1 f") == "[\"v\"]");
    CHECK(run(client, "EXISTS one two") == "0");
  });
}

TEST_CASE("HSETEX sets values and lifetimes, under conditions") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    in_both_encodings(client, [&] {
      CHECK(run(client, "HSETEX h FIELDS 2 a 1 b 2") == "1");
      CHECK(run(client, "HTTL h FIELDS 2 a b") == "[-1, -1]");
      CHECK(run(client, "HSETEX h EX 100 FIELDS 1 a 3") == "1");
      CHECK(run(client, "HTTL h FIELDS 2 a b") == "[100, -1]");
      CHECK(run(client, "HSETEX h keepttl FIELDS 1 a 4") == "1");
      CHECK(run(client, "HTTL h FIELDS 1 a") == "[100]");
      CHECK(run(client, "HSETEX h FIELDS 1 a 5") == "1");
      CHECK(run(client, "HTTL h FIELDS 1 a") == "[-1]");
      CHECK(run(client, "HSETEX h PXAT 2000000000123 FIELDS 1 a 6") == "1");
      CHECK(run(client, "HPEXPIRETIME h FIELDS 1 a") == "[2000000000123]");
      CHECK(run(client, "HSETEX h FNX FIELDS 2 a 7 new 7") == "0");
      CHECK(run(client, "HSETEX h FXX FIELDS 2 a 7 new 7") == "0");
      CHECK(run(client, "HMGET h a new") == "[\"6\", (nil)]");
      CHECK(run(client, "HSETEX h FNX EX 10 FIELDS 1 new 8") == "1");
      CHECK(run(client, "HSETEX h PX 20000 FXX FIELDS 2 a 9 new 9") == "1");
      CHECK(run(client, "HTTL h FIELDS 2 a new") == "[20, 20]");
      CHECK(run(client, "HSETEX h EX 0 FIELDS 1 a gone") == "1");
      CHECK(run(client, "HSETEX h EXAT 1 FIELDS 1 never x") == "1");
      CHECK(run(client, "HMGET h a never new") == "[(nil), (nil), \"9\"]");
    });
    CHECK(run(client, "HSETEX absent EXAT 1 FIELDS 1 a 1") == "1");
    CHECK(run(client, "HSETEX absent FXX FIELDS 1 a 1") == "0");
    CHECK(run(client, "EXISTS absent") == "0");
  });
}

TEST_CASE("other commands keep lifetimes of fields or clear them, as they keep the values") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    in_both_encodings(client, [&] {
      run(client, "HSET h set 1 n 1 x 1.5 nx 1 gone 1");
      run(client, "HEXPIRE h 100 FIELDS 5 set n x nx gone");
      run(client, "HSET h set 2");
      run(client, "HINCRBY h n 5");
      run(client, "HINCRBYFLOAT h x 1");
      run(client, "HSETNX h nx 5");
      run(client, "HDEL h gone");
      run(client, "HSET h gone again");
      CHECK(run(client, "HTTL h FIELDS 5 set n x nx gone") == "[-1, 100, 100, 100, -1]");
      CHECK(run(client, "RENAME h moved") == "OK");
      CHECK(run(client, "COPY moved h") == "1");
      CHECK(run(client, "HTTL moved FIELDS 1 n") == "[100]");
      CHECK(run(client, "HTTL h FIELDS 2 set n") == "[-1, 100]");
      CHECK(run(client, "MOVE moved 3") == "1");
      run(client, "SELECT 3");
      CHECK(run(client, "HTTL moved FIELDS 1 n") == "[100]");
      run(client, "DEL moved");
      run(client, "SELECT 0");
    });
  });
}

TEST_CASE("a field whose time is up is gone, and so is a key that has none left") {
  on_one_core_and_four([](Connection& client, TestServer& server) {
    in_both_encodings(client, [&] {
      run(client, "HSET h stays 1 goes 2");
      const std::string size = run(client, "HLEN h");
      run(client, "HPEXPIRE h 20 FIELDS 1 goes");
      wait_until(client, "HGET h goes", "(nil)");
      // It was removed before the answer that it is not there.
      CHECK(run(client, "HLEN h") == std::to_string(std::stoi(size) - 1));
      CHECK(run(client, "HTTL h FIELDS 2 goes stays") == "[-2, -1]");
    });
    for (int i = 0; i < 50; ++i) {
      const std::string key = "h" + std::to_string(i);
      client.run({"HSET", key, "f", "v"});
      client.run({"HPEXPIRE", key, "30", "FIELDS", "1", "f"});
    }
    client.run({"DEL", "h"});
    wait_until(client, "DBSIZE", "0");
    const std::string stats = client.run({"INFO", "stats"});
    CHECK(stats.find("expired_subkeys:52\r\n") != std::string::npos);
    CHECK(stats.find("expired_keys:0\r\n") != std::string::npos);
    Connection other(server.port());
    CHECK(run(other, "HGETALL h1") == "[]");
  });
}

TEST_CASE("lifetimes of fields survive a dump, and a save and a load") {
  on_one_core_and_four(
      [](Connection& client, TestServer&) {
        in_both_encodings(client, [&] {
          run(client, "HSET h a 1 b 2 c 3");
          run(client, "HEXPIREAT h 2000000000 FIELDS 1 a");
          run(client, "HEXPIREAT h 2000000009 FIELDS 1 b");
          // As run() prints a bulk string: in quotes.
          const std::string dump = client.run({"DUMP", "h"});
          CHECK(client.run({"RESTORE", "copy", "0", dump.substr(1, dump.size() - 2), "REPLACE"}) ==
                "OK");
          CHECK(run(client, "HEXPIRETIME copy FIELDS 3 a b c") == "[2000000000, 2000000009, -1]");
          CHECK(client.run({"OBJECT", "ENCODING", "copy"}) ==
                client.run({"OBJECT", "ENCODING", "h"}));
          CHECK(client.run({"DEBUG", "RELOAD"}) == "OK");
          CHECK(run(client, "HEXPIRETIME h FIELDS 3 a b c") == "[2000000000, 2000000009, -1]");
          CHECK(client.run({"INFO", "keyspace"}).find("subexpiry=2\r\n") != std::string::npos);
          // What has no lifetime any more needs no other form either.
          run(client, "HPERSIST h FIELDS 2 a b");
          CHECK(client.run({"DEBUG", "RELOAD"}) == "OK");
          CHECK(run(client, "HTTL h FIELDS 3 a b c") == "[-1, -1, -1]");
        });
      },
      "store none\nenable-debug-command yes\n");
}

TEST_CASE("INFO counts the hashes of which fields expire, where there are any") {
  TestServer server;
  Connection client(server.port());
  run(client, "HSET h a 1 b 2");
  run(client, "HSET other a 1");
  CHECK(client.run({"INFO", "keyspace"}).find("keys=2,expires=0,avg_ttl=0\r\n") !=
        std::string::npos);
  run(client, "HEXPIRE h 100 FIELDS 2 a b");
  CHECK(client.run({"INFO", "keyspace"}).find("keys=2,expires=0,avg_ttl=0,subexpiry=1\r\n") !=
        std::string::npos);
  run(client, "HPERSIST h FIELDS 2 a b");
  CHECK(client.run({"INFO", "keyspace"}).find("avg_ttl=0\r\n") != std::string::npos);
}

TEST_CASE("fields whose time is up are seen by no command, also where nothing removes them") {
  on_one_core_and_four(
      [](Connection& client, TestServer&) {
        client.run({"DEBUG", "SET-ACTIVE-EXPIRE", "0"});
        in_both_encodings(client, [&] {
          run(client, "DEL h");
          run(client, "HSET h live 1 a 2 b 3 c 4");
          if (client.run({"OBJECT", "ENCODING", "h"}) == "\"hashtable\"") return;
          run(client, "HPEXPIRE h 1 FIELDS 3 a b c");
          wait_until(client, "HMGET h a b c", "[(nil), (nil), (nil)]");
          CHECK(run(client, "HGETALL h") == "[\"live\", \"1\"]");
          CHECK(run(client, "HKEYS h") == "[\"live\"]");
          CHECK(run(client, "HVALS h") == "[\"1\"]");
          CHECK(run(client, "HSCAN h 0") == "[\"0\", [\"live\", \"1\"]]");
          CHECK(run(client, "HRANDFIELD h") == "\"live\"");
          CHECK(run(client, "HRANDFIELD h 10") == "[\"live\"]");
          CHECK(run(client, "HRANDFIELD h -2 WITHVALUES") == "[\"live\", \"1\", \"live\", \"1\"]");
          CHECK(run(client, "HEXISTS h a") == "0");
          CHECK(run(client, "HSTRLEN h a") == "0");
          CHECK(run(client, "HTTL h FIELDS 1 a") == "[-2]");
          CHECK(run(client, "HPERSIST h FIELDS 1 a") == "[-2]");
          CHECK(run(client, "HEXPIRE h 10 FIELDS 1 a") == "[-2]");
          CHECK(run(client, "HGETEX h FIELDS 1 a") == "[(nil)]");
          CHECK(run(client, "HGETDEL h FIELDS 1 a") == "[(nil)]");
          CHECK(run(client, "HLEN h") == "4");
          CHECK(run(client, "HDEL h a") == "0");
          CHECK(run(client, "HLEN h") == "3");
          CHECK(run(client, "HINCRBY h b 7") == "7");
          CHECK(run(client, "HSETNX h c 8") == "1");
          CHECK(run(client, "HTTL h FIELDS 2 b c") == "[-1, -1]");
        });
        client.run({"DEBUG", "SET-ACTIVE-EXPIRE", "1"});
      },
      "store none\nenable-debug-command yes\n");
}

TEST_CASE("many fields that expire at once are all removed, a part at a time") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    constexpr int kFields = 20'000;
    for (int from = 0; from < kFields; from += 1000) {
      std::vector<std::string> command{"HSETEX", "h", "PX", "50", "FIELDS", "1000"};
      for (int i = from; i < from + 1000; ++i) {
        command.push_back("f" + std::to_string(i));
        command.emplace_back("v");
      }
      CHECK(client.run(command) == "1");
    }
    wait_until(client, "EXISTS h", "0");
    CHECK(client.run({"INFO", "stats"}).find("expired_subkeys:20000\r\n") != std::string::npos);
  });
}

TEST_CASE("a hash with lifetimes is \"listpackex\", and stays that") {
  TestServer server({.config = "store none\nenable-debug-command yes\n"});
  Connection client(server.port());
  run(client, "HSET h a 1 b 2");
  const std::string digest = client.run({"DEBUG", "DIGEST-VALUE", "h"});
  const int memory = std::stoi(client.run({"MEMORY", "USAGE", "h"}));
  run(client, "HEXPIRE h 100 FIELDS 1 a");
  CHECK(client.run({"OBJECT", "ENCODING", "h"}) == "\"listpackex\"");
  CHECK(std::stoi(client.run({"MEMORY", "USAGE", "h"})) > memory);
  CHECK(client.run({"DEBUG", "DIGEST-VALUE", "h"}) != digest);
  CHECK(client.run({"DEBUG", "OBJECT", "h"}).find("encoding:listpackex") != std::string::npos);
  run(client, "HPERSIST h FIELDS 1 a");
  CHECK(client.run({"OBJECT", "ENCODING", "h"}) == "\"listpackex\"");
  CHECK(client.run({"DEBUG", "DIGEST-VALUE", "h"}) == digest);
  client.run({"HSET", "h", "long", std::string(65, 'x')});
  CHECK(client.run({"OBJECT", "ENCODING", "h"}) == "\"hashtable\"");
}

TEST_CASE("commands about lifetimes of fields refuse what makes no sense in Redis's words") {
  TestServer server;
  Connection client(server.port());
  run(client, "SET text v");
  run(client, "HSET h f v");
  const std::string past_latest_ms = std::to_string(kLatest + 1);
  for (const std::string name : {"HEXPIRE", "HPEXPIRE", "HEXPIREAT", "HPEXPIREAT"}) {
    CAPTURE(name);
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(c - 'A' + 'a');
    const std::string beyond = "!ERR invalid expire time in '" + lower + "' command";
    CHECK(run(client, name + " text x FIELDS 0 f") == kWrongType);
    CHECK(run(client, name + " h 1 FIELDS 1") ==
          "!ERR wrong number of arguments for '" + lower + "' command");
    for (const char* key : {"h", "none"}) {
      CAPTURE(key);
      const std::string call = name + " " + key + " ";
      for (const char* time : {"x", "1.5", "9223372036854775808", "-9223372036854775809"}) {
        CHECK(run(client, call + time + " FIELDS 1 f") == kNoInteger);
      }
      for (const char* time : {"-1", "-2147483648", "-9223372036854775808"}) {
        CHECK(run(client, call + time + " FIELDS 1 f") == kNegative);
      }
      CHECK(run(client, call + past_latest_ms + " FIELDS 1 f") == beyond);
      CHECK(run(client, call + "9223372036854775807 FIELDS 1 f") == beyond);
      CHECK(run(client, call + "10 FIELD 1 f") == kNoFields);
      CHECK(run(client, call + "10 BOGUS FIELDS 1 f") == kNoFields);
      CHECK(run(client, call + "10 NX XX FIELDS 1 f") == kNoFields);
      for (const char* count : {"0", "-1", "x", "9223372036854775808", "-9223372036854775808"}) {
        CHECK(run(client, call + "10 FIELDS " + count + " f") == kNumFields);
      }
      CHECK(run(client, call + "10 FIELDS 2 f") == kMismatch);
      CHECK(run(client, call + "10 FIELDS 1 f g") == kMismatch);
      CHECK(run(client, call + "10 FIELDS 9223372036854775807 f") == kMismatch);
      CHECK(run(client, call + "10 NX FIELDS 1") == kMismatch);
    }
  }
  CHECK(run(client, "HPEXPIREAT h " + std::to_string(kLatest) + " FIELDS 1 f") == "[1]");
  CHECK(run(client, "HPEXPIRETIME h FIELDS 1 f") == "[" + std::to_string(kLatest) + "]");
  for (const std::string name :
       {"HPERSIST", "HTTL", "HPTTL", "HEXPIRETIME", "HPEXPIRETIME", "HGETDEL", "HGETEX"}) {
    CAPTURE(name);
    CHECK(run(client, name + " text FIELDS 1 f") == kWrongType);
    for (const char* key : {"h", "none"}) {
      const std::string call = name + " " + key + " ";
      CHECK(run(client, call + "FIELD 1 f") == kNoFields);
      for (const char* count : {"0", "-1", "x", "9223372036854775808"}) {
        CHECK(run(client, call + "FIELDS " + count + " f") == kNotPositive);
      }
      CHECK(run(client, call + "FIELDS 2 f") == kMismatch);
      CHECK(run(client, call + "FIELDS 1 f g") == kMismatch);
    }
  }
}

TEST_CASE("HGETEX and HSETEX refuse options in Redis's words, and change nothing") {
  TestServer server;
  Connection client(server.port());
  run(client, "SET text v");
  run(client, "HSET h f v");
  const auto check = [&](const std::string& call, const std::string& error) {
    CAPTURE(call);
    CHECK(run(client, call) == error);
  };
  check("HGETEX h KEEPTTL FIELDS 1 f", kNoFields);
  check("HGETEX h EX 100 PERSIST FIELDS 1 f", kNoFields);
  check("HGETEX h EX x FIELDS 1 f", kNoInteger);
  check("HGETEX h PX -5 FIELDS 1 f", kNegative);
  check("HGETEX h EXAT 99999999999 FIELDS 1 f", "!ERR invalid expire time in 'hgetex' command");
  check("HGETEX h FIELDS 1", "!ERR wrong number of arguments for 'hgetex' command");
  check("HGETDEL h FIELDS 1", "!ERR wrong number of arguments for 'hgetdel' command");

  const std::string wrong_number = "!ERR wrong number of arguments for 'hsetex' command";
  const std::string one_time =
      "!ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified";
  check("HSETEX text FIELDS 1 f v", kWrongType);
  check("HSETEX h FIELDS 1 f", wrong_number);
  check("HSETEX h BOGUS FIELDS 1 f w", "!ERR unknown argument: BOGUS");
  check("HSETEX h FNX FXX FIELDS 1 f w", "!ERR Only one of FXX or FNX arguments can be specified");
  check("HSETEX h FNX FNX FIELDS 1 f w", "!ERR Only one of FXX or FNX arguments can be specified");
  check("HSETEX h EX 60 KEEPTTL FIELDS 1 f w", one_time);
  check("HSETEX h KEEPTTL KEEPTTL FIELDS 1 f w", one_time);
  check("HSETEX h PX 1 EXAT 2000000000 FIELDS 1 f w", one_time);
  for (const char* count : {"x", "0", "-1", "9223372036854775808"}) {
    check(std::string("HSETEX h FIELDS ") + count + " f w", "!ERR invalid number of fields");
  }
  check("HSETEX h FIELDS 2 f w", wrong_number);
  check("HSETEX h FIELDS 1 f w g x", wrong_number);
  check("HSETEX h FIELDS 4611686018427387905 f w", wrong_number);
  check("HSETEX h EX x FIELDS 1 f w", kNoInteger);
  check("HSETEX h EX -5 FIELDS 1 f w", kNegative);
  check("HSETEX h PXAT " + std::to_string(kLatest + 1) + " FIELDS 1 f w",
        "!ERR invalid expire time in 'hsetex' command");
  check("HSETEX none FXX EX -5 FIELDS 1 f w", kNegative);
  check("HSETEX h FNX EX 10 KEEPTTL EX", one_time);
  check("HSETEX h FNX KEEPTTL FNX EX", "!ERR Only one of FXX or FNX arguments can be specified");
  check("HSETEX h EX 10 FNX EX", "!ERR missing expire time");
  check("HSETEX h EX 10 FXX", wrong_number);
  check("HSETEX h PXAT 2000000000000 FXX FXX",
        "!ERR Only one of FXX or FNX arguments can be specified");
  CHECK(run(client, "HGETALL h") == "[\"f\", \"v\"]");
  CHECK(run(client, "HTTL h FIELDS 1 f") == "[-1]");
}

TEST_CASE("lifetimes of fields look over RESP3 as they do in Redis") {
  on_one_core_and_four([](Connection&, TestServer& server) {
    CHECK(over_resp3(server, {"HSETEX h EX 100 FIELDS 1 f v", "HTTL h FIELDS 2 f x",
                              "HEXPIRE h 10 FIELDS 1 f", "HPERSIST h FIELDS 1 f"}) ==
          ":1\r\n*2\r\n:100\r\n:-2\r\n*1\r\n:1\r\n*1\r\n:1\r\n");
    CHECK(over_resp3(server, {"HGETEX h FIELDS 2 f x", "HGETDEL h FIELDS 2 x f"}) ==
          "*2\r\n$1\r\nv\r\n_\r\n*2\r\n_\r\n$1\r\nv\r\n");
  });
}
