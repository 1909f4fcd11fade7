// MEMORY.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/introspection.hpp"
#include "server/commands/families.hpp"
#include "server/core/allocator.hpp"
#include "server/info/info_text.hpp"
#include "server/info/totals.hpp"
#include "server/scripts/scripting.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

// Below this there is nothing to tell.
constexpr uint64_t kSmallBytes = uint64_t{5} << 20;
// What is worth a word: memory at its peak over what is used now, resident memory over both.
constexpr double kPeakRatio = 1.5;
constexpr double kFragmentationRatio = 1.4;

double ratio(uint64_t of, uint64_t to) {
  return to == 0 ? 0 : static_cast<double>(of) / static_cast<double>(to);
}

Reply memory_doctor(Context& ctx, ArgReader&) {
  const Totals totals = add_up(ctx);
  if (totals.used_memory < kSmallBytes) {
    return Reply::verbatim("txt", "This server uses too little memory to say anything about it.\n");
  }
  std::string text;
  if (ratio(totals.used_memory_peak, totals.used_memory) > kPeakRatio) {
    text += fmt::format(
        "- Memory in use was {} at its peak and is {} now; what is resident may follow the peak "
        "for "
        "a while. MEMORY PURGE gives it back.\n",
        human_bytes(totals.used_memory_peak), human_bytes(totals.used_memory));
  }
  if (ratio(totals.allocator.active, totals.allocator.allocated) > kFragmentationRatio) {
    text +=
        fmt::format("- {} of pages hold {} of data: values of changing sizes fragment memory.\n",
                    human_bytes(totals.allocator.active), human_bytes(totals.allocator.allocated));
  }
  if (ctx.settings().maxmemory == 0) {
    text += "- maxmemory is not set: nothing bounds what clients may store.\n";
  }
  if (text.empty()) text = "Nothing about the memory of this server is worth a word.\n";
  return Reply::verbatim("txt", text);
}

constexpr Command kMemoryDoctor{
    .name = "doctor",
    .summary = "Reports on memory in prose.",
    .since = "4.0.0",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(2),
    .tips = {"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
    .scope = Scope::all_cores,
    .run = memory_doctor,
};

Reply memory_help(Context& ctx, ArgReader& args) { return container_help(ctx.commands(), args); }

constexpr Command kMemoryHelp{
    .name = "help",
    .summary = "Lists the subcommands.",
    .since = "4.0.0",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(2),
    .flags = Flag::loading | Flag::stale,
    .scope = Scope::home,
    .run = memory_help,
};

Reply memory_malloc_stats(Context&, ArgReader&) {
  return Reply::verbatim("txt", allocator_report());
}

constexpr Command kMemoryMallocStats{
    .name = "malloc-stats",
    .summary = "Returns the statistics of the allocator.",
    .since = "4.0.0",
    .complexity = "O(N) in the arenas",
    .group = Group::server,
    .arity = exactly(2),
    .tips = {"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
    .scope = Scope::home,
    .run = memory_malloc_stats,
};

Reply memory_purge(Context&, ArgReader&) {
  purge_arenas();
  return Reply::ok();
}

constexpr Command kMemoryPurge{
    .name = "purge",
    .summary = "Asks the allocator to give memory back.",
    .since = "4.0.0",
    .complexity = "O(N) in the unused pages",
    .group = Group::server,
    .arity = exactly(2),
    .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
    .scope = Scope::home,
    .run = memory_purge,
};

// What the tables of one database take up.
Reply database_overhead(const Context& ctx, DbIndex db) {
  size_t bytes = 0;
  for (const CoreId core : ctx.all_cores()) {
    bytes += ctx.data(core).keyspace.database(db).table_bytes();
  }
  std::vector<Reply> fields;
  fields.push_back(Reply::bulk("overhead.hashtable.main"));
  fields.push_back(Reply::integer(static_cast<int64_t>(bytes)));
  for (const Bytes name : {"overhead.hashtable.expires", "overhead.hashtable.slot-to-keys"}) {
    fields.push_back(Reply::bulk(name));
    fields.push_back(Reply::integer(0));
  }
  return Reply::map(std::move(fields));
}

size_t keys_of(const Context& ctx, DbIndex db) {
  size_t keys = 0;
  for (const CoreId core : ctx.all_cores()) keys += ctx.data(core).keyspace.database(db).size();
  return keys;
}

Reply memory_stats(Context& ctx, ArgReader&) {
  const Totals totals = add_up(ctx);
  const AllocatorFigures& allocator = totals.allocator;
  std::vector<Reply> fields;
  const auto add = [&fields](Bytes name, Reply value) {
    fields.push_back(Reply::bulk_copy(name));
    fields.push_back(std::move(value));
  };
  const auto count = [&add](Bytes name, uint64_t value) {
    add(name, Reply::integer(static_cast<int64_t>(value)));
  };
  const auto excess = [&add](Bytes name, uint64_t of, uint64_t over) {
    add(name, Reply::integer(static_cast<int64_t>(of) - static_cast<int64_t>(over)));
  };
  const uint64_t startup = ctx.server().startup_memory();
  const uint64_t overhead =
      std::min(totals.used_memory, startup + totals.table_bytes + totals.clients_bytes);
  const uint64_t net = totals.used_memory > startup ? totals.used_memory - startup : 0;
  count("peak.allocated", totals.used_memory_peak);
  count("total.allocated", totals.used_memory);
  count("startup.allocated", startup);
  for (const Bytes name : {"replication.backlog", "clients.slaves"}) count(name, 0);
  count("clients.normal", totals.clients_bytes);
  for (const Bytes name : {"cluster.links", "aof.buffer"}) count(name, 0);
  Scripting& scripting = ctx.server().scripting();
  count("lua.caches", scripting.cache().bytes());
  count("functions.caches", scripting.libraries().code_bytes());
  size_t keys = 0;
  for (uint16_t db = 0; db < ctx.settings().databases; ++db) {
    const size_t in_db = keys_of(ctx, DbIndex(db));
    keys += in_db;
    if (in_db > 0) add(fmt::format("db.{}", db), database_overhead(ctx, DbIndex(db)));
  }
  count("overhead.total", overhead);
  count("readstate.bytes", totals.read_state_bytes);
  count("keys.count", keys);
  count("keys.bytes-per-key", keys == 0 ? 0 : net / keys);
  count("dataset.bytes", totals.used_memory - overhead);
  add("dataset.percentage",
      Reply::real(std::min(100.0, 100 * ratio(totals.used_memory - overhead, net))));
  add("peak.percentage", Reply::real(100 * ratio(totals.used_memory, totals.used_memory_peak)));
  count("allocator.allocated", allocator.allocated);
  count("allocator.active", allocator.active);
  count("allocator.resident", allocator.resident);
  add("allocator-fragmentation.ratio", Reply::real(ratio(allocator.active, allocator.allocated)));
  excess("allocator-fragmentation.bytes", allocator.active, allocator.allocated);
  add("allocator-rss.ratio", Reply::real(ratio(allocator.resident, allocator.active)));
  excess("allocator-rss.bytes", allocator.resident, allocator.active);
  add("rss-overhead.ratio", Reply::real(ratio(totals.resident_bytes, allocator.resident)));
  excess("rss-overhead.bytes", totals.resident_bytes, allocator.resident);
  add("fragmentation", Reply::real(ratio(totals.resident_bytes, totals.used_memory)));
  excess("fragmentation.bytes", totals.resident_bytes, totals.used_memory);
  return Reply::map(std::move(fields));
}

constexpr Command kMemoryStats{
    .name = "stats",
    .summary = "Tells what memory is used for.",
    .since = "4.0.0",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(2),
    .tips = {"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
    .scope = Scope::all_cores,
    .run = memory_stats,
};

// Sizes are exact, so that SAMPLES has nothing to do.
Reply memory_usage(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  while (!args.empty()) {
    if (!args.accept_with("samples", 1)) {
      args.fail_syntax();
      break;
    }
    if (args.next_integer() < 0) args.fail_syntax();
  }
  if (args.failed()) return args.error();

  const storage::Entry* entry = ctx.database(key).peek(ctx.hashed(key));
  if (entry == nullptr) return Reply::null();
  return Reply::integer(static_cast<int64_t>(entry->memory_bytes() + sizeof(storage::Slot)));
}

constexpr Command kMemoryUsage{
    .name = "usage",
    .summary = "Estimates the bytes that a key takes up.",
    .since = "4.0.0",
    .complexity = "O(N) in the samples",
    .group = Group::server,
    .arity = at_least(3),
    .flags = Flag::readonly,
    .keys = {key_at(2, Access::inspect)},
    .syntax = "key:key [SAMPLES count:integer]",
    .run = memory_usage,
};

constexpr Command kMemoryCommands[] = {kMemoryDoctor, kMemoryHelp,  kMemoryMallocStats,
                                       kMemoryPurge,  kMemoryStats, kMemoryUsage};

constexpr Command kMemory{
    .name = "memory",
    .summary = "A container for commands about memory.",
    .since = "4.0.0",
    .complexity = "Depends on the subcommand.",
    .group = Group::server,
    .arity = at_least(2),
    .subcommands = kMemoryCommands,
};

constexpr Command kCommands[] = {kMemory};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> memory_commands() { return kCommands; }

}  // namespace tidemark::server
