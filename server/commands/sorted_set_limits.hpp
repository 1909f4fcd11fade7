#pragma once

#include "server/command/context.hpp"
#include "server/config/settings.hpp"
#include "storage/value/packing_limits.hpp"

namespace tidemark::server {

// Up to where sorted sets are packed, by the configuration.
inline storage::PackingLimits sorted_set_limits(const Context& ctx) {
  const Settings& settings = ctx.settings();
  return {.elements_max = static_cast<size_t>(settings.zset_max_listpack_entries),
          .element_bytes_max = settings.zset_max_listpack_value};
}

}  // namespace tidemark::server
