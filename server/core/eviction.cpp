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
// Candidates that cannot go yet before the search is given up for now.
constexpr int kWaitingMax = 8;

// Evicts the older of the best key and the best user.
Room evict_one(CoreData& data) {
  const auto key = data.keyspace.eviction_candidate();
  const auto user = data.read_states.eviction_candidate();
  if (user && !user->dirty && (!key || user->age > key->age)) {
    ++data.statistics.evicted_users;
    return data.read_states.evict(user->user) ? Room::enough : Room::coming;
  }
  if (key) return data.keyspace.evict(*key) ? Room::enough : Room::coming;
  if (!user || data.write_behind == nullptr) return Room::none;
  data.write_behind->hurry(user->user);
  return Room::coming;
}

}  // namespace

Room evict_down_to(CoreData& data, int64_t limit_bytes,
                   const std::function<int64_t()>& used_bytes) {
  const int64_t start_us = wall_clock_us();
  int waiting = 0;  // candidates that were not free to go
  while (used_bytes() > limit_bytes) {
    for (int i = 0; i < kEvictionsPerLook && used_bytes() > limit_bytes; ++i) {
      const Room room = evict_one(data);
      if (room == Room::none) return Room::none;
      if (room == Room::coming && ++waiting >= kWaitingMax) return Room::coming;
    }
    if (wall_clock_us() - start_us > kSliceUs) return Room::coming;
  }
  return Room::enough;
}

}  // namespace tidemark::server
