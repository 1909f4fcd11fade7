#pragma once

#include <cstdint>

#include "server/config/settings.hpp"
#include "server/core/core_data.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

// Whether there is memory for what comes.
enum class Room : uint8_t {
  enough,  // used memory is below the limit
  more,    // not yet: time is up, and the next round of the loop goes on
  coming,  // not yet: it is when commits under way are done, or other cores have evicted
  none,    // nothing more can be evicted
};

// What the settings say about eviction from the cache.
storage::EvictionOptions eviction_options(const Settings& settings);

struct EvictionGoal {
  int64_t limit_bytes = 0;
  // The user whom a command is about: evicting them to make room for it would help nobody, and one
  // who was just loaded would have to be loaded again, for ever.
  Bytes spared;
};

// Frees the least useful keys and users of one core until it uses at most `limit_bytes`, for
// half a millisecond at most. A user with changes that the store has not is never evicted: the
// commit is hurried, and until it is done memory may stand above the limit, by `dirty-limit` at
// most.
//
// Users compete with the keys that the policy may evict. Under `noeviction` nobody goes but those
// who have nothing (forget_empty_users). Under the
// policies for volatile keys users go if there is a store, from which they can be loaded again.
// Without one, only the policies for all keys may lose them.
Room evict_down_to(CoreData& data, const EvictionGoal& goal);

// Under any policy: frees users who have no rows, and are remembered only to spare the store a
// load, until the core reaches its goal.
Room forget_empty_users(CoreData& data, const EvictionGoal& goal);

}  // namespace tidemark::server
