#pragma once

#include <cstdint>
#include <limits>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "storage/base/ids.hpp"

namespace tidemark::server {

// Reads the number of a database.
DbIndex read_database(const Context& ctx, ArgReader& args);
// For a number that was read already: it must be that of a database.
DbIndex existing_database(const Context& ctx, ArgReader& args, int64_t index);

// What fits the integers that Redis reads such numbers into; it tells those that do not fit from
// those that name no database.
inline constexpr int64_t kDatabaseLow = std::numeric_limits<int32_t>::min();
inline constexpr int64_t kDatabaseHigh = std::numeric_limits<int32_t>::max();

}  // namespace tidemark::server
