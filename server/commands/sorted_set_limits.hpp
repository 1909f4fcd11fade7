#pragma once

#include "server/command/context.hpp"
#include "server/config/settings.hpp"
#include "storage/value/packing_limits.hpp"

namespace tidemark::server {

// Up to where sorted sets are packed, by the configuration.
inline storage::PackingLimits sorted_set_limits(const Settings& settings) {
  return {.elements_max = static_cast<size_t>(settings.zset_max_listpack_entries),
          .element_bytes_max = settings.zset_max_listpack_value};
}
inline storage::PackingLimits sorted_set_limits(const Context& ctx) {
  return sorted_set_limits(ctx.settings());
}

}  // namespace tidemark::server
