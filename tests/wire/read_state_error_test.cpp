#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/fault/fault_store.hpp"
#include "tests/wire/read_state_client.hpp"

// Every error text of the contract; and that what fails changes nothing and loads nobody.
namespace tidemark::test {
namespace {

struct Wrong {
  std::string line;
  std::string error;
};

std::string arity(const std::string& command) {
  return "ERR wrong number of arguments for 'readstate." + command + "' command";
}

std::string not_an_id(const std::string& what) {
  return "ERR " + what + " must be an integer between 0 and 9223372036854775807";
}

const std::string kType = "ERR TYPE must be an integer between 0 and 15";
const std::string kMentions = "ERR MENTIONS must be an integer between 0 and 2147483647";
const std::string kUnread = "ERR UNREAD must be an integer between 0 and 2147483647";
const std::string kFlags = "ERR FLAGS must be an integer between 0 and 255";
const std::string kMentionsBy =
    "ERR MENTIONS must be an integer between -2147483647 and 2147483647";
const std::string kUnreadBy = "ERR UNREAD must be an integer between -2147483647 and 2147483647";
const std::string kOne = "ERR MENTIONS and UNREAD need exactly one channel";
const std::string kSyntax = "ERR syntax error";
const std::string kNumkeys = "ERR numkeys should be greater than 0";

std::vector<Wrong> wrong_commands() {
  std::vector<Wrong> all = {
      {"ACK", arity("ack")},
      {"ACK u", arity("ack")},
      {"ACK u 1", arity("ack")},
      {"ACK u 1 2 3", arity("ack")},
      {"ACK u TYPE 1", arity("ack")},
      {"ACK u TYPE 1 5", arity("ack")},
      {"ACK u FLAGS 1 TYPE", kSyntax},
      {"ACK u TYPE 1 MENTIONS 1 1 2 3 4", kOne},
      {"ACK u UNREAD 0 1 2 3 4", kOne},
      {"SET", arity("set")},
      {"SET u", arity("set")},
      {"SET u 1", arity("set")},
      {"SET u MANUAL 1", arity("set")},
      {"SET u 1 2 3", kSyntax},
      {"SET u 1 2 BOGUS", kSyntax},
      {"SET u 1 2 TYPE", kSyntax},
      {"INCR", arity("incr")},
      {"INCR u", arity("incr")},
      {"INCR u 1", arity("incr")},
      {"INCR u 1 2 3", kSyntax},
      {"INCR u MENTIONS 1 1 2 UNREAD", kSyntax},
      {"INCR u 1 2 FLAGS 1", kSyntax},
      {"FANOUT", arity("fanout")},
      {"FANOUT 1 2 1", arity("fanout")},
      {"FANOUT 1 2 0 u", kNumkeys},
      {"FANOUT 1 2 -1 u", kNumkeys},
      {"FANOUT 1 2 x u", kNumkeys},
      {"FANOUT 1 2 9223372036854775808 u", kNumkeys},
      {"FANOUT 1 2 2 u", kSyntax},
      {"FANOUT 1 2 1 u v", kSyntax},
      {"FANOUT 1 2 1 u TYPE", kSyntax},
      {"FANOUT 1 2 1 u FLAGS 1", kSyntax},
      {"GET", arity("get")},
      {"GET u", arity("get")},
      {"GET u TYPE 1", arity("get")},
      {"GETALL", arity("getall")},
      {"GETALL u BOGUS", kSyntax},
      {"GETALL u SINCE", kSyntax},
      {"GETALL u TYPE", kSyntax},
      {"GETALL u AFTER", kSyntax},
      {"GETALL u AFTER 1", kSyntax},
      {"GETALL u COUNT", kSyntax},
      {"GETALL u AFTER 16 1", kType},
      {"GETALL u AFTER 1 x", not_an_id("channel id")},
      {"UNREAD", arity("unread")},
      {"UNREAD u 1", arity("unread")},
      {"UNREAD u 1 2 3", arity("unread")},
      {"UNREAD u DEFAULT 1", arity("unread")},
      {"TOTAL", arity("total")},
      {"TOTAL u BOGUS", kSyntax},
      {"TOTAL u EXCLUDE", kSyntax},
      {"TOTAL u TYPE", kSyntax},
      {"DEL", arity("del")},
      {"DEL u TYPE", kSyntax},
      {"EVICT", arity("evict")},
      {"INFO", arity("info")},
      {"INFO u v", arity("info")},
      {"SCAN", arity("scan")},
      {"SCAN x", "ERR invalid cursor"},
      {"SCAN 0 COUNT 0", kSyntax},
      {"SCAN 0 MATCH", kSyntax},
      {"SCAN 0 TYPE string", kSyntax},
      {"HELP me", arity("help")},
  };
  for (const std::string bad : {"-1", "9223372036854775808", "18446744073709551616", "x", "1.5",
                                "+1", "1x", "0x10", "-0", "01"}) {
    for (const std::string command : {"ACK u ", "SET u ", "INCR u "}) {
      all.push_back({command + bad + " 1", not_an_id("channel id")});
      all.push_back({command + "1 " + bad, not_an_id("message id")});
    }
    all.push_back({"ACK u 1 1 " + bad + " 1", not_an_id("channel id")});
    all.push_back({"ACK u 1 1 2 " + bad, not_an_id("message id")});
    all.push_back({"FANOUT " + bad + " 1 1 u", not_an_id("channel id")});
    all.push_back({"FANOUT 1 " + bad + " 1 u", not_an_id("message id")});
    all.push_back({"GET u 1 " + bad, not_an_id("channel id")});
    all.push_back({"DEL u 1 " + bad, not_an_id("channel id")});
    all.push_back({"UNREAD u " + bad + " 1", not_an_id("channel id")});
    all.push_back({"UNREAD u 1 " + bad, not_an_id("head")});
  }
  for (const std::string bad : {"-1", "16", "255", "256", "4294967296", "x"}) {
    const std::string type = "TYPE " + bad + " ";
    for (const std::string& line :
         {"ACK u " + type + "1 1", "SET u " + type + "1 1", "INCR u " + type + "1 1",
          "FANOUT 1 1 1 u " + type, "GET u " + type + "1", "GETALL u " + type,
          "UNREAD u " + type + "1 1", "TOTAL u " + type, "DEL u " + type + "1"}) {
      all.push_back({line, kType});
    }
  }
  for (const std::string bad : {"-1", "2147483648", "4294967296", "x"}) {
    for (const std::string command : {"ACK u ", "SET u "}) {
      all.push_back({command + "MENTIONS " + bad + " 1 1", kMentions});
      all.push_back({command + "UNREAD " + bad + " 1 1", kUnread});
    }
  }
  for (const std::string bad : {"-2147483648", "2147483648", "x"}) {
    all.push_back({"INCR u MENTIONS " + bad + " 1 1", kMentionsBy});
    all.push_back({"INCR u UNREAD " + bad + " 1 1", kUnreadBy});
    all.push_back({"FANOUT 1 1 1 u MENTIONS " + bad, kMentionsBy});
    all.push_back({"FANOUT 1 1 1 u UNREAD " + bad, kUnreadBy});
  }
  for (const std::string bad : {"-1", "256", "x"}) {
    all.push_back({"ACK u FLAGS " + bad + " 1 1", kFlags});
    all.push_back({"SET u FLAGS " + bad + " 1 1", kFlags});
  }
  return all;
}

TEST_CASE("every mistake has the error of the contract, and changes nothing") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    client.number("ACK u MENTIONS 1 1 5");
    const std::string before = client.run("GETALL u");
    for (const Wrong& wrong : wrong_commands()) {
      CAPTURE(wrong.line);
      std::vector<std::string> command = words(wrong.line);
      command[0] = "READSTATE." + command[0];
      CHECK(client.connection().run(command) == "!" + wrong.error);
    }
    CHECK(client.connection().run({"READSTATE.ACK", "u", "", "1"}) ==
          "!" + not_an_id("channel id"));
    CHECK(client.connection().run({"READSTATE.ACK", "u", "1", ""}) ==
          "!" + not_an_id("message id"));
    CHECK(client.run("GETALL u") == before);
  }
}

TEST_CASE("a mistake is answered without a look at the store") {
  auto owned = std::make_unique<fault::FaultStore>();
  fault::FaultStore& store = *owned;
  TestServer server({.cores = 1, .config = "", .store = std::move(owned)});
  Connection client(server.port());
  for (const Wrong& wrong : wrong_commands()) {
    CAPTURE(wrong.line);
    std::vector<std::string> command = words(wrong.line);
    command[0] = "READSTATE." + command[0];
    CHECK(client.run(command) == "!" + wrong.error);
  }
  CHECK(store.loads() == 0);
  CHECK(client.run({"READSTATE.INFO", "u"}).starts_with("[\"resident\", 0, \"loading\", 0,"));
}

TEST_CASE("words are options in any case, and the last of two counts") {
  ReadStateClient client({});
  CHECK(client.number("ACK u tYpE 1 TyPe 2 mEnTiOnS 1 MENTIONS 2 1 1") > 0);
  CHECK(element(client.run("GET u TYPE 2 1"), 7) == "2");
  CHECK(client.run("GET u TYPE 1 1") == "[(nil)]");
}

}  // namespace
}  // namespace tidemark::test
