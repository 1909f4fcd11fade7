#pragma once

#include <cstdint>

#include "server/config/settings.hpp"
#include "server/core/core_data.hpp"

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

// Frees the least useful keys and users of one core until it uses at most `limit_bytes`,
// for half a millisecond at most. A user with changes that the store has not is never evicted: the
// commit is hurried, and until it is done memory may stand above the limit, by `dirty-limit` at
// most.
Room evict_down_to(CoreData& data, int64_t limit_bytes);

}  // namespace tidemark::server
