#include "protocol/request_parser.hpp"

#include <doctest/doctest.h>

using namespace tidemark::protocol;
using tidemark::Bytes;
using Status = RequestParser::Status;

TEST_CASE("a request is its arguments and its size") {
  RequestParser parser;
  const Bytes bytes = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n";
  REQUIRE(parser.parse(bytes, {}) == Status::complete);
  REQUIRE(parser.args().size() == 2);
  CHECK(parser.args()[0] == "GET");
  CHECK(parser.args()[1] == "k");
  CHECK(parser.size() == bytes.size() - 4);
}
