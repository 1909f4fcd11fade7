#include "server/info/totals.hpp"

#include <algorithm>

#include "server/client/client.hpp"
#include "server/command/context.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

void add_clients(const CoreData& data, Totals& totals) {
  totals.clients_blocked += data.pause.held() + data.timed_waits.size();
  totals.clients_timed += data.timed_waits.timed();
  totals.keys_waited_for += data.waiting_keys.size();
  totals.keys_needed += data.waiting_keys.needed();
  totals.clients_tracking += data.tracking.clients();
  totals.tracked_keys += data.tracking.keys();
  totals.tracked_items += data.tracking.items();
  totals.tracked_prefixes = data.tracking.prefixes();  // the same on every core
  totals.channels += data.directory.size(Topic::channel);
  totals.patterns += data.directory.size(Topic::pattern);
  totals.shard_channels += data.directory.size(Topic::shard_channel);
  for (const auto& [id, client] : data.clients.all()) {
    if (client->closed() || client->evicted()) continue;
    ++totals.clients;
    totals.clients_bytes += client->memory_bytes();
    totals.input_bytes_max = std::max(totals.input_bytes_max, client->query_buffer_bytes());
    totals.output_bytes_max = std::max(totals.output_bytes_max, client->output_bytes());
  }
}

void add_statistics(const Statistics& statistics, Totals& totals) {
  for (size_t i = 0; i < statistics.commands.size(); ++i) {
    const CommandStatistics& from = statistics.commands[i];
    Totals::CommandTotals& to = totals.commands[i];
    to.calls += from.calls;
    to.usec += CycleClock::microseconds(from.cycles);
    to.rejected += from.rejected;
    to.failed += from.failed;
  }
  for (const auto& [code, count] : statistics.errors) totals.errors[code] += count;
  totals.connections_received += statistics.connections_received;
  totals.connections_rejected += statistics.connections_rejected;
  totals.commands_processed += statistics.commands_processed;
  totals.net_input_bytes += statistics.net_input_bytes;
  totals.net_output_bytes += statistics.net_output_bytes;
  totals.keyspace_hits += statistics.keyspace_hits;
  totals.keyspace_misses += statistics.keyspace_misses;
  totals.error_replies += statistics.error_replies;
  totals.evicted_clients += statistics.evicted_clients;
  totals.evicted_users += statistics.evicted_users;
  totals.reads_processed += statistics.reads_processed;
  totals.writes_processed += statistics.writes_processed;
  totals.query_buffer_disconnections += statistics.query_buffer_limit_disconnections;
  totals.output_buffer_disconnections += statistics.output_buffer_limit_disconnections;
  totals.expire_cycle_us += statistics.expire_cycle_us;
  totals.expire_cap_reached += statistics.expire_cap_reached;
  totals.eviction_exceeded_us += statistics.eviction_exceeded_us;
}

void add_keyspace(const storage::Keyspace& keyspace, Totals& totals) {
  totals.expired_keys += keyspace.stats().expired_keys;
  totals.expired_parts += keyspace.stats().expired_parts;
  totals.evicted_keys += keyspace.stats().evicted_keys;
  totals.changes += keyspace.stats().changes;
  totals.expired_stale_percent =
      std::max(totals.expired_stale_percent, keyspace.stats().expired_stale_percent);
  totals.lazyfree_pending += keyspace.disposal().pending_objects();
  totals.lazyfreed += keyspace.disposal().freed_objects();
  for (size_t db = 0; db < keyspace.database_count(); ++db) {
    totals.table_bytes += keyspace.database(DbIndex(static_cast<uint16_t>(db))).table_bytes();
  }
}

}  // namespace

Totals add_up(const Context& ctx) {
  Server& server = ctx.server();
  Totals totals;
  totals.commands.resize(server.commands().all().size());
  for (const CoreId core : ctx.all_cores()) {
    const CoreData& data = ctx.data(core);
    add_clients(data, totals);
    add_statistics(data.statistics, totals);
    add_keyspace(data.keyspace, totals);
    totals.script_bytes += data.scripts.script_bytes();
    totals.function_bytes += data.scripts.function_bytes();
    totals.read_state_bytes += data.read_states.bytes();
    totals.commands_per_second += data.command_rate.per_second();
    totals.net_input_per_second += data.net_input_rate.per_second();
    totals.net_output_per_second += data.net_output_rate.per_second();
    if (data.above_maxmemory_since_us != 0) {
      const int64_t above_us = std::max<int64_t>(0, ctx.now_us() - data.above_maxmemory_since_us);
      totals.eviction_exceeded_now_us =
          std::max(totals.eviction_exceeded_now_us, static_cast<uint64_t>(above_us));
    }
  }
  totals.allocator = allocator_figures();
  totals.resident_bytes = resident_set_bytes();
  totals.used_memory = server.used_memory();
  server.note_memory(totals.used_memory);
  totals.used_memory_peak = server.peak_memory();
  return totals;
}

LatencyHistogram latency_of(const Context& ctx, size_t command_index) {
  LatencyHistogram all;
  for (const CoreId core : ctx.all_cores()) {
    const auto& latency = ctx.data(core).statistics.commands[command_index].latency;
    if (latency != nullptr) all.add(*latency);
  }
  return all;
}

}  // namespace tidemark::server
