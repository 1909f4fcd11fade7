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

storage::EvictionPolicy policy_of(MaxmemoryPolicy policy) {
  using storage::EvictionPolicy;
  switch (policy) {
    case MaxmemoryPolicy::volatile_lru:
      return EvictionPolicy::volatile_lru;
    case MaxmemoryPolicy::volatile_lfu:
      return EvictionPolicy::volatile_lfu;
    case MaxmemoryPolicy::volatile_random:
      return EvictionPolicy::volatile_random;
    case MaxmemoryPolicy::volatile_ttl:
      return EvictionPolicy::volatile_ttl;
    case MaxmemoryPolicy::allkeys_lru:
      return EvictionPolicy::allkeys_lru;
    case MaxmemoryPolicy::allkeys_lfu:
      return EvictionPolicy::allkeys_lfu;
    case MaxmemoryPolicy::allkeys_random:
      return EvictionPolicy::allkeys_random;
    case MaxmemoryPolicy::noeviction:
      return EvictionPolicy::noeviction;
  }
  return EvictionPolicy::noeviction;
}

// Evicts the older of the best key and the best user.
Room evict_one(CoreData& data) {
  const auto key = data.keyspace.eviction_candidate();
  const auto user = data.read_states.eviction_candidate();
  if (user && !user->dirty && (!key || user->age > key->age)) {
    ++data.statistics.evicted_users;
    return data.read_states.evict(user->user) ? Room::enough : Room::coming;
  }
  if (key) return data.keyspace.evict(*key) ? Room::enough : Room::coming;
  // Users are drawn at random, and those drawn may all be on their way to or from the store.
  if (!user) return data.read_states.resident_users() > 0 ? Room::coming : Room::none;
  if (data.write_behind == nullptr) return Room::none;
  data.write_behind->hurry(user->user);
  return Room::coming;
}

}  // namespace

storage::EvictionOptions eviction_options(const Settings& settings) {
  return {.policy = policy_of(settings.maxmemory_policy),
          .samples = static_cast<unsigned>(settings.maxmemory_samples),
          .lfu = {.log_factor = static_cast<unsigned>(settings.lfu_log_factor),
                  .decay_minutes = static_cast<unsigned>(settings.lfu_decay_time)}};
}

Room evict_down_to(CoreData& data, int64_t limit_bytes) {
  const int64_t start_us = wall_clock_us();
  int waiting = 0;  // candidates that were not free to go
  while (data.used_bytes() > limit_bytes) {
    for (int i = 0; i < kEvictionsPerLook && data.used_bytes() > limit_bytes; ++i) {
      const Room room = evict_one(data);
      if (room == Room::none) return Room::none;
      if (room == Room::coming && ++waiting >= kWaitingMax) return Room::coming;
    }
    if (wall_clock_us() - start_us > kSliceUs) return Room::more;
  }
  return Room::enough;
}

}  // namespace tidemark::server
