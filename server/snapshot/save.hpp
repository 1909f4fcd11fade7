#pragma once

#include <string>

#include "server/config/settings.hpp"
#include "server/core/core.hpp"
#include "storage/rdb/file_writer.hpp"

namespace tidemark::server {

// Writes all databases of all partitions to `dbfilename` in `dir`, as they are now. All cores are
// stopped meanwhile. Says in the log how it went; false where it failed, and then the older file is
// still there.
bool save_snapshot(const OnCore& here);

// The first records of a snapshot of now.
void begin_snapshot(storage::rdb::FileWriter& records, Server& server, int64_t now_ms);

// Where one is while it is written.
std::string temporary_path(const Settings& settings, const char* kind);
// Where the snapshot is; empty where the server has no folder.
std::string snapshot_path(const Settings& settings);

}  // namespace tidemark::server
