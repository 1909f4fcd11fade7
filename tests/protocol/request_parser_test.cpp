#include "protocol/request_parser.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace tidemark::protocol;
using tidemark::Bytes;
using Status = RequestParser::Status;
using namespace std::string_literals;

namespace {

// All that a stream of bytes means: the requests in it, and the error that ends it, if one does.
struct Outcome {
  std::vector<std::vector<std::string>> requests;
  std::string error;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

std::vector<std::string> copy_of(std::span<const Bytes> args) { return {args.begin(), args.end()}; }

// Gives the parser the bytes up to each of `cuts` in turn and at last all, at a new address each
// time, so that a view of an older one is a use after free.
Outcome outcome_of(const std::string& bytes, std::vector<size_t> cuts, const ParseLimits& limits) {
  cuts.push_back(bytes.size());
  Outcome outcome;
  RequestParser parser;
  size_t start = 0;
  for (const size_t cut : cuts) {
    const size_t size = cut - start;
    const std::unique_ptr<char[]> buffer(new char[size]);
    bytes.copy(buffer.get(), size, start);
    size_t taken = 0;
    Status status = Status::incomplete;
    while ((status = parser.parse(Bytes(buffer.get() + taken, size - taken), limits)) ==
           Status::complete) {
      outcome.requests.push_back(copy_of(parser.args()));
      taken += parser.size();
    }
    if (status == Status::error) {
      outcome.error = parser.error();
      return outcome;
    }
    CHECK(parser.bytes_wanted() > 0);
    start += taken;
  }
  return outcome;
}

Outcome outcome_of(const std::string& bytes, const ParseLimits& limits = {}) {
  return outcome_of(bytes, {}, limits);
}

std::string error_of(const std::string& bytes, const ParseLimits& limits = {}) {
  return outcome_of(bytes, limits).error;
}

std::vector<std::string> inline_args(const std::string& line) {
  const Outcome outcome = outcome_of(line);
  REQUIRE(outcome.error.empty());
  REQUIRE(outcome.requests.size() == 1);
  return outcome.requests[0];
}

std::string array_of(const std::vector<std::string>& args) {
  std::string bytes = "*" + std::to_string(args.size()) + "\r\n";
  for (const std::string& arg : args) {
    bytes += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
  }
  return bytes;
}

using Args = std::vector<std::string>;

}  // namespace

TEST_CASE("a request is its arguments and its size") {
  RequestParser parser;
  const Bytes bytes = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n";
  REQUIRE(parser.parse(bytes, {}) == Status::complete);
  REQUIRE(parser.args().size() == 2);
  CHECK(parser.args()[0] == "GET");
  CHECK(parser.args()[1] == "k");
  CHECK(parser.args()[1].data() == bytes.data() + 17);
  CHECK(parser.size() == bytes.size() - 4);
}

TEST_CASE("a request cut anywhere is the same request") {
  const std::vector<std::string> streams = {
      array_of({"SET", "key:0123456789ab", std::string(120, 'v')}) + array_of({"PING"}),
      "*0\r\n*-1\r\n*-7\r\nPING\r\n*1\r\n$0\r\n\r\n",
      "set k \"a b\\x41\"  'c'\r\n\r\n\nget k\n*1\r\n$4\r\nPING\r\n",
      "*2\r\n$4\r\nECHO\r\n$12\r\na\r\nb\r\n$3\r\n\r\n\r\n",
      "*1\rX$4\rYPINGZZ",
      "*1\r\n+PING\r\n",
      "*2\r\n$4\r\nECHO\r\n$-1\r\n",
      "*1\r\n$1x\r\n",
      "*12345678901234567890\r\n",
      "ECHO \"open\r\nPING\r\n",
      "PING\r\n*x\r\n",
  };
  for (const std::string& stream : streams) {
    CAPTURE(stream);
    const Outcome whole = outcome_of(stream);
    std::vector<size_t> every;
    for (size_t first = 0; first < stream.size(); ++first) {
      CHECK(outcome_of(stream, {first}, {}) == whole);
      for (size_t second = first; second < stream.size(); second += 3) {
        CHECK(outcome_of(stream, {first, second}, {}) == whole);
      }
      every.push_back(first);
    }
    CHECK(outcome_of(stream, every, {}) == whole);
  }
}

TEST_CASE("random requests come back as they were sent") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto below = [&random](size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random);
  };
  for (int round = 0; round < 200; ++round) {
    Outcome sent;
    std::string bytes;
    for (size_t i = 1 + below(5); i > 0; --i) {
      Args args(1 + below(below(10) == 0 ? 40 : 4));
      for (std::string& arg : args) {
        arg.resize(below(below(8) == 0 ? 2000 : 20));
        for (char& c : arg) c = static_cast<char>(random());
      }
      bytes += array_of(args);
      sent.requests.push_back(args);
    }
    std::vector<size_t> cuts;
    for (size_t at = 0; (at += 1 + below(300)) < bytes.size();) cuts.push_back(at);
    CHECK(outcome_of(bytes, cuts, {}) == sent);
  }
}

TEST_CASE("requests without arguments are complete") {
  for (const std::string& empty :
       {"*0\r\n"s, "*-1\r\n"s, "*-2147483649\r\n"s, "\r\n"s, "\n"s, "  \t \r\n"s}) {
    CAPTURE(empty);
    CHECK(outcome_of(empty) == Outcome{{{}}, ""});
  }
}

TEST_CASE("an incomplete argument tells how many bytes are missing") {
  RequestParser parser;
  CHECK(parser.parse("*1\r\n$100\r\nabc", {}) == Status::incomplete);
  CHECK(parser.bytes_wanted() == 99);
  CHECK(parser.parse("*1\r\n$100\r\nabcd", {}) == Status::incomplete);
  CHECK(parser.bytes_wanted() == 98);
}

TEST_CASE("memory grows with what has arrived, not with what is announced") {
  RequestParser parser;
  CHECK(parser.parse("*1000000\r\n$536870912\r\n", {}) == Status::incomplete);
  CHECK(parser.memory_bytes() < 4096);
}

TEST_CASE("what a large request needed is given back after a small one") {
  RequestParser parser;
  const std::string large = array_of(Args(100000, "x"));
  const std::string small = array_of({"PING"});
  REQUIRE(parser.parse(large, {}) == Status::complete);
  CHECK(parser.args().size() == 100000);
  REQUIRE(parser.parse(small, {}) == Status::complete);
  REQUIRE(parser.parse(small, {}) == Status::complete);
  CHECK(parser.memory_bytes() < 4096);
  const std::string quoted = "ECHO \"" + std::string(60000, 'q') + "\"\r\n";
  REQUIRE(parser.parse(quoted, {}) == Status::complete);
  CHECK(parser.args()[1].size() == 60000);
  REQUIRE(parser.parse(small, {}) == Status::complete);
  CHECK(parser.memory_bytes() < 4096);
}

TEST_CASE("an error stays until the parser is reset") {
  RequestParser parser;
  CHECK(parser.parse("*x\r\n", {}) == Status::error);
  CHECK(parser.parse("*x\r\nPING\r\n", {}) == Status::error);
  CHECK(parser.args().empty());
  parser.reset();
  CHECK(parser.parse("PING\r\n", {}) == Status::complete);
}

// What redis-server 7.0.15 answers to the same bytes, behind "-ERR ".
TEST_CASE("errors are worded as clients know them") {
  const std::string args = "Protocol error: invalid multibulk length";
  const std::string bulk = "Protocol error: invalid bulk length";
  for (const auto* line : {"*abc", "*", "*01", "*+1", "* 1", "*1x", "*-0", "*2147483648",
                           "*9223372036854775807", "*9223372036854775808"}) {
    CAPTURE(line);
    CHECK(error_of(line + "\r\n"s) == args);
  }
  CHECK(error_of("*1\n$4\r\nPING\r\n") == args);
  for (const auto* line :
       {"$-1", "$", "$04", "$4x", "$-0", "$ 4", "$536870913", "$9223372036854775808"}) {
    CAPTURE(line);
    CHECK(error_of("*1\r\n"s + line + "\r\n") == bulk);
  }
  CHECK(error_of("*1\r\n+PING\r\n") == "Protocol error: expected '$', got '+'");
  CHECK(error_of("*1\r\n\r\n") == "Protocol error: expected '$', got ' '");
  CHECK(error_of("*1\r\n\nPING\r\n") == "Protocol error: expected '$', got ' '");
  CHECK(error_of("*1\r\n\x01PING\r\n") == "Protocol error: expected '$', got '\x01'");
  CHECK(outcome_of("*1\r\n+").error.empty());
  const std::string quotes = "Protocol error: unbalanced quotes in request";
  for (const auto* line : {"\"a\"b", "'a'b", "\"abc", "'abc", "\"a\"\"b\"", "a\"b c\"d", "\"a\\",
                           "a\"\"b", "'a\\\\''x"}) {
    CAPTURE(line);
    CHECK(error_of("ECHO "s + line + "\r\n") == quotes);
  }
}

TEST_CASE("lengths at the limits pass and one more fails") {
  CHECK(outcome_of("*1\r\n$536870912\r\n").error.empty());
  CHECK(outcome_of("*2147483647\r\n").error.empty());
  CHECK(outcome_of("*1\r\n$5\r\n12345\r\n", {.bulk_bytes_max = 5}).requests.size() == 1);
  CHECK(error_of("*1\r\n$6\r\n", {.bulk_bytes_max = 5}) == "Protocol error: invalid bulk length");
  CHECK(error_of("*3\r\n", {.args_max = 2}) == "Protocol error: invalid multibulk length");
}

TEST_CASE("lines at the limit pass and one byte more fails") {
  const auto digits = [](size_t count) { return std::string(count, '1'); };
  CHECK(error_of("*" + digits(65535)) == "");
  CHECK(error_of("*" + digits(65536)) == "Protocol error: too big mbulk count string");
  CHECK(error_of("*1\r\n$" + digits(65535)) == "");
  CHECK(error_of("*1\r\n$" + digits(65536)) == "Protocol error: too big bulk count string");
  CHECK(error_of(std::string(65536, 'A')) == "");
  CHECK(error_of(std::string(65537, 'A')) == "Protocol error: too big inline request");
  CHECK(inline_args(std::string(65536, 'A') + "\n")[0].size() == 65536);
  // The end of the line is here too, which must make no difference.
  CHECK(error_of(std::string(65537, 'A') + "\n") == "Protocol error: too big inline request");
}

TEST_CASE("a peer that has not authenticated may send ten arguments of 16 KiB") {
  const ParseLimits stranger{.peer = Peer::unauthenticated};
  const std::string most = array_of(Args(10, std::string(16384, 'x')));
  CHECK(outcome_of(most, stranger).requests.size() == 1);
  CHECK(error_of("*11\r\n", stranger) == "Protocol error: unauthenticated multibulk length");
  CHECK(error_of("*1\r\n$16385\r\n", stranger) == "Protocol error: unauthenticated bulk length");
  CHECK(error_of("*1\r\n$536870913\r\n", stranger) == "Protocol error: invalid bulk length");
}

// What redis-server 7.0.15 makes of the same lines.
TEST_CASE("inline requests are split at blanks and unquoted") {
  CHECK(inline_args("  PING  \r\n") == Args{"PING"});
  CHECK(inline_args("PING\n") == Args{"PING"});
  CHECK(inline_args("PING\r\r\n") == Args{"PING"});
  CHECK(inline_args("ECHO\ta\rb\r\n") == Args{"ECHO", "a", "b"});
  CHECK(inline_args("ECHO\va\f\r\n") == Args{"ECHO\va\f"});
  CHECK(inline_args("\v\fECHO\r\n") == Args{"ECHO"});
  CHECK(inline_args("ECHO \"a\\n\\r\\t\\b\\a\\x41\\q\\\"\\xzz\\x4\"\r\n") ==
        Args{"ECHO", "a\n\r\t\b\aAq\"xzzx4"});
  CHECK(inline_args("ECHO \"\\X41\\xfF\"\r\n") == Args{"ECHO", "X41\xff"});
  CHECK(inline_args("ECHO 'a\\n\\''\r\n") == Args{"ECHO", "a\\n'"});
  CHECK(inline_args("ECHO a\"b\" a'b'\r\n") == Args{"ECHO", "ab", "ab"});
  CHECK(inline_args("ECHO \"\" ''\r\n") == Args{"ECHO", "", ""});
  CHECK(inline_args("ECHO \"a\"\rb \"c\"\vd\r\n") == Args{"ECHO", "a", "b", "c", "d"});
  CHECK(inline_args("ECHO a\\ b\r\n") == Args{"ECHO", "a\\", "b"});
  CHECK(inline_args("\"PING\"\r\n") == Args{"PING"});
  CHECK(inline_args("$4\r\n") == Args{"$4"});
  CHECK(inline_args("ECHO \xa0\r\n") == Args{"ECHO", "\xa0"});
}
