// LATENCY.

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "server/command/arg_reader.hpp"
#include "server/command/command_table.hpp"
#include "server/command/context.hpp"
#include "server/command/introspection.hpp"
#include "server/commands/families.hpp"
#include "server/info/totals.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

// One kind of event on all cores.
struct Event {
  std::vector<LatencySample> samples;  // oldest first, one a second
  int64_t longest_ms = 0;
};

// By name.
std::map<std::string, Event> gather(const Context& ctx) {
  std::map<std::string, std::map<int64_t, int64_t>> seconds;
  std::map<std::string, Event> events;
  for (const CoreId core : ctx.all_cores()) {
    for (const auto& [name, one] : ctx.data(core).latency.events()) {
      events[name].longest_ms = std::max(events[name].longest_ms, one.longest_ms());
      for (const LatencySample& sample : one.samples()) {
        int64_t& ms = seconds[name][sample.unix_seconds];
        ms = std::max(ms, sample.ms);
      }
    }
  }
  for (auto& [name, event] : events) {
    for (const auto& [second, ms] : seconds[name]) event.samples.push_back({second, ms});
    if (event.samples.size() > LatencyEvents::kSamplesMax) {
      event.samples.erase(event.samples.begin(), event.samples.end() - LatencyEvents::kSamplesMax);
    }
  }
  return events;
}

Reply latency_doctor(Context& ctx, ArgReader&) {
  if (ctx.settings().latency_monitor_threshold == 0) {
    return Reply::verbatim("txt",
                           "Latency monitoring is disabled. CONFIG SET latency-monitor-threshold "
                           "<milliseconds> turns it on: every event that takes that long is "
                           "recorded.\n");
  }
  const auto events = gather(ctx);
  if (events.empty()) {
    return Reply::verbatim("txt", "Nothing took as long as latency-monitor-threshold so far.\n");
  }
  std::string text = "These events took as long as latency-monitor-threshold:\n";
  for (const auto& [name, event] : events) {
    int64_t sum = 0;
    for (const LatencySample& sample : event.samples) sum += sample.ms;
    text += fmt::format(
        "- {}: in {} of the last recorded seconds, {} ms on average, {} ms at worst.\n", name,
        event.samples.size(), sum / static_cast<int64_t>(event.samples.size()), event.longest_ms);
  }
  text += "SLOWLOG GET names the commands; INFO cores shows which core is busy.\n";
  return Reply::verbatim("txt", text);
}

constexpr Command kLatencyDoctor{
    .name = "doctor",
    .summary = "Reports on latency in prose.",
    .since = "2.8.13",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(2),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale,
    .tips = {"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
    .scope = Scope::all_cores,
    .run = latency_doctor,
};

// A column for each sample, the oldest at the left, and under it how long ago that was.
std::string graph_of(Bytes name, const Event& event, int64_t now_seconds) {
  constexpr int kRows = 4;
  int64_t low = event.samples.front().ms;
  int64_t high = low;
  for (const LatencySample& sample : event.samples) {
    low = std::min(low, sample.ms);
    high = std::max(high, sample.ms);
  }
  std::string text = fmt::format("{} - high {} ms, low {} ms (all time high {} ms)\n", name, high,
                                 low, event.longest_ms);
  text += std::string(80, '-') + "\n";
  for (int row = kRows; row >= 1; --row) {
    for (const LatencySample& sample : event.samples) {
      const int64_t rows = high == low ? 1 : 1 + (sample.ms - low) * (kRows - 1) / (high - low);
      text += rows == row ? '#' : rows > row ? '|' : ' ';
    }
    text += "\n";
  }
  text +=
      fmt::format("from {} s ago to {} s ago\n", now_seconds - event.samples.front().unix_seconds,
                  now_seconds - event.samples.back().unix_seconds);
  return text;
}

Reply latency_graph(Context& ctx, ArgReader& args) {
  const Bytes name = args.next();
  if (args.failed()) return args.error();
  const auto events = gather(ctx);
  const auto found = events.find(std::string(name));
  if (found == events.end()) {
    return Reply::error(fmt::format("ERR No samples available for event '{}'", name));
  }
  return Reply::verbatim("txt", graph_of(name, found->second, ctx.now_ms() / 1000));
}

constexpr Command kLatencyGraph{
    .name = "graph",
    .summary = "Draws the latency of an event.",
    .since = "2.8.13",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(3),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale,
    .syntax = "event",
    .tips = {"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
    .scope = Scope::all_cores,
    .run = latency_graph,
};

Reply latency_help(Context& ctx, ArgReader& args) { return container_help(ctx.commands(), args); }

constexpr Command kLatencyHelp{
    .name = "help",
    .summary = "Lists the subcommands.",
    .since = "2.8.13",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(2),
    .flags = Flag::loading | Flag::stale,
    .scope = Scope::home,
    .run = latency_help,
};

// Calls by the powers of two of microseconds (of 1024 ns) within which they were over, cumulated.
Reply show(const LatencyHistogram& latency) {
  const uint64_t calls = latency.count();
  std::vector<Reply> steps;
  uint64_t below = 0;
  for (unsigned power = 0; below < calls; ++power) {
    const uint64_t now_below = latency.count_below(uint64_t{1024} << power);
    if (now_below > below || power >= 24) {
      steps.push_back(Reply::integer(int64_t{1} << power));
      below = power >= 24 ? calls : now_below;
      steps.push_back(Reply::integer(static_cast<int64_t>(below)));
    }
  }
  std::vector<Reply> fields;
  fields.push_back(Reply::bulk("calls"));
  fields.push_back(Reply::integer(static_cast<int64_t>(calls)));
  fields.push_back(Reply::bulk("histogram_usec"));
  fields.push_back(Reply::map(std::move(steps)));
  return Reply::map(std::move(fields));
}

Reply latency_histogram(Context& ctx, ArgReader& args) {
  std::vector<const CommandEntry*> wanted;
  if (args.empty()) {
    for (const CommandEntry& entry : ctx.commands().all()) wanted.push_back(&entry);
  }
  while (!args.empty()) {
    const CommandEntry* entry = ctx.commands().find_full(args.next());
    if (entry == nullptr) continue;
    wanted.push_back(entry);
    for (const CommandEntry& subcommand : entry->subcommands) wanted.push_back(&subcommand);
  }
  std::vector<Reply> histograms;
  for (const CommandEntry* entry : wanted) {
    const LatencyHistogram latency = latency_of(ctx, entry->index);
    if (latency.count() == 0) continue;
    histograms.push_back(Reply::bulk(entry->full_name));
    histograms.push_back(show(latency));
  }
  return Reply::map(std::move(histograms));
}

constexpr Command kLatencyHistogram{
    .name = "histogram",
    .summary = "Returns how long commands took, as cumulative distributions.",
    .since = "7.0.0",
    .complexity = "O(N) in the commands asked for",
    .group = Group::server,
    .arity = at_least(2),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale,
    .syntax = "[command...]",
    .tips = {"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
    .scope = Scope::all_cores,
    .run = latency_histogram,
};

Reply latency_history(Context& ctx, ArgReader& args) {
  const Bytes name = args.next();
  if (args.failed()) return args.error();
  std::vector<Reply> samples;
  const auto events = gather(ctx);
  const auto found = events.find(std::string(name));
  if (found == events.end()) return Reply::empty_array();
  for (const LatencySample& sample : found->second.samples) {
    std::vector<Reply> pair;
    pair.push_back(Reply::integer(sample.unix_seconds));
    pair.push_back(Reply::integer(sample.ms));
    samples.push_back(Reply::array(std::move(pair)));
  }
  return Reply::array(std::move(samples));
}

constexpr Command kLatencyHistory{
    .name = "history",
    .summary = "Returns the samples of an event.",
    .since = "2.8.13",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(3),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale,
    .syntax = "event",
    .tips = {"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
    .scope = Scope::all_cores,
    .run = latency_history,
};

Reply latency_latest(Context& ctx, ArgReader&) {
  std::vector<Reply> latest;
  for (const auto& [name, event] : gather(ctx)) {
    std::vector<Reply> fields;
    fields.push_back(Reply::bulk_copy(name));
    fields.push_back(Reply::integer(event.samples.back().unix_seconds));
    fields.push_back(Reply::integer(event.samples.back().ms));
    fields.push_back(Reply::integer(event.longest_ms));
    latest.push_back(Reply::array(std::move(fields)));
  }
  return Reply::array(std::move(latest));
}

constexpr Command kLatencyLatest{
    .name = "latest",
    .summary = "Returns the last sample of every event.",
    .since = "2.8.13",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(2),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale,
    .tips = {"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
    .scope = Scope::all_cores,
    .run = latency_latest,
};

Reply latency_reset(Context& ctx, ArgReader& args) {
  std::vector<std::string> names;
  if (args.empty()) {
    for (const auto& [name, event] : gather(ctx)) names.push_back(name);
  }
  while (!args.empty()) names.emplace_back(args.next());
  int64_t forgotten = 0;
  for (const std::string& name : names) {
    bool any = false;
    for (const CoreId core : ctx.all_cores()) any = ctx.data(core).latency.forget(name) || any;
    forgotten += any ? 1 : 0;
  }
  return Reply::integer(forgotten);
}

constexpr Command kLatencyReset{
    .name = "reset",
    .summary = "Forgets the samples of events.",
    .since = "2.8.13",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = at_least(2),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale,
    .syntax = "[event...]",
    .tips = {"request_policy:all_nodes", "response_policy:agg_sum"},
    .scope = Scope::all_cores,
    .run = latency_reset,
};

constexpr Command kLatencyCommands[] = {kLatencyDoctor,    kLatencyGraph,   kLatencyHelp,
                                        kLatencyHistogram, kLatencyHistory, kLatencyLatest,
                                        kLatencyReset};

constexpr Command kLatency{
    .name = "latency",
    .summary = "A container for commands about events that took long.",
    .since = "2.8.13",
    .complexity = "Depends on the subcommand.",
    .group = Group::server,
    .arity = at_least(2),
    .subcommands = kLatencyCommands,
};

constexpr Command kCommands[] = {kLatency};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> latency_commands() { return kCommands; }

}  // namespace tidemark::server
