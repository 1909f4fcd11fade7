#include "server/config/options/custom.hpp"
#include "server/config/options/topics.hpp"

namespace tidemark::server {
namespace {

constexpr Option kOptions[] = {
    {.name = "slowlog-log-slower-than",
     .type = IntegerType{.member = &Settings::slowlog_log_slower_than,
                         .min = -1,
                         .max = kAnyInt64,
                         .unit = Unit::microseconds},
     .doc = "SLOWLOG remembers commands that took longer; 0 remembers all, -1 none."},
    {.name = "slowlog-max-len",
     .type = IntegerType{.member = &Settings::slowlog_max_len, .max = kAnyInt64},
     .doc = "How many commands SLOWLOG remembers."},
    {.name = "latency-monitor-threshold",
     .type = IntegerType{.member = &Settings::latency_monitor_threshold,
                         .max = kAnyInt64,
                         .unit = Unit::milliseconds},
     .doc = "LATENCY remembers events that took at least so long; 0 switches it off."},
    {.name = "latency-tracking",
     .type = BoolType{&Settings::latency_tracking},
     .doc = "Keep a histogram of the latency of each command, for INFO and LATENCY HISTOGRAM."},
    {.name = "latency-tracking-info-percentiles",
     .type = CustomType{.read = read_percentiles,
                        .show = show_percentiles,
                        .lines = percentile_lines,
                        .syntax = "percentile [percentile ...]"},
     .doc = "Which percentiles INFO latencystats shows, each from 0 to 100."},
};

}  // namespace

std::span<const Option> latency_options() { return kOptions; }

}  // namespace tidemark::server
