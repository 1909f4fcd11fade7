// INFO: the data, and where it is kept besides memory.

#include <algorithm>

#include <fmt/format.h>

#include "server/core/allocator.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/info/sections.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

double per_cent_done(const BackgroundSave& save) {
  if (!save.running() || save.keys() == 0) return 0;
  return 100.0 * static_cast<double>(save.keys_done()) / static_cast<double>(save.keys());
}

void write_loading(const StartupLoad& load, InfoText& text) {
  const uint64_t total = load.bytes();
  const uint64_t read = load.bytes_read();
  text.field("loading_start_time", load.started_us() / 1'000'000);
  text.field("loading_total_bytes", total);
  text.field("loading_rss_used", resident_set_bytes());
  text.field("loading_loaded_bytes", read);
  const double part = total == 0 ? 0 : static_cast<double>(read) / static_cast<double>(total);
  text.field("loading_loaded_perc", fmt::format("{:.2f}", part * 100));
  const double seconds = static_cast<double>(wall_clock_us() - load.started_us()) / 1e6;
  text.field("loading_eta_seconds",
             part == 0 ? int64_t{1} : static_cast<int64_t>(seconds / part - seconds));
}

}  // namespace

// Append-only files do not exist: this is what Redis says that never wrote one.
void write_persistence_section(const InfoSource& source, InfoText& text) {
  const Server& server = source.ctx.server();
  const SnapshotState& snapshots = server.snapshots();
  text.field("loading", server.loading() ? 1 : 0);
  text.field("async_loading", 0);
  const BackgroundSave& save = server.background_save();
  // Nothing is copied; what is written out of turn, because it is about to change, is what comes
  // nearest to it.
  const uint64_t early_bytes = save.running() ? save.early_bytes() : 0;
  text.field("current_cow_peak", early_bytes);
  text.field("current_cow_size", early_bytes);
  text.field("current_cow_size_age", 0);
  text.field("current_fork_perc", fmt::format("{:.2f}", per_cent_done(save)));
  text.field("current_save_keys_processed", save.running() ? save.keys_done() : 0);
  text.field("current_save_keys_total", save.running() ? save.keys() : 0);
  text.field("rdb_changes_since_last_save", source.totals.changes - snapshots.changes_saved);
  text.field("rdb_bgsave_in_progress", save.running() ? 1 : 0);
  text.field("rdb_last_save_time", snapshots.last_save);
  text.field("rdb_last_bgsave_status", snapshots.last_save_failed ? "err" : "ok");
  text.field("rdb_last_bgsave_time_sec", snapshots.background_seconds);
  text.field("rdb_current_bgsave_time_sec",
             save.running() ? (source.ctx.now_us() - save.started_us()) / 1'000'000 : -1);
  text.field("rdb_saves", snapshots.saves);
  text.field("rdb_last_cow_size", snapshots.early_bytes);
  text.field("rdb_last_load_keys_expired", snapshots.keys_expired);
  text.field("rdb_last_load_keys_loaded", snapshots.keys_loaded);
  text.field("aof_enabled", 0);
  text.field("aof_rewrite_in_progress", 0);
  text.field("aof_rewrite_scheduled", 0);
  text.field("aof_last_rewrite_time_sec", -1);
  text.field("aof_current_rewrite_time_sec", -1);
  text.field("aof_last_bgrewrite_status", "ok");
  text.field("aof_rewrites", 0);
  text.field("aof_rewrites_consecutive_failures", 0);
  text.field("aof_last_write_status", "ok");
  text.field("aof_last_cow_size", 0);
  text.field("module_fork_in_progress", 0);
  text.field("module_fork_last_cow_size", 0);
  if (server.loading()) write_loading(server.startup_load(), text);
}

void write_replication_section(const InfoSource& source, InfoText& text) {
  text.field("role", "master");
  text.field("connected_slaves", 0);
  const Settings& settings = source.ctx.settings();
  if (settings.min_replicas_to_write > 0 && settings.min_replicas_max_lag > 0) {
    text.field("min_slaves_good_slaves", 0);
  }
  text.field("master_failover_state", "no-failover");
  text.field("master_replid", source.ctx.server().replication_id());
  text.field("master_replid2", std::string(40, '0'));
  text.field("master_repl_offset", 0);
  text.field("second_repl_offset", -1);
  text.field("repl_backlog_active", 0);
  text.field("repl_backlog_size", source.ctx.settings().repl_backlog_size);
  text.field("repl_backlog_first_byte_offset", 0);
  text.field("repl_backlog_histlen", 0);
}

void write_cluster_section(const InfoSource&, InfoText& text) { text.field("cluster_enabled", 0); }

void write_keyspace_section(const InfoSource& source, InfoText& text) {
  const auto databases = static_cast<uint16_t>(source.ctx.settings().databases);
  for (uint16_t i = 0; i < databases; ++i) {
    size_t keys = 0;
    size_t expiring = 0;
    size_t shedding = 0;
    int64_t ttl_sum_ms = 0;
    for (const CoreId core : source.ctx.all_cores()) {
      const storage::Database& database = source.ctx.data(core).keyspace.database(DbIndex(i));
      keys += database.size();
      expiring += database.expiring();
      shedding += database.shedding();
      ttl_sum_ms += database.average_ttl_ms() * static_cast<int64_t>(database.expiring());
    }
    if (keys == 0) continue;
    const int64_t average = expiring == 0 ? 0 : ttl_sum_ms / static_cast<int64_t>(expiring);
    text.line(fmt::format("db{}", i), "keys={},expires={},avg_ttl={}{}", keys, expiring, average,
              shedding == 0 ? "" : fmt::format(",subexpiry={}", shedding));
  }
}

namespace {

// The figures of all partitions; times are those of whoever is worst off.
storage::WriteBehindFigures add_up_store(const InfoSource& source) {
  storage::WriteBehindFigures all;
  int64_t last_since_ms = 0;
  for (const CoreId core : source.ctx.all_cores()) {
    const auto& write_behind = source.ctx.data(core).write_behind;
    if (write_behind == nullptr) continue;
    const storage::WriteBehindFigures one = write_behind->figures(source.ctx.now_us());
    all.up = all.up && one.up;
    if (!one.last_error.empty() && one.since_ms >= last_since_ms) {
      all.last_error = one.last_error;
      last_since_ms = one.since_ms;
    }
    all.since_ms = std::max(all.since_ms, one.since_ms);
    all.dirty_users += one.dirty_users;
    all.dirty_bytes += one.dirty_bytes;
    all.oldest_dirty_ms = std::max(all.oldest_dirty_ms, one.oldest_dirty_ms);
    all.commit_lag_ms = std::max(all.commit_lag_ms, one.commit_lag_ms);
    all.commits_in_flight += one.commits_in_flight;
    all.loads_waiting += one.loads_waiting;
    all.users_refused += one.users_refused;
    all.users_committed += one.users_committed;
    all.rows_committed += one.rows_committed;
    all.batches_committed += one.batches_committed;
    all.commit_errors += one.commit_errors;
    all.loads += one.loads;
    all.loads_coalesced += one.loads_coalesced;
    all.load_errors += one.load_errors;
  }
  return all;
}

Bytes store_name(StoreKind kind) {
  switch (kind) {
    case StoreKind::rocksdb:
      return "rocksdb";
    case StoreKind::postgres:
      return "postgres";
    case StoreKind::none:
      return "none";
  }
  return "none";
}

}  // namespace

void write_read_state_section(const InfoSource& source, InfoText& text) {
  size_t users = 0;
  size_t entries = 0;
  size_t pending = 0;
  bool has_store = false;
  for (const CoreId core : source.ctx.all_cores()) {
    const CoreData& data = source.ctx.data(core);
    users += data.read_states.resident_users();
    entries += data.read_states.entries();
    pending += data.read_states.pending_users();
    has_store = has_store || data.write_behind != nullptr;
  }
  text.field("readstate_users", users);
  text.field("readstate_entries", entries);
  text.field("readstate_bytes", source.totals.read_state_bytes);
  text.field("readstate_pending_users", pending);
  text.field("readstate_evicted_users", source.totals.evicted_users);

  const storage::WriteBehindFigures store = add_up_store(source);
  const Settings& settings = source.ctx.settings();
  text.field("store", store_name(settings.store));
  text.field("store_state", !has_store ? "none" : store.up ? "up" : "down");
  text.field("store_state_since", store.since_ms / 1000);
  text.field("store_last_error", store.last_error);
  text.field("readstate_dirty_users", store.dirty_users);
  text.field("readstate_dirty_bytes", store.dirty_bytes);
  text.field("readstate_dirty_limit", settings.dirty_limit);
  text.field("readstate_oldest_dirty_ms", store.oldest_dirty_ms);
  text.field("readstate_commit_lag_ms", store.commit_lag_ms);
  text.field("readstate_commits_in_flight", store.commits_in_flight);
  text.field("readstate_users_committed", store.users_committed);
  text.field("readstate_rows_committed", store.rows_committed);
  text.field("readstate_batches_committed", store.batches_committed);
  text.field("readstate_commit_errors", store.commit_errors);
  text.field("readstate_users_refused", store.users_refused);
  text.field("readstate_loads", store.loads);
  text.field("readstate_loads_coalesced", store.loads_coalesced);
  text.field("readstate_loads_waiting", store.loads_waiting);
  text.field("readstate_load_errors", store.load_errors);
}

}  // namespace tidemark::server
