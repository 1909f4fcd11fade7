#pragma once

#include <string>

#include "bench/load/plan.hpp"
#include "bench/load/run.hpp"

namespace tidemark::bench {

// The report as the plan asks for it: a table for people, one CSV line for each command with a
// header, or one JSON object. Latencies are in microseconds.
std::string format_report(const LoadPlan& plan, const RunReport& report);

// Latency over time as CSV.
std::string format_series(const PhaseReport& report);

}  // namespace tidemark::bench
