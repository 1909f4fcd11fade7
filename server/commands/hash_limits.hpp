#pragma once

#include "server/command/context.hpp"
#include "server/config/settings.hpp"
#include "storage/value/packing_limits.hpp"

namespace tidemark::server {

// Up to where hashes are packed, by the configuration.
inline storage::PackingLimits hash_limits(const Settings& settings) {
  return {.elements_max = static_cast<size_t>(settings.hash_max_listpack_entries),
          .element_bytes_max = settings.hash_max_listpack_value};
}
inline storage::PackingLimits hash_limits(const Context& ctx) {
  return hash_limits(ctx.settings());
}

}  // namespace tidemark::server
