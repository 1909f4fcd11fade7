#pragma once

#include <string>

#include "server/config/settings.hpp"
#include "server/core/core.hpp"

namespace tidemark::server {

// Writes all databases of all partitions to `dbfilename` in `dir`, as they are now. All cores are
// stopped meanwhile. Says in the log how it went; false where it failed, and then the older file is
// still there.
bool save_snapshot(const OnCore& here);

// Where the snapshot is; empty where the server has no folder.
std::string snapshot_path(const Settings& settings);

}  // namespace tidemark::server
