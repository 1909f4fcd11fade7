#include "protocol/output.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using tidemark::Bytes;
using tidemark::protocol::Output;

TEST_CASE("an output is a queue of bytes") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  Output out;
  std::string model;
  for (int round = 0; round < 5000; ++round) {
    const std::string piece(random() % 700, static_cast<char>('a' + round % 26));
    if (random() % 2 == 0) {
      out.append(piece);
    } else {
      piece.copy(out.reserve(piece.size() + random() % 100), piece.size());
      out.commit(piece.size());
    }
    model += piece;
    const size_t sent = random() % (model.size() + 1);
    out.consume_front(sent);
    model.erase(0, sent);
    REQUIRE(out.view() == model);
    CHECK(out.size() == model.size());
    if (random() % 100 == 0) {
      out.clear();
      model.clear();
    }
  }
}

TEST_CASE("what is sent as fast as it is written needs no more room than both at once") {
  Output out;
  out.append(std::string(1000, 'x'));
  for (int i = 0; i < 10000; ++i) {
    out.append(std::string(1000, 'y'));
    out.consume_front(1000);
  }
  CHECK(out.memory_bytes() <= 8192);
}

TEST_CASE("taking leaves an empty output without memory") {
  Output out;
  out.append("abc");
  const Output taken = out.take();
  CHECK(taken.view() == "abc");
  CHECK(out.empty());
  CHECK(out.memory_bytes() == 0);
  out.append("d");
  CHECK(out.view() == "d");
  out.release();
  CHECK(out.memory_bytes() == 0);
}
