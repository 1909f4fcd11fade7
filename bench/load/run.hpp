#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/base/histogram.hpp"
#include "bench/load/plan.hpp"

namespace tidemark::bench {

struct CommandReport {
  std::string name;
  Histogram latency_ns;
  uint64_t nulls = 0;
  uint64_t errors = 0;
};

// What one phase (the fill or the measurement) came to. CPU is user + system.
struct PhaseReport {
  double seconds = 0;
  uint64_t replies = 0;
  uint64_t never_sent = 0;  // open loop only
  std::vector<CommandReport> commands;
  Histogram latency_ns;  // all commands
  double interval_seconds = 1;
  std::vector<Histogram> intervals;
  double client_cpu_seconds = 0;
  double server_cpu_seconds = -1;  // negative: unknown
  uint64_t server_rss_bytes = 0;   // at the end
  std::string first_error;         // the first error reply, where there was one
};

struct RunReport {
  PhaseReport fill;         // without replies where there was no fill
  PhaseReport measurement;  // without replies where only the fill was asked for
};

// Connects, fills, warms up and measures as planned, on threads of its own; progress goes to
// standard error. Throws BenchError.
RunReport run_load(const LoadPlan& plan);

}  // namespace tidemark::bench
