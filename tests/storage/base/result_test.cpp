#include "storage/base/result.hpp"

#include <doctest/doctest.h>

#include <string>

using tidemark::Errc;
using tidemark::Result;

TEST_CASE("a result holds a value or the reason why there is none") {
  const Result<std::string> good = std::string("x");
  const Result<std::string> bad = Errc::overflow;
  CHECK(good);
  CHECK(*good == "x");
  CHECK_FALSE(bad);
  CHECK(bad.error() == Errc::overflow);
}

TEST_CASE("a result without a value is success unless it carries an error") {
  CHECK(Result<void>());
  CHECK(Result<void>(Errc::io).error() == Errc::io);
}
