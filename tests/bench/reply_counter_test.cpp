#include "bench/base/reply_counter.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "bench/base/random.hpp"

using namespace tidemark::bench;

namespace {

struct Sample {
  std::string bytes;
  std::vector<ReplyKind> kinds;
};

const std::vector<Sample>& samples() {
  static const std::vector<Sample> all{
      {"+OK\r\n", {ReplyKind::value}},
      {":12\r\n", {ReplyKind::value}},
      {"-ERR no\r\n", {ReplyKind::error}},
      {"$-1\r\n", {ReplyKind::null}},
      {"_\r\n", {ReplyKind::null}},
      {"*-1\r\n", {ReplyKind::null}},
      {"$0\r\n\r\n", {ReplyKind::value}},
      {"$6\r\n$1\r\n-x\r\n", {ReplyKind::value}},
      {"*0\r\n", {ReplyKind::value}},
      {"*3\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n-ERR inside\r\n", {ReplyKind::value}},
      {"%2\r\n+a\r\n:1\r\n+b\r\n*0\r\n", {ReplyKind::value}},
      {"~1\r\n#t\r\n", {ReplyKind::value}},
      {"=7\r\ntxt:abc\r\n", {ReplyKind::value}},
      {"!5\r\nERR x\r\n", {ReplyKind::error}},
      {">2\r\n+message\r\n+x\r\n", {}},
      {",1.5\r\n", {ReplyKind::value}},
      {"|1\r\n+ttl\r\n:3\r\n*2\r\n:1\r\n:2\r\n", {ReplyKind::value}},
  };
  return all;
}

}  // namespace

TEST_CASE("replies are counted and classified however the stream is cut") {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    std::string stream;
    std::vector<ReplyKind> expected;
    for (int i = 0; i < 50; ++i) {
      const Sample& sample = samples()[random.below(samples().size())];
      stream += sample.bytes;
      expected.insert(expected.end(), sample.kinds.begin(), sample.kinds.end());
    }
    ReplyCounter counter;
    std::vector<ReplyKind> seen;
    for (size_t at = 0; at < stream.size();) {
      const size_t size =
          std::min<size_t>(1 + random.below(seed % 7 == 0 ? 1 : 40), stream.size() - at);
      REQUIRE(counter.feed({stream.data() + at, size}, [&](ReplyKind k) { seen.push_back(k); }));
      at += size;
    }
    CHECK(seen == expected);
  }
}

TEST_CASE("the first error's text is kept") {
  ReplyCounter counter;
  CHECK(counter.feed("+OK\r\n-ERR first\r\n-ERR second\r\n", [](ReplyKind) {}));
  CHECK(counter.first_error() == "ERR first");
}

TEST_CASE("what is not RESP is refused") {
  for (const char* wrong : {"HTTP/1.1 400\r\n", "$x\r\n", "*-2\r\n", "\r\n", "+no return\n",
                            "$99999999999999\r\n", "$\r\n"}) {
    ReplyCounter counter;
    CAPTURE(wrong);
    CHECK_FALSE(counter.feed(wrong, [](ReplyKind) {}));
  }
}
