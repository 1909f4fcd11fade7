#pragma once

#include <cstdint>
#include <functional>

#include "server/core/core_data.hpp"

namespace tidemark::server {

// Frees the least useful keys and users of one core until used_bytes() is at most `limit_bytes`,
// for half a millisecond at most. False where nothing more can be evicted and it is above still.
bool evict_down_to(CoreData& data, int64_t limit_bytes, const std::function<int64_t()>& used_bytes);

}  // namespace tidemark::server
