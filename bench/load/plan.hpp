#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "bench/base/distribution.hpp"
#include "bench/base/endpoint.hpp"
#include "bench/base/request_template.hpp"

namespace tidemark::bench {

// A command of the mix and how often it comes, relative to the others.
struct WeightedCommand {
  std::string line;
  uint32_t weight = 1;
};

enum class FillMode : uint8_t { none, before, only };
enum class ReportFormat : uint8_t { table, csv, json };
enum class Progress : uint8_t { automatic, shown, hidden };

// What one run is to do. Defaults are those of --help.
struct LoadPlan {
  Endpoint endpoint;
  uint32_t connections = 50;
  uint32_t threads = 1;
  uint32_t pipeline = 1;         // a batch; open loop: the most that one connection has in flight
  double rate = 0;               // requests a second over all connections; 0: closed loop
  double duration_seconds = 10;  // of the measurement
  uint64_t requests = 0;         // 0: the duration alone ends the run; else whichever comes first
  double warmup_seconds = 0;
  double stall_seconds = 30;  // without any reply: the run fails

  uint64_t keys = 100'000;
  uint64_t channels = 1;  // of each user, for __channel__
  KeyDistribution distribution;
  PlaceholderFormat format;
  uint64_t seed = 1;
  std::vector<WeightedCommand> commands;

  FillMode fill = FillMode::none;
  std::string fill_line;  // run for every key, and for every channel of it, channel by channel

  pid_t server_pid = 0;  // 0: unknown
  ReportFormat report = ReportFormat::table;
  std::string output_path;  // empty: standard output
  std::string series_path;  // empty: none; a CSV of latency over time
  Progress progress = Progress::automatic;
};

inline constexpr uint32_t kOpenLoopInFlight = 512;
inline constexpr uint32_t kConnectionsMax = 10'000;
inline constexpr uint32_t kPipelineMax = 65'536;
inline constexpr double kSecondsMax = 24 * 3600.0;

// A named mix with the fill that goes with it.
struct Scenario {
  const char* name;
  const char* what;
  const char* fill_line;
  std::vector<WeightedCommand> commands;
  uint64_t channels;
  const char* key_prefix;
};
const std::vector<Scenario>& scenarios();

}  // namespace tidemark::bench
