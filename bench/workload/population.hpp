#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/readstate/row.hpp"

namespace tidemark::bench {

using storage::RowId;

// Who reads what, as a function of the seed: nothing is stored, so that a hundred million users
// cost nothing, and two programs with the same seed agree about all of them.
struct PopulationConfig {
  uint64_t seed = 1;
  uint32_t users = 1'000'000;
  // Channels a user follows: log-normal, rounded, then clipped to 1..channels_max.
  double channels_median = 12;
  double channels_sigma = 1.4;
  uint32_t channels_max = 4096;
  // How many channels there are for each user; users of one channel meet in it.
  double channels_per_user = 2;
  // Channels that everybody may hear from; fan-outs go there.
  uint32_t announcement_channels = 4;
};

class Population {
 public:
  explicit Population(const PopulationConfig& config) : config_(config) {}

  const PopulationConfig& config() const { return config_; }

  // How many channels the user follows, announcements aside.
  uint32_t channel_count(uint32_t user) const;
  // One of them. REQUIRES: index < channel_count(user). Two indexes may, rarely, name the same one.
  RowId channel(uint32_t user, uint32_t index) const;
  // All of them, sorted, each once.
  std::vector<RowId> channels(uint32_t user) const;
  // REQUIRES: index < announcement_channels.
  RowId announcement(uint32_t index) const;
  // The mark that the user brought along: a message of the 90 days before the workload begins.
  int64_t initial_mark(uint32_t user, const RowId& row) const;

  // "u" and the number, scattered over the hash slots as decimal numbers are.
  static std::string user_key(uint32_t user);

 private:
  PopulationConfig config_;
};

// Snowflakes of 60 bits: 38 bits of milliseconds since 2015, then 22 that tell messages of one
// millisecond apart. Channels were created in the eight years before the workload begins.
//
// The id of the n-th message since then, at a hundred messages a millisecond.
int64_t message_snowflake(uint64_t n);

}  // namespace tidemark::bench
