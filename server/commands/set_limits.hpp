#pragma once

#include "server/command/context.hpp"
#include "server/config/settings.hpp"
#include "storage/value/set.hpp"

namespace tidemark::server {

// Up to where sets are small, by the configuration.
inline storage::SetLimits set_limits(const Settings& settings) {
  return {.integers_max = static_cast<size_t>(settings.set_max_intset_entries),
          .packing = {.elements_max = static_cast<size_t>(settings.set_max_listpack_entries),
                      .element_bytes_max = settings.set_max_listpack_value}};
}
inline storage::SetLimits set_limits(const Context& ctx) { return set_limits(ctx.settings()); }

}  // namespace tidemark::server
