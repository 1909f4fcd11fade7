#include "server/core/latency_monitor.hpp"

#include <algorithm>

namespace tidemark::server {

void LatencyEvents::add(LatencySample sample) {
  longest_ms_ = std::max(longest_ms_, sample.ms);
  if (count_ > 0) {
    LatencySample& last = ring_[(next_ + kSamplesMax - 1) % kSamplesMax];
    if (last.unix_seconds == sample.unix_seconds) {
      last.ms = std::max(last.ms, sample.ms);
      return;
    }
  }
  ring_[next_] = sample;
  next_ = (next_ + 1) % kSamplesMax;
  count_ = std::min(count_ + 1, kSamplesMax);
}

std::vector<LatencySample> LatencyEvents::samples() const {
  std::vector<LatencySample> oldest_first;
  oldest_first.reserve(count_);
  for (size_t i = 0; i < count_; ++i) {
    oldest_first.push_back(ring_[(next_ + kSamplesMax - count_ + i) % kSamplesMax]);
  }
  return oldest_first;
}

void LatencyMonitor::add(Bytes event, LatencySample sample) {
  auto found = events_.find(event);
  if (found == events_.end()) found = events_.emplace(event, LatencyEvents()).first;
  found->second.add(sample);
}

bool LatencyMonitor::forget(Bytes event) {
  const auto found = events_.find(event);
  if (found == events_.end()) return false;
  events_.erase(found);
  return true;
}

}  // namespace tidemark::server
