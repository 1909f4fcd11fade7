#include <doctest/doctest.h>

#include <string>

#include "server/server.hpp"
#include "tests/wire/read_state_client.hpp"

// GET, GETALL, UNREAD and TOTAL, by the rules of the contract.
namespace tidemark::test {
namespace {

std::string row(const std::string& fields, int64_t version) {
  return "[" + fields + ", " + std::to_string(version) + "]";
}

std::string list(int64_t version, int partial, const std::string& rows) {
  return "[\"version\", " + std::to_string(version) + ", \"partial\", " + std::to_string(partial) +
         ", \"entries\", [" + rows + "]]";
}

TEST_CASE("GET answers with an entry or null for each channel, in the order asked") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    const std::string version =
        std::to_string(client.number("ACK u TYPE 2 MENTIONS 3 UNREAD 4 FLAGS 5 7 100"));
    const std::string entry =
        "[\"type\", 2, \"channel\", \"7\", \"mark\", \"100\", \"mentions\", 3, \"unread\", 4, "
        "\"flags\", 5, \"manual\", 0, \"version\", " +
        version + "]";
    CHECK(client.run("GET u TYPE 2 7") == "[" + entry + "]");
    CHECK(client.run("GET u type 2 8 7 7 0") == "[(nil), " + entry + ", " + entry + ", (nil)]");
    CHECK(client.run("GET u 7") == "[(nil)]");
    CHECK(client.run("GET nobody 7 8") == "[(nil), (nil)]");
  }
}

TEST_CASE("GETALL lists by type, then channel, as numbers") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    CHECK(client.run("GETALL u") == list(0, 0, ""));
    CHECK(client.run("GETALL u SINCE 5") == list(0, 0, ""));
    const int64_t a = client.number("ACK u 10 1 9 2");
    const int64_t b = client.number("ACK u TYPE 3 MENTIONS 1 1 5");
    const std::string ten = row("0, \"10\", \"1\", 0, 0, 0, 0", a);
    const std::string nine = row("0, \"9\", \"2\", 0, 0, 0, 0", a);
    const std::string lane = row("3, \"1\", \"5\", 1, 0, 0, 0", b);
    CHECK(client.run("GETALL u") == list(b, 0, nine + ", " + ten + ", " + lane));
    CHECK(client.run("GETALL u TYPE 3") == list(b, 0, lane));
    CHECK(client.run("GETALL u type 0") == list(b, 0, nine + ", " + ten));
    CHECK(client.run("GETALL u TYPE 15") == list(b, 0, ""));
    CHECK(client.run("GETALL u nonzero") == list(b, 0, lane));
    CHECK(client.run("GETALL u COUNT 1") == list(b, 0, nine));
    CHECK(client.run("GETALL u COUNT 9223372036854775807") ==
          list(b, 0, nine + ", " + ten + ", " + lane));
    CHECK(client.run("GETALL u AFTER 0 9 COUNT 1") == list(b, 0, ten));
    CHECK(client.run("GETALL u count 5 after 0 10") == list(b, 0, lane));
    CHECK(client.run("GETALL u AFTER 1 9223372036854775807") == list(b, 0, lane));
    CHECK(client.run("GETALL u AFTER 3 1") == list(b, 0, ""));
    CHECK(client.run("GETALL u AFTER 15 9223372036854775807") == list(b, 0, ""));
    CHECK(client.run("GETALL u TYPE 0 AFTER 0 9") == list(b, 0, ten));
    CHECK(client.run("GETALL u TYPE 3 AFTER 0 9 NONZERO COUNT 2") == list(b, 0, lane));
  }
}

TEST_CASE("SINCE lists what changed after a version, or everything where that cannot be told") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    const int64_t a = client.number("ACK u 1 1");
    const int64_t b = client.number("ACK u MENTIONS 2 2 2");
    const std::string one = row("0, \"1\", \"1\", 0, 0, 0, 0", a);
    const std::string two = row("0, \"2\", \"2\", 2, 0, 0, 0", b);
    const auto since = [&client](int64_t v, const std::string& more = "") {
      return client.run("GETALL u SINCE " + std::to_string(v) + more);
    };
    CHECK(since(0) == list(b, 0, one + ", " + two));
    CHECK(since(1) == list(b, 1, one + ", " + two));
    CHECK(since(a - 1) == list(b, 1, one + ", " + two));
    CHECK(since(a) == list(b, 1, two));
    CHECK(since(a, " NONZERO TYPE 0") == list(b, 1, two));
    CHECK(since(b) == list(b, 1, ""));
    CHECK(since(b + 1) == list(b, 0, one + ", " + two));
    CHECK(since(a, " AFTER 0 2") == list(b, 1, ""));
    // A deletion leaves nothing to list, so that whoever has not seen it needs everything.
    client.number("DEL u 1");
    const int64_t gone = client.info("u", "last-deletion");
    CHECK(gone > b);
    CHECK(since(b) == list(gone, 0, two));
    CHECK(since(gone - 1) == list(gone, 0, two));
    CHECK(since(gone) == list(gone, 1, ""));
    const int64_t c = client.number("ACK u 3 3");
    CHECK(since(gone) == list(c, 1, row("0, \"3\", \"3\", 0, 0, 0, 0", c)));
    CHECK(element(since(gone - 1), 3) == "0");
  }
}

TEST_CASE("NONZERO lists what has mentions, unread or the manual bit") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    client.number("ACK u FLAGS 255 1 1");
    const int64_t mentions = client.number("ACK u MENTIONS 1 2 1");
    const int64_t unread = client.number("ACK u UNREAD 1 3 1");
    const int64_t manual = client.number("SET u MANUAL 4 1");
    CHECK(client.run("GETALL u NONZERO") ==
          list(manual, 0,
               row("0, \"2\", \"1\", 1, 0, 0, 0", mentions) + ", " +
                   row("0, \"3\", \"1\", 0, 1, 0, 0", unread) + ", " +
                   row("0, \"4\", \"1\", 0, 0, 0, 1", manual)));
  }
}

TEST_CASE("AFTER and COUNT page through a long list without a gap") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    for (const std::string type : {"0", "7"}) {
      std::vector<std::string> command = {"ACK", "u", "TYPE", type};
      for (int i = 0; i < 200; ++i) {
        command.push_back(std::to_string(i * 7));
        command.push_back("1");
      }
      client.run_args(command);
    }
    std::string after;
    int rows = 0;
    for (;;) {
      const std::string page = client.run("GETALL u COUNT 33" + after);
      const size_t last =
          page.rfind(", [") == std::string::npos ? page.rfind("[[") : page.rfind(", [") + 1;
      if (page.ends_with("[]]")) break;
      const std::string tail = page.substr(last);
      std::string channel = element(tail, 1);
      std::erase(channel, '"');
      after = " AFTER " + element(tail, 0) + " " + channel;
      for (size_t at = page.find("1\", 0, 0, 0, 0,"); at != std::string::npos;
           at = page.find("1\", 0, 0, 0, 0,", at + 1)) {
        ++rows;
      }
      REQUIRE(rows <= 400);
    }
    CHECK(rows == 400);
  }
}

TEST_CASE("UNREAD names the channels with something unread, in the order asked") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    const int64_t read = client.number("ACK u 1 100");
    const int64_t mentioned = client.number("ACK u MENTIONS 1 2 100");
    const int64_t counted = client.number("ACK u UNREAD 1 3 100");
    const int64_t by_hand = client.number("SET u MANUAL 4 100");
    const std::string two = row("0, \"2\", \"100\", 1, 0, 0, 0", mentioned);
    const std::string three = row("0, \"3\", \"100\", 0, 1, 0, 0", counted);
    const std::string four = row("0, \"4\", \"100\", 0, 0, 0, 1", by_hand);
    CHECK(client.run("UNREAD u 1 100 2 100 3 100 4 100") ==
          "[" + two + ", " + three + ", " + four + "]");
    CHECK(client.run("UNREAD u 4 1 1 101 2 0") ==
          "[" + four + ", " + row("0, \"1\", \"100\", 0, 0, 0, 0", read) + ", " + two + "]");
    CHECK(client.run("UNREAD u 1 99") == "[]");
    CHECK(client.run("UNREAD u 1 0") == "[]");
    // Channels without an entry have read the default, and are unread only beyond it.
    CHECK(client.run("UNREAD u 8 1 9 0") == "[" + row("0, \"8\", \"0\", 0, 0, 0, 0", 0) + "]");
    CHECK(client.run("UNREAD u default 50 8 50 9 51") ==
          "[" + row("0, \"9\", \"50\", 0, 0, 0, 0", 0) + "]");
    CHECK(client.run("UNREAD u TYPE 4 DEFAULT 9223372036854775807 1 9223372036854775807") == "[]");
    CHECK(client.run("UNREAD u TYPE 4 DEFAULT 9223372036854775806 1 9223372036854775807") ==
          "[" + row("4, \"1\", \"9223372036854775806\", 0, 0, 0, 0", 0) + "]");
    CHECK(client.run("UNREAD nobody 1 1") == "[" + row("0, \"1\", \"0\", 0, 0, 0, 0", 0) + "]");
    // Asking creates nothing.
    CHECK(client.run("GET u 8 9") == "[(nil), (nil)]");
  }
}

TEST_CASE("TOTAL is the badge, over all types or one, without what is excluded") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    const auto total = [](int64_t mentions, int64_t unread, int channels, int entries, int64_t v) {
      return "[\"mentions\", " + std::to_string(mentions) + ", \"unread\", " +
             std::to_string(unread) + ", \"channels\", " + std::to_string(channels) +
             ", \"entries\", " + std::to_string(entries) + ", \"version\", " + std::to_string(v) +
             "]";
    };
    CHECK(client.run("TOTAL u") == total(0, 0, 0, 0, 0));
    client.number("ACK u 1 1");
    client.number("ACK u MENTIONS 2147483647 UNREAD 3 2 1");
    client.number("ACK u MENTIONS 2147483647 FLAGS 1 3 1");
    client.number("ACK u UNREAD 5 FLAGS 6 4 1");
    const int64_t v = client.number("ACK u TYPE 2 MENTIONS 1 1 1");
    CHECK(client.run("TOTAL u") == total(4294967295, 8, 3, 5, v));
    CHECK(client.run("TOTAL u TYPE 0") == total(4294967294, 8, 2, 4, v));
    CHECK(client.run("TOTAL u type 2") == total(1, 0, 1, 1, v));
    CHECK(client.run("TOTAL u TYPE 15") == total(0, 0, 0, 0, v));
    CHECK(client.run("TOTAL u EXCLUDE 1") == total(2147483648, 8, 2, 4, v));
    CHECK(client.run("TOTAL u exclude 4 TYPE 0") == total(4294967294, 3, 2, 3, v));
    CHECK(client.run("TOTAL u EXCLUDE 255") == total(2147483648, 3, 2, 3, v));
    CHECK(client.run("TOTAL u EXCLUDE 0") == total(4294967295, 8, 3, 5, v));
  }
}

// Every byte, as other people's tests see them.
TEST_CASE("replies are maps in RESP3 and flat arrays in RESP2, ids always bulk strings") {
  for (const ReadStateSetup& setup : read_state_setups()) {
    CAPTURE(setup.name());
    ReadStateClient client(setup);
    const std::string v = std::to_string(client.number("ACK u MENTIONS 3 7 100"));
    for (const int resp : {2, 3}) {
      CAPTURE(resp);
      Connection raw(client.server().port());
      if (resp == 3) {
        raw.write(request({"HELLO", "3"}));
        std::string greeting;
        while (!greeting.ends_with("*0\r\n")) {
          const std::string byte = raw.read(1);
          REQUIRE(byte.size() == 1);
          greeting += byte;
        }
        CHECK(greeting.starts_with("%7\r\n"));
      }
      const auto map = [resp](int fields) {
        return resp == 3 ? "%" + std::to_string(fields) + "\r\n"
                         : "*" + std::to_string(2 * fields) + "\r\n";
      };
      const std::string null = resp == 3 ? "_\r\n" : "$-1\r\n";
      const auto expect = [&raw](const std::vector<std::string>& command,
                                 const std::string& reply) {
        raw.write(request(command));
        CHECK(raw.read(reply.size()) == reply);
      };
      const std::string row_bytes =
          "*8\r\n:0\r\n$1\r\n7\r\n$3\r\n100\r\n:3\r\n:0\r\n:0\r\n:0\r\n:" + v + "\r\n";
      expect(
          {"READSTATE.GET", "u", "7", "8"},
          "*2\r\n" + map(8) + "$4\r\ntype\r\n:0\r\n$7\r\nchannel\r\n$1\r\n7\r\n$4\r\nmark\r\n" +
              "$3\r\n100\r\n$8\r\nmentions\r\n:3\r\n$6\r\nunread\r\n:0\r\n$5\r\nflags\r\n:0\r\n" +
              "$6\r\nmanual\r\n:0\r\n$7\r\nversion\r\n:" + v + "\r\n" + null);
      expect({"READSTATE.GETALL", "u"}, map(3) + "$7\r\nversion\r\n:" + v +
                                            "\r\n$7\r\npartial\r\n:0\r\n$7\r\nentries\r\n*1\r\n" +
                                            row_bytes);
      expect({"READSTATE.GETALL", "nobody"},
             map(3) + "$7\r\nversion\r\n:0\r\n$7\r\npartial\r\n:0\r\n$7\r\nentries\r\n*0\r\n");
      expect({"READSTATE.UNREAD", "u", "7", "1"}, "*1\r\n" + row_bytes);
      expect({"READSTATE.UNREAD", "u", "8", "0"}, "*0\r\n");
      expect({"READSTATE.TOTAL", "u"},
             map(5) + "$8\r\nmentions\r\n:3\r\n$6\r\nunread\r\n:0\r\n$8\r\nchannels\r\n:1\r\n" +
                 "$7\r\nentries\r\n:1\r\n$7\r\nversion\r\n:" + v + "\r\n");
      expect({"READSTATE.SET", "u", "IFVERSION", "1", "7", "5"}, null);
      expect({"READSTATE.ACK", "u", "7", "99"}, ":0\r\n");
      expect({"READSTATE.DEL", "u", "8"}, ":0\r\n");
      expect({"READSTATE.FANOUT", "7", "1", "2", "u", "u"}, ":0\r\n");
      expect({"READSTATE.COMMIT", "nobody"}, ":0\r\n");
      expect({"READSTATE.EVICT", "never-seen"}, ":0\r\n");
      raw.write(request({"READSTATE.INFO", "u"}));
      CHECK(raw.read(4 + (resp == 2 ? 1 : 0)) == map(11).substr(0, 4 + (resp == 2 ? 1 : 0)));
    }
  }
}

}  // namespace
}  // namespace tidemark::test
