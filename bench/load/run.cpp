#include "bench/load/run.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include <unistd.h>

#include "bench/base/process_usage.hpp"
#include "bench/load/worker.hpp"

namespace tidemark::bench {

namespace {

constexpr size_t kIntervalsMax = 600;
constexpr uint32_t kFillPipeline = 64;
constexpr auto kProgressTick = std::chrono::milliseconds(100);

uint64_t to_ns(double seconds) { return static_cast<uint64_t>(seconds * 1e9); }

// A share of `total` such that all shares add up to it.
uint64_t share_of(uint64_t total, uint32_t index, uint32_t count) {
  return total / count + (index < total % count ? 1 : 0);
}

class Runner {
 public:
  explicit Runner(const LoadPlan& plan) : plan_(plan) {
    for (uint32_t i = 0; i < plan.threads; ++i) {
      workers_.push_back(std::make_unique<Worker>(Worker::Options{
          .endpoint = plan.endpoint,
          .connections = static_cast<uint32_t>(share_of(plan.connections, i, plan.threads))}));
    }
  }

  PhaseReport fill();
  PhaseReport measure(double seconds, const char* title);

 private:
  using MakeSource = std::function<RequestSource(RequestSource::Share)>;

  PhaseReport run_phase(const char* title, const std::vector<std::string>& names, double seconds,
                        double rate, uint64_t requests, uint32_t pipeline,
                        const MakeSource& source);
  PhaseResult run_worker(uint32_t index, const PhaseLimits& whole, const MakeSource& make_source,
                         std::atomic<uint64_t>& progress);
  void watch(const char* title, const std::atomic<uint64_t>& progress,
             const std::atomic<uint32_t>& running) const;

  const LoadPlan& plan_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

PhaseReport Runner::fill() {
  const RequestTemplate command(plan_.fill_line, plan_.format);
  return run_phase(
      "fill", {command.name()}, kSecondsMax, 0, UINT64_MAX, kFillPipeline,
      [&](RequestSource::Share share) {
        return RequestSource(RequestSource::Fill{
            .command = command, .keys = plan_.keys, .channels = plan_.channels, .share = share});
      });
}

PhaseReport Runner::measure(double seconds, const char* title) {
  std::vector<RequestTemplate> commands;
  std::vector<uint32_t> weights;
  std::vector<std::string> names;
  for (const WeightedCommand& command : plan_.commands) {
    commands.emplace_back(command.line, plan_.format);
    weights.push_back(command.weight);
    names.push_back(commands.back().name());
  }
  const uint64_t requests = plan_.requests == 0 ? UINT64_MAX : plan_.requests;
  return run_phase(title, names, seconds, plan_.rate, requests, plan_.pipeline,
                   [&](RequestSource::Share share) {
                     return RequestSource(RequestSource::Mix{.commands = commands,
                                                             .weights = weights,
                                                             .distribution = plan_.distribution,
                                                             .keys = plan_.keys,
                                                             .channels = plan_.channels,
                                                             .seed = plan_.seed,
                                                             .share = share});
                   });
}

PhaseResult Runner::run_worker(uint32_t index, const PhaseLimits& whole,
                               const MakeSource& make_source, std::atomic<uint64_t>& progress) {
  PhaseLimits limits = whole;
  limits.rate = whole.rate / plan_.threads;
  if (whole.requests != UINT64_MAX) {
    limits.requests = share_of(whole.requests, index, plan_.threads);
  }
  RequestSource source = make_source({.index = index, .of = plan_.threads});
  return workers_[index]->run(source, limits, progress);
}

PhaseReport Runner::run_phase(const char* title, const std::vector<std::string>& names,
                              double seconds, double rate, uint64_t requests, uint32_t pipeline,
                              const MakeSource& source) {
  const double interval = std::max(1.0, std::min(seconds, 3600.0) / kIntervalsMax);
  std::atomic<uint64_t> progress{0};
  std::atomic<uint32_t> running{plan_.threads};
  std::vector<PhaseResult> results(plan_.threads);
  std::vector<std::exception_ptr> failures(plan_.threads);
  std::optional<ProcessUsage> server_before;
  if (plan_.server_pid != 0) server_before = usage_of(plan_.server_pid);
  const ProcessUsage own_before = own_usage();
  const PhaseLimits limits{.start_ns = now_ns(),
                           .duration_ns = to_ns(seconds),
                           .requests = requests,
                           .interval_ns = to_ns(interval),
                           .rate = rate,
                           .pipeline = pipeline,
                           .stall_ns = to_ns(plan_.stall_seconds)};
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < plan_.threads; ++i) {
    threads.emplace_back([&, i] {
      try {
        results[i] = run_worker(i, limits, source, progress);
      } catch (...) {
        failures[i] = std::current_exception();
      }
      --running;
    });
  }
  watch(title, progress, running);
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }

  PhaseReport report;
  report.seconds = static_cast<double>(now_ns() - limits.start_ns) * 1e-9;
  report.interval_seconds = interval;
  report.client_cpu_seconds = own_usage().cpu_seconds() - own_before.cpu_seconds();
  if (server_before) {
    if (const auto after = usage_of(plan_.server_pid)) {
      report.server_cpu_seconds = after->cpu_seconds() - server_before->cpu_seconds();
      report.server_rss_bytes = after->rss_bytes;
    }
  }
  for (const std::string& name : names) report.commands.push_back({.name = name});
  for (const PhaseResult& result : results) {
    for (size_t i = 0; i < names.size(); ++i) {
      report.commands[i].latency_ns.merge(result.commands[i].latency_ns);
      report.commands[i].nulls += result.commands[i].nulls;
      report.commands[i].errors += result.commands[i].errors;
    }
    report.intervals.resize(std::max(report.intervals.size(), result.intervals.size()));
    for (size_t i = 0; i < result.intervals.size(); ++i) {
      report.intervals[i].merge(result.intervals[i]);
    }
    report.never_sent += result.never_sent;
    if (report.first_error.empty()) report.first_error = result.first_error;
  }
  for (const CommandReport& command : report.commands) report.latency_ns.merge(command.latency_ns);
  report.replies = report.latency_ns.count();
  return report;
}

// Prints one line, overwritten every second, until the workers are done.
void Runner::watch(const char* title, const std::atomic<uint64_t>& progress,
                   const std::atomic<uint32_t>& running) const {
  const bool shown = plan_.progress == Progress::shown ||
                     (plan_.progress == Progress::automatic && isatty(STDERR_FILENO) == 1);
  uint64_t printed_ns = now_ns();
  uint64_t printed_replies = 0;
  const uint64_t start_ns = printed_ns;
  while (running.load() != 0) {
    std::this_thread::sleep_for(kProgressTick);
    const uint64_t now = now_ns();
    if (!shown || now - printed_ns < 1'000'000'000) continue;
    const uint64_t replies = progress.load(std::memory_order_relaxed);
    const double rate = static_cast<double>(replies - printed_replies) * 1e9 /
                        static_cast<double>(now - printed_ns);
    std::fprintf(stderr, "\r%s: %5.0f s  %12llu replies  %12.0f/s ", title,
                 static_cast<double>(now - start_ns) * 1e-9,
                 static_cast<unsigned long long>(replies), rate);
    printed_ns = now;
    printed_replies = replies;
  }
  if (shown) std::fputc('\n', stderr);
}

}  // namespace

RunReport run_load(const LoadPlan& plan) {
  RunReport report;
  Runner runner(plan);
  if (plan.fill != FillMode::none) report.fill = runner.fill();
  if (plan.fill == FillMode::only) return report;
  if (plan.warmup_seconds > 0) runner.measure(plan.warmup_seconds, "warm-up");
  report.measurement = runner.measure(plan.duration_seconds, "run");
  return report;
}

}  // namespace tidemark::bench
