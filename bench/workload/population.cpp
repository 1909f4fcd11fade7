#include "bench/workload/population.hpp"

#include <algorithm>
#include <cmath>

#include "bench/base/distribution.hpp"
#include "bench/base/random.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::bench {

namespace {

constexpr int kLowBits = 22;
constexpr uint64_t kDayMs = 24ULL * 3600 * 1000;
constexpr uint64_t kBeginMs = 8 * 365 * kDayMs;
constexpr uint64_t kOldestMarkMs = 90 * kDayMs;
constexpr uint64_t kMessageStep = (uint64_t{1} << kLowBits) / 100;

// Separate streams of randomness for separate questions about the same user.
enum class Question : uint64_t { count = 1, channel, mark, created };

uint64_t answer(uint64_t seed, Question question, uint64_t a, uint64_t b) {
  const uint64_t salted = mix64(seed + static_cast<uint64_t>(question) * 0x9e3779b97f4a7c15ULL);
  return mix64(salted ^ mix64(a * 0xff51afd7ed558ccdULL + b + 1));
}

int64_t snowflake(uint64_t ms, uint64_t low) {
  return static_cast<int64_t>((ms << kLowBits) | (low & ((uint64_t{1} << kLowBits) - 1)));
}

int64_t channel_snowflake(uint64_t seed, uint64_t channel) {
  const uint64_t bits = answer(seed, Question::created, channel, 0);
  return snowflake((bits >> kLowBits) % (kBeginMs - kOldestMarkMs), bits);
}

// Most read states are of channels; a few lanes carry the rest (guild events, notification centre).
uint8_t type_of(uint32_t index) {
  switch (index % 50) {
    case 48:
      return 2;
    case 49:
      return 1;
    default:
      return 0;
  }
}

}  // namespace

int64_t message_snowflake(uint64_t n) {
  return static_cast<int64_t>((kBeginMs << kLowBits) + n * kMessageStep);
}

uint32_t Population::channel_count(uint32_t user) const {
  Random random(answer(config_.seed, Question::count, user, 0));
  const double wanted = config_.channels_median * std::exp(config_.channels_sigma * normal(random));
  const double clipped = std::clamp(wanted, 1.0, static_cast<double>(config_.channels_max));
  return static_cast<uint32_t>(std::lround(clipped));
}

RowId Population::channel(uint32_t user, uint32_t index) const {
  const double pool = std::max(1.0, config_.channels_per_user * static_cast<double>(config_.users));
  const uint64_t which =
      answer(config_.seed, Question::channel, user, index) % static_cast<uint64_t>(pool);
  return {.type = type_of(index),
          .channel = channel_snowflake(config_.seed, which + config_.announcement_channels)};
}

std::vector<RowId> Population::channels(uint32_t user) const {
  const uint32_t count = channel_count(user);
  std::vector<RowId> rows;
  rows.reserve(count);
  for (uint32_t i = 0; i < count; ++i) rows.push_back(channel(user, i));
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

RowId Population::announcement(uint32_t index) const {
  ENSURE(index < config_.announcement_channels);
  return {.type = 0, .channel = channel_snowflake(config_.seed, index)};
}

int64_t Population::initial_mark(uint32_t user, const RowId& row) const {
  const uint64_t bits =
      answer(config_.seed, Question::mark, user, static_cast<uint64_t>(row.channel) + row.type);
  return snowflake(kBeginMs - 1 - (bits >> kLowBits) % kOldestMarkMs, bits);
}

std::string Population::user_key(uint32_t user) { return 'u' + std::to_string(user); }

}  // namespace tidemark::bench
