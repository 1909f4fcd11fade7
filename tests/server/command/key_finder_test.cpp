#include "server/command/key_finder.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include "server/command/command.hpp"

using namespace tidemark;
using namespace tidemark::server;

namespace {

std::vector<std::string> split(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// The positions of the keys as text, or "wrong".
std::string positions(const KeySpecs& keys, const std::string& line) {
  const Command command{.keys = keys};
  const auto words = split(line);
  const std::vector<Bytes> args(words.begin(), words.end());
  FoundKeys found;
  found.add(99, Access::remove);
  if (!find_keys(command, args, found)) return "wrong";
  std::string text;
  for (const FoundKey& key : found.all()) text += std::to_string(key.position) + " ";
  if (!text.empty()) text.pop_back();
  return text;
}

}  // namespace

TEST_CASE("keys stand at a place, in a row or with values between them") {
  CHECK(positions({}, "ping") == "");
  CHECK(positions({key_at(1, Access::read)}, "get k") == "1");
  CHECK(positions({key_at(2, Access::read)}, "object encoding k") == "2");
  CHECK(positions({two_keys_at(1, Access::read)}, "lcs a b LEN") == "1 2");
  CHECK(positions({keys_from(1, Access::remove)}, "del a b c") == "1 2 3");
  CHECK(positions({keys_from(1, Access::overwrite, 2)}, "mset a 1 b 2") == "1 3");
  CHECK(positions({keys_from(1, Access::overwrite, 2)}, "mset a 1 b") == "1 3");
  CHECK(positions({{.start = StartAt{1}, .walk = Walk{.last = -2}}}, "blpop a b 0") == "1 2");
}

TEST_CASE("a range that the arguments do not reach is wrong") {
  CHECK(positions({key_at(2, Access::read)}, "object encoding") == "wrong");
  CHECK(positions({two_keys_at(1, Access::read)}, "lcs a") == "wrong");
  CHECK(positions({{.start = StartAt{1}, .walk = Walk{.last = -2}}}, "blpop a") == "wrong");
  CHECK(positions({{.start = StartAt{1}, .walk = Walk{.last = -100}}}, "blpop a b") == "wrong");
}

TEST_CASE("keys stand behind a keyword in any case, and there are none without it") {
  const KeySpecs streams = {
      {.start = StartAfter{"STREAMS", 1}, .walk = Walk{.last = -1, .limit = 2}}};
  CHECK(positions(streams, "xread count 1 streams a b 1 2") == "4 5");
  CHECK(positions(streams, "xread STREAMS a 1") == "2");
  CHECK(positions(streams, "xread streams a b 1") == "2");
  CHECK(positions(streams, "xread streams a") == "wrong");
  CHECK(positions(streams, "xread streams") == "wrong");
  CHECK(positions(streams, "xread count 1") == "");
}

TEST_CASE("a keyword may be looked for from the end") {
  const KeySpecs keys = {{.start = StartAfter{"keys", -2}, .walk = Walk{.last = -1}}};
  CHECK(positions(keys, "migrate h 1 e 0 100 auth keys keys a b") == "9 10");
  CHECK(positions(keys, "migrate keys a") == "2");
  CHECK(positions(keys, "migrate h 1 e 0 keys") == "");
  CHECK(positions({{.start = StartAfter{"keys", -9}, .walk = Walk{}}}, "a keys b") == "");
}

TEST_CASE("a number says how many keys there are") {
  const KeySpecs keys = {counted_keys_at(2, Access::read)};
  CHECK(positions(keys, "eval s 2 a b c") == "3 4");
  CHECK(positions(keys, "eval s 0") == "");
  CHECK(positions(keys, "eval s 0 x") == "");
  CHECK(positions({{.start = StartAt{1}, .walk = WalkCounted{.step = 2}}}, "x 2 a 1 b") == "2 4");
}

TEST_CASE("a number of keys is never trusted") {
  const KeySpecs keys = {counted_keys_at(1, Access::read)};
  const KeySpecs stepped = {{.start = StartAt{1}, .walk = WalkCounted{.step = 2}}};
  for (const std::string count :
       {"-1", "4", "2147483648", "4294967297", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "18446744073709551617", "1.5", "x", "+1", "01"}) {
    CAPTURE(count);
    CHECK(positions(keys, "zunion " + count + " a b c") == "wrong");
    CHECK(positions(stepped, "x " + count + " a b c") == "wrong");
  }
  CHECK(positions(keys, "zunion") == "wrong");
  CHECK(positions(keys, "zunion 1") == "wrong");
  CHECK(positions(keys, "zunion 0") == "");
}

TEST_CASE("several specifications find their keys in their order, each with its access") {
  const Command command{
      .keys = {key_at(1, Access::overwrite), counted_keys_at(2, Access::read)},
  };
  const Bytes args[] = {"zunionstore", "to", "2", "a", "b"};
  FoundKeys found;
  REQUIRE(find_keys(command, args, found));
  REQUIRE(found.size() == 3);
  CHECK(found.all()[0] == FoundKey{.position = 1, .access = Access::overwrite});
  CHECK(found.all()[1] == FoundKey{.position = 3, .access = Access::read});
  CHECK(found.all()[2] == FoundKey{.position = 4, .access = Access::read});
}

TEST_CASE("a command may find its keys itself") {
  const Command command{
      .keys = {unknown_keys(Access::read)},
      .find_keys =
          [](std::span<const Bytes> args, FoundKeys& found) {
            found.add(args.size() - 1, Access::remove);
            return args.size() > 2;
          },
  };
  FoundKeys found;
  const Bytes args[] = {"x", "y", "z"};
  CHECK(find_keys(command, args, found));
  REQUIRE(found.size() == 1);
  CHECK(found.all()[0].position == 2);
  CHECK_FALSE(find_keys(command, std::span(args).first(2), found));
}

TEST_CASE("more keys than fit in place are kept all the same") {
  for (const size_t count :
       {FoundKeys::kInline - 1, FoundKeys::kInline, FoundKeys::kInline + 1, size_t{100000}}) {
    const std::vector<Bytes> args(count + 1, "k");
    const Command command{.keys = {keys_from(1, Access::remove)}};
    FoundKeys found;
    REQUIRE(find_keys(command, args, found));
    REQUIRE(found.size() == count);
    REQUIRE(found.all().size() == count);
    for (size_t i = 0; i < count; ++i) REQUIRE(found.all()[i].position == i + 1);
    REQUIRE(find_keys(command, std::span(args).first(2), found));
    REQUIRE(found.all().size() == 1);
  }
}
