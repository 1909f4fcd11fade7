#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "storage/base/bytes.hpp"

namespace tidemark::server {

// One event that took at least `latency-monitor-threshold`.
struct LatencySample {
  int64_t unix_seconds = 0;
  int64_t ms = 0;
};

// The events of one kind on one core: the last 160 seconds in which there were any, each with its
// longest.
class LatencyEvents {
 public:
  static constexpr size_t kSamplesMax = 160;

  void add(LatencySample sample);
  // Oldest first.
  std::vector<LatencySample> samples() const;
  int64_t longest_ms() const { return longest_ms_; }

 private:
  std::array<LatencySample, kSamplesMax> ring_{};
  size_t next_ = 0;
  size_t count_ = 0;
  int64_t longest_ms_ = 0;
};

// What took long on one core, by kind: "command", "fast-command", "expire-cycle" ...
class LatencyMonitor {
 public:
  void add(Bytes event, LatencySample sample);
  const std::map<std::string, LatencyEvents, std::less<>>& events() const { return events_; }
  // Whether there was any.
  bool forget(Bytes event);

 private:
  std::map<std::string, LatencyEvents, std::less<>> events_;
};

}  // namespace tidemark::server
