// INFO: what has been done, by how much, and how fast.

#include "server/command/command_table.hpp"
#include "server/info/sections.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

constexpr double kBytesPerKilobyte = 1024;

void write_traffic(const Totals& totals, InfoText& text) {
  text.field("total_connections_received", totals.connections_received);
  text.field("total_commands_processed", totals.commands_processed);
  text.line("instantaneous_ops_per_sec", "{:.0f}", totals.commands_per_second);
  text.field("total_net_input_bytes", totals.net_input_bytes);
  text.field("total_net_output_bytes", totals.net_output_bytes);
  text.field("total_net_repl_input_bytes", 0);
  text.field("total_net_repl_output_bytes", 0);
  text.line("instantaneous_input_kbps", "{:.2f}", totals.net_input_per_second / kBytesPerKilobyte);
  text.line("instantaneous_output_kbps", "{:.2f}",
            totals.net_output_per_second / kBytesPerKilobyte);
  text.field("instantaneous_input_repl_kbps", "0.00");
  text.field("instantaneous_output_repl_kbps", "0.00");
  text.field("rejected_connections", totals.connections_rejected);
  text.field("sync_full", 0);
  text.field("sync_partial_ok", 0);
  text.field("sync_partial_err", 0);
}

void write_removals(const Totals& totals, InfoText& text) {
  text.field("expired_keys", totals.expired_keys);
  text.field("expired_subkeys", totals.expired_parts);
  text.line("expired_stale_perc", "{:.2f}", totals.expired_stale_percent);
  text.field("expired_time_cap_reached_count", totals.expire_cap_reached);
  text.field("expire_cycle_cpu_milliseconds", totals.expire_cycle_us / 1000);
  text.field("evicted_keys", totals.evicted_keys);
  text.field("evicted_clients", totals.evicted_clients);
  text.field("evicted_scripts", 0);
  text.field("total_eviction_exceeded_time",
             (totals.eviction_exceeded_us + totals.eviction_exceeded_now_us) / 1000);
  text.field("current_eviction_exceeded_time", totals.eviction_exceeded_now_us / 1000);
  text.field("keyspace_hits", totals.keyspace_hits);
  text.field("keyspace_misses", totals.keyspace_misses);
}

void write_subscriptions(const Totals& totals, InfoText& text) {
  text.field("pubsub_channels", totals.channels);
  text.field("pubsub_patterns", totals.patterns);
  text.field("pubsubshard_channels", totals.shard_channels);
}

// What we have no like of, at what it is in a Redis that does not use it.
void write_unused(InfoText& text) {
  for (const Bytes name :
       {"latest_fork_usec", "total_forks", "migrate_cached_sockets", "slave_expires_tracked_keys",
        "active_defrag_hits", "active_defrag_misses", "active_defrag_key_hits",
        "active_defrag_key_misses", "total_active_defrag_time", "current_active_defrag_time"}) {
    text.field(name, 0);
  }
}

}  // namespace

void write_stats_section(const InfoSource& source, InfoText& text) {
  const Totals& totals = source.totals;
  write_traffic(totals, text);
  write_removals(totals, text);
  write_subscriptions(totals, text);
  write_unused(text);
  text.field("tracking_total_keys", totals.tracked_keys);
  text.field("tracking_total_items", totals.tracked_items);
  text.field("tracking_total_prefixes", totals.tracked_prefixes);
  text.field("unexpected_error_replies", 0);
  text.field("total_error_replies", totals.error_replies);
  text.field("dump_payload_sanitizations", 0);
  text.field("total_reads_processed", totals.reads_processed);
  text.field("total_writes_processed", totals.writes_processed);
  text.field("io_threaded_reads_processed", 0);
  text.field("io_threaded_writes_processed", 0);
  text.field("client_query_buffer_limit_disconnections", totals.query_buffer_disconnections);
  text.field("client_output_buffer_limit_disconnections", totals.output_buffer_disconnections);
  text.field("reply_buffer_shrinks", 0);
  text.field("reply_buffer_expands", 0);
  text.field("acl_access_denied_auth", 0);
  text.field("acl_access_denied_cmd", 0);
  text.field("acl_access_denied_key", 0);
  text.field("acl_access_denied_channel", 0);
}

void write_commandstats_section(const InfoSource& source, InfoText& text) {
  for (const CommandEntry& entry : source.ctx.commands().all()) {
    const Totals::CommandTotals& done = source.totals.commands[entry.index];
    if (done.calls == 0 && done.rejected == 0 && done.failed == 0) continue;
    const double per_call = done.calls == 0 ? 0 : done.usec / static_cast<double>(done.calls);
    text.line("cmdstat_" + entry.full_name,
              "calls={},usec={:.0f},usec_per_call={:.2f},rejected_calls={},failed_calls={}",
              done.calls, done.usec, per_call, done.rejected, done.failed);
  }
}

void write_errorstats_section(const InfoSource& source, InfoText& text) {
  for (const auto& [code, count] : source.totals.errors) {
    text.line("errorstat_" + code, "count={}", count);
  }
}

void write_latencystats_section(const InfoSource& source, InfoText& text) {
  const auto& percentiles = source.ctx.settings().latency_tracking_info_percentiles;
  for (const CommandEntry& entry : source.ctx.commands().all()) {
    if (source.totals.commands[entry.index].calls == 0) continue;
    const LatencyHistogram latency = latency_of(source.ctx, entry.index);
    if (latency.count() == 0) continue;
    std::string shown;
    for (const double percent : percentiles) {
      if (!shown.empty()) shown += ',';
      shown += fmt::format("p{}={:.3f}", percent,
                           static_cast<double>(latency.percentile_ns(percent)) / 1000);
    }
    text.field("latency_percentiles_usec_" + entry.full_name, shown);
  }
}

}  // namespace tidemark::server
