#include "protocol/reply.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "protocol/encode.hpp"

using namespace tidemark::protocol;

namespace {

std::string wire(const Reply& reply, RespVersion version) {
  Output out;
  encode(reply, version, out);
  return std::string(out.view());
}
std::string v2(const Reply& reply) { return wire(reply, RespVersion::v2); }
std::string v3(const Reply& reply) { return wire(reply, RespVersion::v3); }

template <typename... Replies>
std::vector<Reply> list(Replies... replies) {
  std::vector<Reply> items;
  (items.push_back(std::move(replies)), ...);
  return items;
}

}  // namespace

TEST_CASE("what both protocols have is the same in both") {
  const std::string long_text(1000, 'x');
  std::vector<std::pair<Reply, std::string>> cases;
  cases.emplace_back(Reply::none(), "");
  cases.emplace_back(Reply::ok(), "+OK\r\n");
  cases.emplace_back(Reply::pong(), "+PONG\r\n");
  cases.emplace_back(Reply::simple("string"), "+string\r\n");
  cases.emplace_back(Reply::status_copy("a\r\nb"), "+a  b\r\n");
  cases.emplace_back(Reply::error("ERR no\r\nway"), "-ERR no  way\r\n");
  cases.emplace_back(Reply::integer(0), ":0\r\n");
  cases.emplace_back(Reply::integer(std::numeric_limits<int64_t>::min()),
                     ":-9223372036854775808\r\n");
  cases.emplace_back(Reply::integer(std::numeric_limits<int64_t>::max()),
                     ":9223372036854775807\r\n");
  cases.emplace_back(Reply::bulk("a\r\nb"), "$4\r\na\r\nb\r\n");
  cases.emplace_back(Reply::bulk({}), "$0\r\n\r\n");
  cases.emplace_back(Reply::bulk_copy(long_text), "$1000\r\n" + long_text + "\r\n");
  cases.emplace_back(Reply::bulk_integer(-120), "$4\r\n-120\r\n");
  cases.emplace_back(Reply::array(list(Reply::integer(1), Reply::bulk("x"))),
                     "*2\r\n:1\r\n$1\r\nx\r\n");
  cases.emplace_back(Reply::empty_array(), "*0\r\n");
  cases.emplace_back(Reply::encoded(":1\r\n:2\r\n"), ":1\r\n:2\r\n");
  for (const auto& [reply, expected] : cases) {
    CHECK(v2(reply) == expected);
    CHECK(v3(reply) == expected);
  }
}

TEST_CASE("what only RESP3 has becomes its stand-in in RESP2") {
  struct Case {
    Reply reply;
    std::string two;
    std::string three;
  };
  std::vector<Case> cases;
  cases.push_back({Reply::null(), "$-1\r\n", "_\r\n"});
  cases.push_back({Reply::null_array(), "*-1\r\n", "_\r\n"});
  cases.push_back({Reply::boolean(true), ":1\r\n", "#t\r\n"});
  cases.push_back({Reply::boolean(false), ":0\r\n", "#f\r\n"});
  cases.push_back({Reply::real(3.125), "$5\r\n3.125\r\n", ",3.125\r\n"});
  cases.push_back({Reply::real(-INFINITY), "$4\r\n-inf\r\n", ",-inf\r\n"});
  cases.push_back({Reply::big_number("1234567999999999999999999999999999999"),
                   "$37\r\n1234567999999999999999999999999999999\r\n",
                   "(1234567999999999999999999999999999999\r\n"});
  cases.push_back({Reply::verbatim("txt", "This is a verbatim\nstring"),
                   "$25\r\nThis is a verbatim\nstring\r\n",
                   "=29\r\ntxt:This is a verbatim\nstring\r\n"});
  cases.push_back({Reply::map(list(Reply::integer(0), Reply::boolean(false))), "*2\r\n:0\r\n:0\r\n",
                   "%1\r\n:0\r\n#f\r\n"});
  cases.push_back({Reply::set(list(Reply::integer(0), Reply::integer(1))), "*2\r\n:0\r\n:1\r\n",
                   "~2\r\n:0\r\n:1\r\n"});
  cases.push_back({Reply::push(list(Reply::bulk("invalidate"), Reply::null())),
                   "*2\r\n$10\r\ninvalidate\r\n$-1\r\n", ">2\r\n$10\r\ninvalidate\r\n_\r\n"});
  cases.push_back({Reply::attribute(list(Reply::bulk("ttl"), Reply::integer(3)), Reply::bulk("v")),
                   "$1\r\nv\r\n", "|1\r\n$3\r\nttl\r\n:3\r\n$1\r\nv\r\n"});
  for (const Case& c : cases) {
    CHECK(v2(c.reply) == c.two);
    CHECK(v3(c.reply) == c.three);
  }
}

TEST_CASE("a reply moves with what it owns") {
  Reply reply = Reply::bulk_copy(std::string(100, 'a'));
  Reply moved = std::move(reply);
  CHECK(moved.bytes() == std::string(100, 'a'));
  reply = Reply::integer(7);
  CHECK(reply.integer_value() == 7);
  reply = Reply::array(list(std::move(moved), Reply::error("ERR x")));
  CHECK(reply.items().size() == 2);
  CHECK(reply.items()[1].is_error());
  Reply& same = reply;
  reply = std::move(same);
  CHECK(reply.items().size() == 2);

  Output out;
  write_array_header(out, 1);
  write_integer(out, 5);
  reply = Reply::encoded(std::move(out));
  CHECK(v2(reply) == "*1\r\n:5\r\n");
}

TEST_CASE("an error tells its code") {
  CHECK(Reply::error("WRONGTYPE Operation").error_code() == "WRONGTYPE");
  CHECK(Reply::error("nothing").error_code() == "ERR");
  CHECK(Reply::shared("-NOAUTH Authentication required.\r\n").error_code() == "NOAUTH");
  CHECK(Reply::encoded("-OOM command\r\n").is_error());
  CHECK_FALSE(Reply::bulk("-not").is_error());
  CHECK_FALSE(Reply::ok().is_error());
}
