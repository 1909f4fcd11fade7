#include "bench/load/options.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <vector>

#include <fmt/format.h>

namespace tidemark::bench {

namespace {

// What is gathered before it can be checked as a whole.
struct Draft {
  LoadPlan plan;
  std::string scenario = "get-set";
  std::vector<std::string> lines;
  std::string ratio;
  std::optional<std::string> key_prefix;
  std::optional<uint64_t> channels;
  std::optional<uint32_t> pipeline;
  std::optional<double> duration;
};

template <typename T>
T number(const std::string& text, T low, T high) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < low || value > high) {
    throw BenchError(fmt::format("'{}' is not a number from {} to {}", text, low, high));
  }
  return value;
}

uint32_t count32(const std::string& text, uint32_t high) { return number<uint32_t>(text, 1, high); }

struct Option {
  const char* name;
  const char* argument;  // null for a switch
  const char* help;
  void (*set)(Draft&, const std::string&);
};

constexpr uint64_t kKeysMax = 10'000'000'000;

const Option kOptions[] = {
    {"-h", "host", "where the server listens (127.0.0.1)",
     [](Draft& d, const std::string& v) { d.plan.endpoint.host = v; }},
    {"-p", "port", "(6379)",
     [](Draft& d, const std::string& v) { d.plan.endpoint.port = number<uint16_t>(v, 1, 65535); }},
    {"-s", "path", "a Unix socket, instead of host and port",
     [](Draft& d, const std::string& v) { d.plan.endpoint.unix_path = v; }},
    {"--allow-remote", nullptr, "targets other than this machine are refused without it",
     [](Draft& d, const std::string&) { d.plan.endpoint.reach = Reach::anywhere; }},
    {"--user", "name", "for AUTH",
     [](Draft& d, const std::string& v) { d.plan.endpoint.user = v; }},
    {"-a", "password", "AUTH",
     [](Draft& d, const std::string& v) { d.plan.endpoint.password = v; }},
    {"--db", "number", "SELECT (0)",
     [](Draft& d, const std::string& v) { d.plan.endpoint.database = number(v, 0, 1 << 20); }},
    {"--resp", "2|3", "protocol (2)",
     [](Draft& d, const std::string& v) { d.plan.endpoint.resp = number(v, 2, 3); }},
    {"-c", "connections", "(50)",
     [](Draft& d, const std::string& v) { d.plan.connections = count32(v, kConnectionsMax); }},
    {"-t", "threads", "(1); they share the connections",
     [](Draft& d, const std::string& v) { d.plan.threads = count32(v, 256); }},
    {"-P", "depth", "requests a batch (1); with --rate: the most in flight a connection (512)",
     [](Draft& d, const std::string& v) { d.pipeline = count32(v, kPipelineMax); }},
    {"--rate", "per second",
     "open loop: requests start on this schedule whatever the server does, and latency counts "
     "from the intended start",
     [](Draft& d, const std::string& v) { d.plan.rate = number(v, 0.001, 1e9); }},
    {"-d", "seconds", "how long to measure (10; 600 where -n is given)",
     [](Draft& d, const std::string& v) { d.duration = number(v, 0.001, kSecondsMax); }},
    {"-n", "requests", "stop after so many, too",
     [](Draft& d, const std::string& v) {
       d.plan.requests = number<uint64_t>(v, 1, 1'000'000'000'000);
     }},
    {"--warmup", "seconds", "run unmeasured before (0)",
     [](Draft& d, const std::string& v) { d.plan.warmup_seconds = number(v, 0.0, kSecondsMax); }},
    {"--stall", "seconds", "fail where no reply comes for so long (30)",
     [](Draft& d, const std::string& v) { d.plan.stall_seconds = number(v, 0.1, kSecondsMax); }},
    {"--scenario", "name", "a mix with its fill, from the list below (get-set)",
     [](Draft& d, const std::string& v) { d.scenario = v; }},
    {"--command", "line", "a command of your own, several times for a mix",
     [](Draft& d, const std::string& v) { d.lines.push_back(v); }},
    {"--ratio", "a:b:...", "how often each command comes (the scenario's, or all alike)",
     [](Draft& d, const std::string& v) { d.ratio = v; }},
    {"--fill", nullptr, "first run the fill command once for every key (and channel)",
     [](Draft& d, const std::string&) { d.plan.fill = FillMode::before; }},
    {"--fill-only", nullptr, "fill and stop",
     [](Draft& d, const std::string&) { d.plan.fill = FillMode::only; }},
    {"--fill-command", "line", "instead of the scenario's",
     [](Draft& d, const std::string& v) { d.plan.fill_line = v; }},
    {"--keys", "number", "how many keys, or users, there are (100000)",
     [](Draft& d, const std::string& v) { d.plan.keys = number<uint64_t>(v, 1, kKeysMax); }},
    {"--channels", "number", "channels a user (50 in the read state scenarios, else 1)",
     [](Draft& d, const std::string& v) { d.channels = number<uint64_t>(v, 1, kKeysMax); }},
    {"--distribution", "which", "of the keys: uniform, zipf, zipf:THETA, sequential (uniform)",
     [](Draft& d, const std::string& v) {
       const auto parsed = parse_key_distribution(v);
       if (!parsed) throw BenchError("no such distribution: " + v);
       d.plan.distribution = *parsed;
     }},
    {"--key-prefix", "text", "(key: or user:)",
     [](Draft& d, const std::string& v) { d.key_prefix = v; }},
    {"--key-size", "bytes", "prefix and digits together (16)",
     [](Draft& d, const std::string& v) { d.plan.format.key_bytes = count32(v, 512); }},
    {"--data-size", "bytes", "of __data__ (64)",
     [](Draft& d, const std::string& v) {
       d.plan.format.value_bytes = number<uint32_t>(v, 0, 64 << 20);
     }},
    {"--seed", "number", "same seed, same requests (1)",
     [](Draft& d, const std::string& v) {
       d.plan.seed = number<uint64_t>(v, 0, UINT64_MAX);
       d.plan.format.value_seed = d.plan.seed;
     }},
    {"--server-pid", "pid", "report this process's CPU and RSS",
     [](Draft& d, const std::string& v) { d.plan.server_pid = number<pid_t>(v, 1, 1 << 22); }},
    {"--format", "table|csv|json", "of the report (table)",
     [](Draft& d, const std::string& v) {
       if (v == "table") {
         d.plan.report = ReportFormat::table;
       } else if (v == "csv") {
         d.plan.report = ReportFormat::csv;
       } else if (v == "json") {
         d.plan.report = ReportFormat::json;
       } else {
         throw BenchError("no such format: " + v);
       }
     }},
    {"--output", "file", "where the report goes (standard output)",
     [](Draft& d, const std::string& v) { d.plan.output_path = v; }},
    {"--series", "file", "latency over time, as CSV",
     [](Draft& d, const std::string& v) { d.plan.series_path = v; }},
    {"--progress", nullptr, "show the progress line even where nobody may be looking",
     [](Draft& d, const std::string&) { d.plan.progress = Progress::shown; }},
    {"--quiet", nullptr, "never show it",
     [](Draft& d, const std::string&) { d.plan.progress = Progress::hidden; }},
};

const Option* find_option(const char* name) {
  for (const Option& option : kOptions) {
    if (std::strcmp(option.name, name) == 0) return &option;
  }
  return nullptr;
}

const Scenario& find_scenario(const std::string& name) {
  for (const Scenario& scenario : scenarios()) {
    if (name == scenario.name) return scenario;
  }
  throw BenchError("no such scenario: " + name);
}

void apply_ratio(const std::string& ratio, std::vector<WeightedCommand>& commands) {
  size_t start = 0;
  for (size_t i = 0; i < commands.size(); ++i) {
    const size_t end = std::min(ratio.find(':', start), ratio.size());
    const bool last = i + 1 == commands.size();
    if (start > ratio.size() || last != (end == ratio.size())) {
      throw BenchError(fmt::format("--ratio needs {} numbers", commands.size()));
    }
    commands[i].weight = number<uint32_t>(ratio.substr(start, end - start), 0, 10'000);
    start = end + 1;
  }
}

LoadPlan finish(Draft draft) {
  LoadPlan& plan = draft.plan;
  const Scenario& scenario = find_scenario(draft.scenario);
  plan.commands = scenario.commands;
  if (!draft.lines.empty()) {
    if (draft.lines.size() > 256) throw BenchError("at most 256 commands");
    plan.commands.clear();
    for (const std::string& line : draft.lines) plan.commands.push_back({.line = line});
  }
  if (!draft.ratio.empty()) apply_ratio(draft.ratio, plan.commands);
  uint64_t weights = 0;
  for (const WeightedCommand& command : plan.commands) weights += command.weight;
  if (weights == 0) throw BenchError("--ratio leaves nothing to do");
  if (plan.fill_line.empty()) plan.fill_line = scenario.fill_line;
  plan.format.key_prefix = draft.key_prefix.value_or(scenario.key_prefix);
  plan.channels = draft.channels.value_or(scenario.channels);
  plan.pipeline = draft.pipeline.value_or(plan.rate > 0 ? kOpenLoopInFlight : 1);
  plan.duration_seconds = draft.duration.value_or(plan.requests != 0 ? 600.0 : 10.0);
  if (plan.threads > plan.connections) plan.threads = plan.connections;
  if (plan.channels > UINT64_MAX / plan.keys) throw BenchError("too many keys and channels");
  return plan;
}

}  // namespace

std::string help_text() {
  std::string out =
      "tidemark-benchmark: load for any server that speaks RESP.\n\n"
      "usage: tidemark-benchmark [option ...]\n\n";
  auto to = std::back_inserter(out);
  for (const Option& option : kOptions) {
    const std::string left = option.argument == nullptr
                                 ? std::string(option.name)
                                 : fmt::format("{} <{}>", option.name, option.argument);
    fmt::format_to(to, "  {:<28}{}\n", left, option.help);
  }
  out +=
      "\nIn a command, __key__ is the prefix and the key's zero-padded number, __data__ a value "
      "of\n"
      "--data-size bytes, __channel__ and __id__ 19-digit ids (an id grows with every request),\n"
      "__rand__ twelve random digits. A fill numbers the keys in order, and begins again with "
      "every\n"
      "further channel.\n\nscenarios:\n";
  for (const Scenario& scenario : scenarios()) {
    fmt::format_to(to, "  {:<18}{}\n", scenario.name, scenario.what);
  }
  out +=
      "\nexample: tidemark-benchmark -p 6380 --scenario get-set --fill --keys 1000000 -P 16 \\\n"
      "           --warmup 2 -d 10 --server-pid $(pidof redis-server)\n\n"
      "Exit code: 0, or 1 where the run failed or any reply was an error, 2 for a wrong option.\n";
  return out;
}

std::optional<LoadPlan> parse_options(int argc, char** argv) {
  Draft draft;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--help") == 0) {
      std::fputs(help_text().c_str(), stdout);
      return std::nullopt;
    }
    const Option* const option = find_option(argv[i]);
    if (option == nullptr)
      throw BenchError(fmt::format("no such option: {} (see --help)", argv[i]));
    std::string value;
    if (option->argument != nullptr) {
      if (i + 1 == argc)
        throw BenchError(fmt::format("{} needs <{}>", option->name, option->argument));
      value = argv[++i];
    }
    try {
      option->set(draft, value);
    } catch (const BenchError& error) {
      throw BenchError(fmt::format("{}: {}", option->name, error.what()));
    }
  }
  return finish(std::move(draft));
}

}  // namespace tidemark::bench
