#include "server/commands/debug_data.hpp"
#include "server/log/log.hpp"
#include "server/scripts/library_loading.hpp"
#include "server/server.hpp"
#include "server/snapshot/load.hpp"
#include "server/snapshot/save.hpp"

namespace tidemark::server {

namespace {

struct ReloadOptions {
  bool save = true;
  bool flush = true;
  SnapshotLoader::Present present = SnapshotLoader::Present::refuse;
};

// False where a word is none of those that are known.
bool read_options(ArgReader& args, ReloadOptions& options) {
  while (!args.empty()) {
    if (args.accept("merge")) {
      options.present = SnapshotLoader::Present::replace;
    } else if (args.accept("noflush")) {
      options.flush = false;
    } else if (args.accept("nosave")) {
      options.save = false;
    } else {
      return false;
    }
  }
  return true;
}

bool load(const Context& ctx, SnapshotLoader::Present present) {
  Server& server = ctx.server();
  const auto loader = SnapshotLoader::open(server, {.present = present});
  if (loader == nullptr) {
    log::warning("There is no snapshot to load: " + snapshot_path(server.settings()));
    return false;
  }
  bool done = loader->finish() == SnapshotLoader::State::done;
  if (!done) log::warning(loader->error());
  const bool replaces = present == SnapshotLoader::Present::replace;
  const auto error = restore_libraries(server, loader->functions(),
                                       replaces ? RestorePolicy::replace : RestorePolicy::append);
  if (error) log::warning(*error);
  done = done && !error;
  const SnapshotLoader::Counts& counts = loader->counts();
  server.snapshots().note_load(counts.loaded, counts.expired, server.changes());
  return done;
}

}  // namespace

Reply debug_reload(Context& ctx, ArgReader& args) {
  ReloadOptions options;
  if (!read_options(args, options)) {
    return Reply::error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
  }
  if (options.save && !save_snapshot(ctx.here())) return Reply::error("ERR");
  if (options.flush) {
    for (const CoreId core : ctx.all_cores()) {
      ctx.data(core).keyspace.flush_all(storage::Free::in_slices);
    }
    remove_all_libraries(ctx.server());
  }
  if (!load(ctx, options.present)) {
    return Reply::error("ERR Error trying to load the RDB dump, check server logs.");
  }
  log::warning("DB reloaded by DEBUG RELOAD");
  return Reply::ok();
}

}  // namespace tidemark::server
