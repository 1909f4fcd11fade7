#pragma once

#include <cstdint>
#include <optional>

#include <sys/types.h>

namespace tidemark::bench {

// What a process has used so far.
struct ProcessUsage {
  double user_seconds = 0;
  double system_seconds = 0;
  uint64_t rss_bytes = 0;
  double cpu_seconds() const { return user_seconds + system_seconds; }
};

// From /proc/PID/stat and statm: all threads; the clock ticks 100 times a second. Nothing where
// there is no such process.
std::optional<ProcessUsage> usage_of(pid_t pid);

// This process, to the microsecond.
ProcessUsage own_usage();

}  // namespace tidemark::bench
