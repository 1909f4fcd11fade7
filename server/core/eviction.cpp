#include "server/core/eviction.hpp"

#include <optional>

#include "server/core/cycle_clock.hpp"

namespace tidemark::server {

namespace {

using storage::Candidate;
using storage::EvictionCandidate;
using storage::EvictionPolicy;

// Evictions between two looks at the clock.
constexpr size_t kEvictionsPerLook = 16;
// How long a command may be held up by evictions before it goes on; memory that is still above the
// limit is then taken back by the next commands and by cron.
constexpr int64_t kSliceUs = 500;
// Candidates that cannot go yet before the search is given up for now.
constexpr int kWaitingMax = 8;

storage::EvictionPolicy policy_of(MaxmemoryPolicy policy) {
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

bool users_may_go(const CoreData& data) {
  switch (data.keyspace.eviction().policy) {
    case EvictionPolicy::noeviction:
      return false;
    case EvictionPolicy::volatile_lru:
    case EvictionPolicy::volatile_lfu:
    case EvictionPolicy::volatile_random:
    case EvictionPolicy::volatile_ttl:
      return data.write_behind != nullptr;
    case EvictionPolicy::allkeys_lru:
    case EvictionPolicy::allkeys_lfu:
    case EvictionPolicy::allkeys_random:
      return true;
  }
  return false;
}

// Which of the two goes.
bool user_goes_first(const CoreData& data, const EvictionCandidate& user, const Candidate& key) {
  switch (data.keyspace.eviction().policy) {
    case EvictionPolicy::allkeys_random:
    case EvictionPolicy::volatile_random: {
      // Everybody has the same chance. The ages of random picks are random numbers.
      const size_t users = data.read_states.resident_users();
      return key.age % (users + data.keyspace.evictable()) < users;
    }
    case EvictionPolicy::volatile_ttl:
      return false;  // users do not expire
    default:
      return user.age > key.age;
  }
}

// Evicts the better of the best key and the best user.
Room evict_one(CoreData& data, Bytes spared) {
  auto key = data.keyspace.eviction_candidate();
  std::optional<EvictionCandidate> user;
  if (users_may_go(data)) user = data.read_states.eviction_candidate(spared);
  const bool hurried = user && user->dirty;
  if (hurried) {
    data.write_behind->hurry(user->user);
    user.reset();
  }
  if (user && (!key || user_goes_first(data, *user, *key))) {
    if (key) data.keyspace.put_back(*key);
    ++data.statistics.evicted_users;
    return data.read_states.evict(user->user) ? Room::enough : Room::coming;
  }
  if (key) return data.keyspace.evict(*key) ? Room::enough : Room::coming;
  if (hurried) return Room::coming;
  return data.read_states.forget_empty(1, spared) > 0 ? Room::enough : Room::none;
}

}  // namespace

storage::EvictionOptions eviction_options(const Settings& settings) {
  return {.policy = policy_of(settings.maxmemory_policy),
          .samples = static_cast<unsigned>(settings.maxmemory_samples),
          .lfu = {.log_factor = static_cast<unsigned>(settings.lfu_log_factor),
                  .decay_minutes = static_cast<unsigned>(settings.lfu_decay_time)}};
}

Room evict_down_to(CoreData& data, const EvictionGoal& goal) {
  const int64_t start_us = wall_clock_us();
  int waiting = 0;  // candidates that were not free to go
  while (data.used_bytes() > goal.limit_bytes) {
    for (size_t i = 0; i < kEvictionsPerLook && data.used_bytes() > goal.limit_bytes; ++i) {
      const Room room = evict_one(data, goal.spared);
      if (room == Room::none) return Room::none;
      if (room == Room::coming && ++waiting >= kWaitingMax) return Room::coming;
    }
    if (wall_clock_us() - start_us > kSliceUs) return Room::more;
  }
  return Room::enough;
}

Room forget_empty_users(CoreData& data, const EvictionGoal& goal) {
  const int64_t start_us = wall_clock_us();
  while (data.used_bytes() > goal.limit_bytes) {
    if (data.read_states.forget_empty(kEvictionsPerLook, goal.spared) == 0) return Room::none;
    if (wall_clock_us() - start_us > kSliceUs) return Room::more;
  }
  return Room::enough;
}

}  // namespace tidemark::server
