#pragma once

#include "server/command/context.hpp"
#include "server/config/settings.hpp"
#include "storage/value/list_limits.hpp"

namespace tidemark::server {

// Up to where the pieces of lists grow, by the configuration.
inline storage::ListLimits list_limits(const Settings& settings) {
  return storage::ListLimits::of(settings.list_max_listpack_size);
}
inline storage::ListLimits list_limits(const Context& ctx) { return list_limits(ctx.settings()); }

}  // namespace tidemark::server
