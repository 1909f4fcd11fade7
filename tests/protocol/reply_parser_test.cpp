#include "protocol/reply_parser.hpp"

#include <doctest/doctest.h>

#include "protocol/reply.hpp"

using namespace tidemark::protocol;
using tidemark::Bytes;

namespace {

constexpr Bytes kStream =
    "+OK\r\n-ERR x\r\n:12\r\n$3\r\na\r\n\r\n$-1\r\n*-1\r\n*0\r\n*2\r\n*1\r\n:1\r\n-ERR in\r\n"
    "%1\r\n+k\r\n~1\r\n_\r\n,1.5\r\n#t\r\n(123\r\n=7\r\ntxt:abc\r\n!5\r\nERR y\r\n"
    ">2\r\n+message\r\n+x\r\n|1\r\n+ttl\r\n:3\r\n-ERR z\r\n";

}  // namespace

TEST_CASE("replies are counted wherever the stream is cut") {
  for (size_t step = 1; step <= kStream.size(); ++step) {
    ReplyCounter counter;
    size_t replies = 0;
    for (size_t at = 0; at < kStream.size(); at += step) {
      replies += counter.feed(kStream.substr(at, step));
    }
    CHECK(replies == 15);
    CHECK(counter.errors() == 3);
    CHECK_FALSE(counter.broken());
  }
}

TEST_CASE("bytes that are no reply break the count") {
  for (const Bytes bytes : {Bytes("x"), Bytes("$x"), Bytes("*99999999999\r\n")}) {
    ReplyCounter counter;
    CHECK(counter.feed(":1\r\n") == 1);
    CHECK(counter.feed(bytes) == 0);
    CHECK(counter.broken());
    CHECK(counter.feed(":1\r\n") == 0);
  }
}

TEST_CASE("the decoder finds the same replies as the counter") {
  Bytes rest = kStream;
  size_t replies = 0;
  DecodedReply reply;
  while (decode_reply(rest, reply) == DecodeStatus::complete) {
    if (reply.type != '>') ++replies;
  }
  CHECK(replies == 15);
  CHECK(rest.empty());
}

TEST_CASE("a decoded reply has the type, text and items of the encoded one") {
  std::vector<Reply> items;
  items.push_back(Reply::integer(-7));
  items.push_back(Reply::null());
  items.push_back(Reply::bulk("a\r\nb"));
  Output out;
  encode(Reply::set(std::move(items)), RespVersion::v3, out);
  Bytes rest = out.view();
  DecodedReply reply;
  REQUIRE(decode_reply(rest, reply) == DecodeStatus::complete);
  CHECK(rest.empty());
  CHECK(reply.type == '~');
  REQUIRE(reply.items.size() == 3);
  CHECK(reply.items[0].integer == -7);
  CHECK(reply.items[1].null);
  CHECK(reply.items[2].text == "a\r\nb");
}

TEST_CASE("a reply is incomplete at every byte before its last") {
  const Bytes whole = "*3\r\n$2\r\nab\r\n%1\r\n+k\r\n:1\r\n|1\r\n+a\r\n+b\r\n#f\r\n";
  for (size_t size = 0; size < whole.size(); ++size) {
    Bytes part = whole.substr(0, size);
    DecodedReply reply;
    CHECK(decode_reply(part, reply) == DecodeStatus::incomplete);
    CHECK(part.size() == size);
  }
}

TEST_CASE("nesting without end is broken, not a crash") {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "*1\r\n";
  Bytes bytes = deep;
  DecodedReply reply;
  CHECK(decode_reply(bytes, reply) == DecodeStatus::broken);
}
