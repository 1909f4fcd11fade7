#include "server/snapshot/save.hpp"

#include <unistd.h>

#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "server/commands/rdb_options.hpp"
#include "server/config/version.hpp"
#include "server/log/log.hpp"
#include "server/scripts/scripting.hpp"
#include "server/server.hpp"
#include "server/snapshot/state.hpp"
#include "storage/rdb/file_sink.hpp"
#include "storage/rdb/file_writer.hpp"

namespace tidemark::server {

namespace {

using storage::Keyspace;
using storage::rdb::FileSink;
using storage::rdb::FileWriter;

// The process is in `dir`, also where that was set to a relative path.
std::string snapshot_folder(const Settings& settings) {
  if (settings.dir.empty() || settings.dir.front() == '/') return settings.dir;
  return std::filesystem::current_path().string();
}

template <typename Visit>
void each_core(Server& server, Visit&& visit) {
  for (uint32_t i = 0; i < server.core_count(); ++i) {
    visit(server.core(CoreId(static_cast<uint16_t>(i))).data());
  }
}

FileWriter::Ends ends_in(Server& server) {
  auto ends = FileWriter::Ends::none;
  each_core(server, [&](const CoreData& data) {
    for (size_t db = 0; db < data.keyspace.database_count(); ++db) {
      if (data.keyspace.database(DbIndex(static_cast<uint16_t>(db))).shedding() > 0)
        ends = FileWriter::Ends::some;
    }
  });
  return ends;
}

void put_facts(FileWriter& writer, const Server& server, int64_t now_ms) {
  writer.put_aux("redis-ver", kRedisVersion);
  writer.put_aux("redis-bits", "64");
  writer.put_aux("ctime", std::to_string(now_ms / 1000));
  writer.put_aux("used-mem", std::to_string(server.used_memory()));
  writer.put_aux("aof-base", "0");
}

void put_keys(FileWriter& writer, const Keyspace& keyspace, DbIndex index) {
  keyspace.database(index).visit_all([&](const storage::Entry& entry, uint16_t stamp) {
    writer.put_key(entry, keyspace.use(entry, stamp));
  });
}

void put_database(FileWriter& writer, Server& server, DbIndex index) {
  uint64_t keys = 0;
  uint64_t expiring = 0;
  each_core(server, [&](const CoreData& data) {
    keys += data.keyspace.database(index).size();
    expiring += data.keyspace.database(index).expiring();
  });
  if (keys == 0) return;
  writer.begin_database(index, keys, expiring);
  each_core(server, [&](const CoreData& data) { put_keys(writer, data.keyspace, index); });
}

bool write(FileSink& sink, Server& server, int64_t now_ms) {
  const Settings& settings = server.settings();
  storage::rdb::Writer writer(compression(settings), sink);
  FileWriter records(writer);
  begin_snapshot(records, server, now_ms);
  for (uint16_t db = 0; db < settings.databases && !writer.failed(); ++db) {
    put_database(records, server, DbIndex(db));
  }
  records.end(settings.rdbchecksum);
  return !writer.failed();
}

}  // namespace

void begin_snapshot(FileWriter& records, Server& server, int64_t now_ms) {
  records.begin(ends_in(server));
  put_facts(records, server, now_ms);
  for (const auto& [name, library] : server.scripting().libraries().all()) {
    records.put_function(library->code);
  }
}

std::string temporary_path(const Settings& settings, const char* kind) {
  return fmt::format("{}/temp-{}-{}.rdb", snapshot_folder(settings), kind, getpid());
}

std::string snapshot_path(const Settings& settings) {
  const std::string folder = snapshot_folder(settings);
  return folder.empty() ? std::string() : folder + "/" + settings.dbfilename;
}

bool save_snapshot(const OnCore& here) {
  Server& server = here.server();
  SnapshotState& state = server.snapshots();
  const std::string path = snapshot_path(server.settings());
  if (path.empty()) {
    log::warning("There is no folder to save a snapshot in");
    return false;
  }
  FileSink sink(path, temporary_path(server.settings(), "fg"));
  if (!write(sink, server, here.now_ms()) || !sink.commit()) {
    log::warning(fmt::format("Error saving the snapshot {}: {}", path, sink.error()));
    return false;
  }
  log::notice("DB saved on disk");
  state.last_save_failed = false;
  state.note_save(here.now_ms() / 1000, server.changes());
  return true;
}

}  // namespace tidemark::server
