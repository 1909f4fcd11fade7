#include "server/core/eviction.hpp"

#include <algorithm>

#include "server/core/cycle_clock.hpp"

namespace tidemark::server {

namespace {

// Evictions between two looks at the clock.
constexpr int kEvictionsPerLook = 16;
// How long a command may be held up by evictions before it goes on; memory that is still above the
// limit is then taken back by the next commands and by cron.
constexpr int64_t kSliceUs = 500;

// Evicts the older of the best key and the best user; false where there is neither.
bool evict_one(CoreData& data) {
  const auto key = data.keyspace.eviction_candidate();
  const auto user = data.read_states.eviction_candidate();
  const bool user_first = user && !user->dirty && (!key || user->age > key->age);
  if (user_first) {
    ++data.statistics.evicted_users;
    return data.read_states.evict(user->user);
  }
  if (key) return data.keyspace.evict(*key) || data.keyspace.used_bytes() > 0;
  if (user && data.write_behind != nullptr) {
    // Everybody who could go has changes that the store has not: hurry them.
    data.write_behind->hurry(user->user);
  }
  return false;
}

}  // namespace

bool evict_down_to(CoreData& data, int64_t limit_bytes,
                   const std::function<int64_t()>& used_bytes) {
  const int64_t start_us = wall_clock_us();
  while (used_bytes() > limit_bytes) {
    for (int i = 0; i < kEvictionsPerLook; ++i) {
      if (!evict_one(data)) return used_bytes() <= limit_bytes;
      if (used_bytes() <= limit_bytes) return true;
    }
    if (wall_clock_us() - start_us > kSliceUs) return true;
  }
  return true;
}

}  // namespace tidemark::server
