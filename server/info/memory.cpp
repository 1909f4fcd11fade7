// INFO: memory.

#include <sys/sysinfo.h>

#include <algorithm>
#include <array>

#include "server/config/option_table.hpp"
#include "server/core/allocator.hpp"
#include "server/info/sections.hpp"
#include "server/scripts/scripting.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

double ratio(uint64_t of, uint64_t to) {
  return to == 0 ? 0 : static_cast<double>(of) / static_cast<double>(to);
}

// Signed, as the allocator's and the kernel's figures are not of one instant.
int64_t excess(uint64_t of, uint64_t over) {
  return static_cast<int64_t>(of) - static_cast<int64_t>(over);
}

uint64_t system_memory() {
  struct sysinfo info {};
  if (sysinfo(&info) != 0) return 0;
  return uint64_t{info.totalram} * info.mem_unit;
}

// A figure in bytes, and the same for people.
void both(InfoText& text, Bytes name, uint64_t bytes) {
  text.field(name, bytes);
  text.field(std::string(name) + "_human", human_bytes(bytes));
}

void write_used(const InfoSource& source, InfoText& text) {
  const Totals& totals = source.totals;
  const uint64_t startup = source.ctx.server().startup_memory();
  const uint64_t overhead =
      std::min(totals.used_memory, startup + totals.table_bytes + totals.clients_bytes);
  const uint64_t dataset = totals.used_memory - overhead;
  const uint64_t net = totals.used_memory > startup ? totals.used_memory - startup : 0;
  both(text, "used_memory", totals.used_memory);
  both(text, "used_memory_rss", totals.resident_bytes);
  both(text, "used_memory_peak", totals.used_memory_peak);
  text.line("used_memory_peak_perc", "{:.2f}%",
            100 * ratio(totals.used_memory, totals.used_memory_peak));
  text.field("used_memory_overhead", overhead);
  text.field("used_memory_startup", startup);
  text.field("used_memory_dataset", dataset);
  text.line("used_memory_dataset_perc", "{:.2f}%", std::min(100.0, 100 * ratio(dataset, net)));
}

void write_scripts(const InfoSource& source, InfoText& text) {
  Scripting& scripting = source.ctx.server().scripting();
  const FunctionLibraries& libraries = scripting.libraries();
  const uint64_t evals = source.totals.script_bytes;
  const uint64_t functions = source.totals.function_bytes;
  const uint64_t texts = scripting.cache().bytes();
  const uint64_t codes = libraries.code_bytes();
  both(text, "used_memory_lua", evals);
  text.field("used_memory_vm_eval", evals);
  text.field("used_memory_scripts_eval", texts);
  text.field("number_of_cached_scripts", scripting.cache().size());
  text.field("number_of_functions", libraries.function_count());
  text.field("number_of_libraries", libraries.all().size());
  text.field("used_memory_vm_functions", functions);
  both(text, "used_memory_vm_total", evals + functions);
  text.field("used_memory_functions", codes);
  both(text, "used_memory_scripts", texts + codes);
}

void write_fragmentation(const Totals& totals, InfoText& text) {
  const AllocatorFigures& allocator = totals.allocator;
  text.line("allocator_frag_ratio", "{:.2f}", ratio(allocator.active, allocator.allocated));
  text.field("allocator_frag_bytes", excess(allocator.active, allocator.allocated));
  text.line("allocator_rss_ratio", "{:.2f}", ratio(allocator.resident, allocator.active));
  text.field("allocator_rss_bytes", excess(allocator.resident, allocator.active));
  text.line("rss_overhead_ratio", "{:.2f}", ratio(totals.resident_bytes, allocator.resident));
  text.field("rss_overhead_bytes", excess(totals.resident_bytes, allocator.resident));
  text.line("mem_fragmentation_ratio", "{:.2f}", ratio(totals.resident_bytes, totals.used_memory));
  text.field("mem_fragmentation_bytes", excess(totals.resident_bytes, totals.used_memory));
}

}  // namespace

std::string human_bytes(uint64_t bytes) {
  constexpr std::array kUnits{'K', 'M', 'G', 'T', 'P', 'E'};
  if (bytes < 1024) return fmt::format("{}B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.2f}{}", value, kUnits[unit]);
}

void write_memory_section(const InfoSource& source, InfoText& text) {
  const Totals& totals = source.totals;
  const Settings& settings = source.ctx.settings();
  write_used(source, text);
  text.field("allocator_allocated", totals.allocator.allocated);
  text.field("allocator_active", totals.allocator.active);
  text.field("allocator_resident", totals.allocator.resident);
  text.field("allocator_muzzy", 0);
  both(text, "total_system_memory", system_memory());
  write_scripts(source, text);
  both(text, "maxmemory", settings.maxmemory);
  text.field("maxmemory_policy", show_value(*find_option("maxmemory-policy"), settings));
  write_fragmentation(totals, text);
  text.field("mem_not_counted_for_evict", 0);
  text.field("mem_replication_backlog", 0);
  text.field("mem_total_replication_buffers", 0);
  text.field("mem_clients_slaves", 0);
  text.field("mem_clients_normal", totals.clients_bytes);
  text.field("mem_cluster_links", 0);
  text.field("mem_aof_buffer", 0);
  text.field("mem_allocator", allocator_name());
  text.field("active_defrag_running", 0);
  text.field("lazyfree_pending_objects", totals.lazyfree_pending);
  text.field("lazyfreed_objects", totals.lazyfreed);
}

}  // namespace tidemark::server
