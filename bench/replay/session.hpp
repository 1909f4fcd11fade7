#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/base/endpoint.hpp"
#include "bench/base/histogram.hpp"
#include "bench/replay/judge.hpp"
#include "bench/replay/lane_loop.hpp"
#include "bench/replay/server_process.hpp"
#include "bench/workload/stream.hpp"

namespace tidemark::bench {

enum class Restart : uint8_t { none, terminate, kill };

struct ReplaySettings {
  WorkloadConfig workload;
  Endpoint endpoint;
  uint32_t lanes = 8;
  uint32_t depth = 32;
  uint64_t operations = 5'000'000;
  uint64_t seconds_max = 3600;  // of each half of the replay
  Restart restart = Restart::none;
  double commit_delay_ms = 1000;
  double loss_slack_ms = 250;               // a commit takes time, and so does noticing the kill
  std::vector<std::string> server_command;  // empty: a server that runs already
};

struct PhaseFigures {
  uint64_t operations = 0;
  double seconds = 0;
  double server_cpu_seconds = -1;  // negative: unknown
};

// Fills, replays, restarts or kills in the middle, and compares every user: the whole
// demonstration.
class ReplaySession {
 public:
  explicit ReplaySession(const ReplaySettings& settings);

  // Throws BenchError where the server cannot be worked with; differences are counted, not thrown.
  void run();
  void print_report() const;
  // Whether every reply and every user was as it must be.
  bool clean() const;

 private:
  LaneLoop::Hooks hooks();
  void connect();
  void fill();
  void replay(uint64_t operations, const char* title);
  void restart_well();
  void kill_and_judge();
  void verify_all(const char* title);
  void note_info();
  void show_progress(const char* title, uint64_t of);
  PhaseFigures measure(const char* title, const LaneLoop::Hooks& hooks, uint64_t of);

  ReplaySettings settings_;
  Population population_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<LaneLoop> loop_;
  std::vector<WorkloadStream> streams_;
  RecentHistory history_;
  Judge judge_;

  bool measuring_ = false;
  uint64_t settled_ = 0;  // in this phase
  uint64_t phase_start_ns_ = 0;
  uint64_t progress_ns_ = 0;
  uint64_t progress_settled_ = 0;
  uint64_t kill_at_ = UINT64_MAX;
  std::array<Histogram, kOperationKinds> latency_ns_;
  uint64_t fanout_members_ = 0;
  PhaseFigures fill_figures_;
  PhaseFigures replay_figures_;
  Judge::CrashReport crash_;
  double downtime_seconds_ = 0;
  uint64_t filled_entries_ = 0;
  std::map<std::string, std::string> info_;
};

}  // namespace tidemark::bench
