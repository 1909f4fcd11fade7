#include "storage/value/cell_rate.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace tidemark::storage;

namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kNow = 1'700'000'000 * kSecond;
constexpr auto kMax = std::numeric_limits<int64_t>::max();

// Thirty in a minute, after a burst of fifteen.
constexpr CellRate kRate{.burst = 15, .count = 30, .period_ns = 60 * kSecond};

}  // namespace

TEST_CASE("the first of a limit leaves the rest of the burst") {
  const auto verdict = ask_for_cells(kRate, std::nullopt, 1, kNow).value();
  CHECK_FALSE(verdict.limited);
  CHECK(verdict.limit == 16);
  CHECK(verdict.remaining == 15);
  CHECK_FALSE(verdict.retry_after_ns.has_value());
  CHECK(verdict.reset_after_ns == 2 * kSecond);
  CHECK(verdict.arrival_ns == kNow + 2 * kSecond);
}

TEST_CASE("a burst is used up, and comes back one by one") {
  std::optional<int64_t> arrival;
  for (int64_t left = 15; left >= 0; --left) {
    const auto verdict = ask_for_cells(kRate, arrival, 1, kNow).value();
    REQUIRE_FALSE(verdict.limited);
    REQUIRE(verdict.remaining == left);
    arrival = verdict.arrival_ns;
  }
  const auto refused = ask_for_cells(kRate, arrival, 1, kNow).value();
  CHECK(refused.limited);
  CHECK(refused.remaining == 0);
  CHECK(refused.retry_after_ns == 2 * kSecond);
  CHECK(refused.reset_after_ns == 32 * kSecond);
  CHECK(ask_for_cells(kRate, arrival, 1, kNow + 2 * kSecond - 1).value().limited);
  CHECK_FALSE(ask_for_cells(kRate, arrival, 1, kNow + 2 * kSecond).value().limited);
  CHECK(ask_for_cells(kRate, arrival, 0, kNow + 3600 * kSecond).value().remaining == 16);
}

TEST_CASE(
    "asking for nothing looks, and asking for more than there ever is names no time to retry") {
  const auto look = ask_for_cells(kRate, std::nullopt, 0, kNow).value();
  CHECK_FALSE(look.limited);
  CHECK(look.remaining == 16);
  CHECK(look.reset_after_ns == 0);
  const auto refused = ask_for_cells(kRate, std::nullopt, 17, kNow).value();
  CHECK(refused.limited);
  CHECK_FALSE(refused.retry_after_ns.has_value());
  CHECK(refused.remaining == 16);
}

TEST_CASE("numbers that make no sense are refused, and none overflows") {
  CHECK_FALSE(ask_for_cells({.burst = -1, .count = 1, .period_ns = 1}, std::nullopt, 1, kNow));
  CHECK_FALSE(ask_for_cells({.burst = 1, .count = 0, .period_ns = 1}, std::nullopt, 1, kNow));
  CHECK_FALSE(ask_for_cells({.burst = 1, .count = -1, .period_ns = 1}, std::nullopt, 1, kNow));
  CHECK_FALSE(ask_for_cells({.burst = 1, .count = 1, .period_ns = 0}, std::nullopt, 1, kNow));
  CHECK_FALSE(ask_for_cells({.burst = 1, .count = 1, .period_ns = -1}, std::nullopt, 1, kNow));
  CHECK_FALSE(ask_for_cells(kRate, std::nullopt, -1, kNow));
  CHECK_FALSE(ask_for_cells(kRate, std::nullopt, kMax, kNow));
  CHECK_FALSE(ask_for_cells({.burst = kMax, .count = 1, .period_ns = 1}, std::nullopt, 1, kNow));
  CHECK_FALSE(ask_for_cells({.burst = 5, .count = 1, .period_ns = kMax}, std::nullopt, 1, kNow));
  CHECK_FALSE(ask_for_cells(kRate, kMax, 1, kNow));
  const auto fast =
      ask_for_cells({.burst = 1, .count = kMax, .period_ns = 1}, std::nullopt, 1, kNow);
  CHECK(fast.value().remaining == 1);
  // A moment before the epoch is long past.
  CHECK(ask_for_cells(kRate, std::numeric_limits<int64_t>::min(), 1, kNow).value().remaining == 15);
}
