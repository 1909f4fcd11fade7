#pragma once

#include "server/commands/hash_limits.hpp"
#include "server/commands/list_limits.hpp"
#include "server/commands/set_limits.hpp"
#include "server/commands/sorted_set_limits.hpp"
#include "server/config/settings.hpp"
#include "storage/rdb/value_reader.hpp"
#include "storage/rdb/writer.hpp"

// How values are read from payloads and files, and written to them, by the configuration.
namespace tidemark::server {

inline storage::rdb::ValueLimits value_limits(const Settings& settings) {
  return {.list = list_limits(settings),
          .set = set_limits(settings),
          .sorted_set = sorted_set_limits(settings),
          .hash = hash_limits(settings)};
}

inline storage::rdb::Compression compression(const Settings& settings) {
  return settings.rdbcompression ? storage::rdb::Compression::lzf : storage::rdb::Compression::none;
}

}  // namespace tidemark::server
