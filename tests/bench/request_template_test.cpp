#include "bench/base/request_template.hpp"

#include <doctest/doctest.h>

#include "bench/base/endpoint.hpp"
#include "bench/load/request_source.hpp"

using namespace tidemark::bench;

namespace {

std::string written(const RequestTemplate& command, const PlaceholderValues& values) {
  std::string out(command.bytes(), '?');
  command.write(out.data(), values);
  return out;
}

}  // namespace

TEST_CASE("placeholders become fixed-width words of a RESP array") {
  const PlaceholderFormat format{.key_prefix = "k:", .key_bytes = 16, .value_bytes = 3};
  const RequestTemplate command("SET  {__key__}:x __data__", format);
  CHECK(command.name() == "SET");
  const std::string out = written(command, {.key = 42});
  CHECK(out.substr(0, 44) == "*3\r\n$3\r\nSET\r\n$20\r\n{k:00000000000042}:x\r\n$3\r\n");
  CHECK(out.size() == 44 + 5);
}

TEST_CASE("ids have nineteen digits, fit the contract and messages lie above channels") {
  const RequestTemplate command("X __channel__ __id__", {});
  const std::string out = written(command, {.channel = 7, .message = 9});
  CHECK(out == "*3\r\n$1\r\nX\r\n$19\r\n" + std::to_string(channel_id(7)) + "\r\n$19\r\n" +
                   std::to_string(message_id(9)) + "\r\n");
  CHECK(channel_id(0) != channel_id(1));
  CHECK(message_id(0) < message_id(1));
  CHECK(channel_id(123) < message_id(0));
  CHECK(message_id(100'000'000'000) < uint64_t{INT64_MAX});
}

TEST_CASE("an empty command is refused") { CHECK_THROWS_AS(RequestTemplate(" ", {}), BenchError); }

TEST_CASE("a fill's shares cover every key of every channel once, channel by channel") {
  const PlaceholderFormat format{.key_prefix = "", .key_bytes = 10};
  const RequestTemplate command("X __key__", format);
  const size_t key_at = command.bytes() - 12;
  std::vector<int> seen(10);
  for (uint32_t index = 0; index < 3; ++index) {
    RequestSource source(RequestSource::Fill{
        .command = command, .keys = 10, .channels = 4, .share = {.index = index, .of = 3}});
    std::string out(source.bytes_max(), '?');
    while (!source.exhausted()) {
      source.write_next(out.data());
      ++seen[std::stoul(out.substr(key_at, 10))];
    }
  }
  CHECK(seen == std::vector<int>(10, 4));
}

TEST_CASE("a mix keeps its ratio") {
  RequestSource source(RequestSource::Mix{
      .commands = {RequestTemplate("GET __key__", {}), RequestTemplate("SET __key__ __data__", {})},
      .weights = {10, 1},
      .keys = 1000});
  std::string out(source.bytes_max(), '?');
  int sets = 0;
  constexpr int kRequests = 110'000;
  for (int i = 0; i < kRequests; ++i) sets += source.write_next(out.data()).command;
  CHECK(sets > 9'600);
  CHECK(sets < 10'400);
}
