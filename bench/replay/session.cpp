#include "bench/replay/session.hpp"

#include <algorithm>
#include <cstdio>

#include "bench/base/clock.hpp"
#include "bench/base/process_usage.hpp"
#include "bench/replay/query.hpp"

namespace tidemark::bench {

namespace {

constexpr size_t kFillPairs = 64;
constexpr int kCommitSecondsMax = 300;
constexpr uint64_t kSecond = 1'000'000'000;
// History is trimmed now and then, not after every operation.
constexpr uint64_t kTrimEvery = 4096;

double seconds_since(uint64_t start_ns) { return static_cast<double>(now_ns() - start_ns) * 1e-9; }

// What a user brings along, as acknowledgements of up to kFillPairs channels of one type.
class FillLane {
 public:
  FillLane(const Population& population, uint32_t first, uint32_t step)
      : population_(population), user_(first), step_(step) {}

  bool next(Operation& operation, ReadStateModel& model) {
    while (at_ == rows_.size()) {
      if (started_) user_ += step_;
      started_ = true;
      if (user_ >= population_.config().users) return false;
      rows_ = population_.channels(user_);
      model.reserve(user_, rows_.size());
      at_ = 0;
    }
    operation.kind = OperationKind::ack;
    operation.user = user_;
    operation.type = rows_[at_].type;
    while (at_ != rows_.size() && operation.channels.size() < kFillPairs &&
           rows_[at_].type == operation.type) {
      operation.channels.push_back(
          {rows_[at_].channel, population_.initial_mark(user_, rows_[at_])});
      ++at_;
    }
    return true;
  }

 private:
  const Population& population_;
  uint32_t user_;
  uint32_t step_;
  bool started_ = false;
  std::vector<RowId> rows_;
  size_t at_ = 0;
};

}  // namespace

ReplaySession::ReplaySession(const ReplaySettings& settings)
    : settings_(settings),
      population_(settings.workload.population),
      judge_(settings.workload.population.users) {
  for (uint32_t i = 0; i < settings.lanes; ++i) {
    streams_.emplace_back(settings.workload,
                          WorkloadStream::Lane{.index = i, .of = settings.lanes});
  }
  if (!settings.server_command.empty()) {
    server_ = std::make_unique<ServerProcess>(settings.server_command, settings.endpoint.port);
  }
}

void ReplaySession::connect() {
  loop_ = std::make_unique<LaneLoop>(LaneLoop::Options{
      .endpoint = settings_.endpoint, .lanes = settings_.lanes, .depth = settings_.depth});
}

void ReplaySession::run() {
  if (server_) server_->start();
  connect();
  fill();
  if (settings_.restart == Restart::kill) {
    // The fill is not what a crash is judged by: it is in the store before the history begins.
    const auto committed = query(settings_.endpoint, {"READSTATE.COMMIT"}, kCommitSecondsMax);
    if (committed.type == '-') throw BenchError("READSTATE.COMMIT: " + committed.text);
    judge_.remember(history_);
  }
  const uint64_t half = settings_.operations / 2;
  if (settings_.restart == Restart::kill) kill_at_ = half;
  replay(settings_.restart == Restart::none ? settings_.operations : half, "replay");
  if (settings_.restart == Restart::terminate) restart_well();
  if (settings_.restart == Restart::kill) kill_and_judge();
  if (settings_.restart != Restart::none) replay(settings_.operations - half, "replay, restarted");
  note_info();
  verify_all("verify");
}

LaneLoop::Hooks ReplaySession::hooks() {
  return {.next = [](uint32_t, Operation&) { return false; },
          .version_of = [this](uint32_t user) { return judge_.version_of(user); },
          .settle =
              [this](const Operation& operation, const protocol::DecodedReply& reply,
                     uint64_t latency_ns) {
                const uint64_t now = now_ns();
                judge_.settle(operation, reply, now);
                ++settled_;
                if (!measuring_) return;
                latency_ns_[static_cast<size_t>(operation.kind)].record(latency_ns);
                fanout_members_ += operation.fanout_users.size();
                if (settings_.restart != Restart::kill || settled_ % kTrimEvery != 0) return;
                const auto kept_ms =
                    4 * (settings_.commit_delay_ms + settings_.loss_slack_ms) + 10'000;
                const auto kept_ns = static_cast<uint64_t>(kept_ms * 1e6);
                if (now > kept_ns) history_.forget_before(now - kept_ns);
              }};
}

void ReplaySession::show_progress(const char* title, uint64_t of) {
  const uint64_t now = now_ns();
  if (now - progress_ns_ < kSecond) return;
  const double rate = static_cast<double>(settled_ - progress_settled_) * 1e9 /
                      static_cast<double>(now - progress_ns_);
  std::fprintf(
      stderr, "\r%s: %5.0f s  %5.1f %%  %10.0f/s  violations %llu  errors %llu ", title,
      seconds_since(phase_start_ns_),
      100.0 * static_cast<double>(settled_) / static_cast<double>(std::max<uint64_t>(1, of)), rate,
      static_cast<unsigned long long>(judge_.violations()),
      static_cast<unsigned long long>(judge_.error_replies()));
  progress_ns_ = now;
  progress_settled_ = settled_;
}

PhaseFigures ReplaySession::measure(const char* title, const LaneLoop::Hooks& given, uint64_t of) {
  settled_ = 0;
  progress_settled_ = 0;
  phase_start_ns_ = now_ns();
  progress_ns_ = phase_start_ns_;
  LaneLoop::Hooks hooks = given;
  hooks.abandon = [&, this] {
    show_progress(title, of);
    return given.abandon();
  };
  const auto cpu = [this] {
    const auto usage = server_ ? usage_of(server_->pid()) : std::nullopt;
    return usage ? usage->cpu_seconds() : -1.0;
  };
  const double cpu_before = cpu();
  loop_->run(hooks);
  std::fputc('\n', stderr);
  return {.operations = settled_,
          .seconds = seconds_since(phase_start_ns_),
          .server_cpu_seconds = cpu_before < 0 ? -1 : cpu() - cpu_before};
}

void ReplaySession::fill() {
  std::vector<FillLane> lanes;
  for (uint32_t i = 0; i < settings_.lanes; ++i)
    lanes.emplace_back(population_, i, settings_.lanes);
  LaneLoop::Hooks fill_hooks = hooks();
  fill_hooks.next = [&](uint32_t lane, Operation& operation) {
    return lanes[lane].next(operation, judge_.model());
  };
  fill_figures_ = measure("fill", fill_hooks, settings_.workload.population.users);
  filled_entries_ = judge_.model().entry_count();
}

void ReplaySession::replay(uint64_t operations, const char* title) {
  uint64_t issued = 0;
  const uint64_t end_ns = now_ns() + settings_.seconds_max * kSecond;
  LaneLoop::Hooks replay_hooks = hooks();
  replay_hooks.next = [&](uint32_t lane, Operation& operation) {
    // A server that is to be killed is kept busy until it is.
    if (kill_at_ == UINT64_MAX && issued == operations) return false;
    if (now_ns() > end_ns) return false;
    ++issued;
    operation = streams_[lane].next();
    return true;
  };
  replay_hooks.abandon = [&] { return settled_ >= kill_at_; };
  measuring_ = true;
  const PhaseFigures figures = measure(title, replay_hooks, operations);
  measuring_ = false;
  replay_figures_.operations += figures.operations;
  replay_figures_.seconds += figures.seconds;
  if (figures.server_cpu_seconds >= 0) {
    replay_figures_.server_cpu_seconds =
        std::max(0.0, replay_figures_.server_cpu_seconds) + figures.server_cpu_seconds;
  }
}

void ReplaySession::restart_well() {
  note_info();
  loop_.reset();
  const uint64_t start = now_ns();
  server_->stop();
  server_->start();
  downtime_seconds_ = seconds_since(start);
  std::fprintf(stderr, "restarted on SIGTERM in %.2f s\n", downtime_seconds_);
  connect();
}

void ReplaySession::kill_and_judge() {
  const uint64_t crashed_ns = now_ns();
  server_->kill_now();
  const std::vector<Operation> unanswered = loop_->drain_dead(hooks());
  for (const Operation& operation : unanswered) judge_.settle_unanswered(operation);
  loop_.reset();
  kill_at_ = UINT64_MAX;
  server_->start();
  downtime_seconds_ = seconds_since(crashed_ns);
  std::fprintf(stderr, "killed with %zu operations unanswered; back in %.2f s\n", unanswered.size(),
               downtime_seconds_);
  connect();
  judge_.begin_recovery({.crashed_ns = crashed_ns,
                         .loss_max_ns = static_cast<uint64_t>(
                             (settings_.commit_delay_ms + settings_.loss_slack_ms) * 1e6)});
  verify_all("recover");
  crash_ = judge_.end_recovery();
}

void ReplaySession::verify_all(const char* title) {
  const uint32_t users = settings_.workload.population.users;
  std::vector<uint32_t> next_user;
  for (uint32_t i = 0; i < settings_.lanes; ++i) next_user.push_back(i);
  LaneLoop::Hooks verify_hooks = hooks();
  verify_hooks.next = [&](uint32_t lane, Operation& operation) {
    if (next_user[lane] >= users) return false;
    operation = {.kind = OperationKind::getall, .user = next_user[lane]};
    next_user[lane] += settings_.lanes;
    return true;
  };
  measure(title, verify_hooks, users);
}

void ReplaySession::note_info() {
  for (const char* section : {"memory", "readstate", "stats"}) {
    for (auto& [name, value] : query_info(settings_.endpoint, section)) info_[name] = value;
  }
}

bool ReplaySession::clean() const {
  return judge_.violations() == 0 && judge_.error_replies() == 0;
}

void ReplaySession::print_report() const {
  const auto rate = [](const PhaseFigures& figures) {
    return figures.seconds > 0 ? static_cast<double>(figures.operations) / figures.seconds : 0;
  };
  std::printf("users                    %12u\n", settings_.workload.population.users);
  std::printf("read states              %12llu after the fill, %llu at the end\n",
              static_cast<unsigned long long>(filled_entries_),
              static_cast<unsigned long long>(judge_.model().entry_count()));
  std::printf(
      "fill                     %12.0f commands/s, %.0f read states/s\n", rate(fill_figures_),
      fill_figures_.seconds > 0 ? static_cast<double>(filled_entries_) / fill_figures_.seconds
                                : 0.0);
  std::printf("replay                   %12.0f operations/s, with %llu fan-out members\n",
              rate(replay_figures_), static_cast<unsigned long long>(fanout_members_));
  if (replay_figures_.server_cpu_seconds >= 0 && replay_figures_.operations != 0) {
    std::printf(
        "server CPU               %12.2f us an operation\n",
        replay_figures_.server_cpu_seconds * 1e6 / static_cast<double>(replay_figures_.operations));
  }
  std::printf("\n%-10s%12s%10s%10s%10s%10s\n", "command", "replies", "p50 us", "p99 us", "p99.9 us",
              "max us");
  for (size_t kind = 0; kind < latency_ns_.size(); ++kind) {
    const Histogram& h = latency_ns_[kind];
    if (h.count() == 0) continue;
    const auto which = static_cast<OperationKind>(kind);
    const std::string name = std::string(name_of(which)) +
                             (which == OperationKind::getall_since ? " SINCE" : "") +
                             (which == OperationKind::erase ? " user" : "");
    std::printf("%-13s%9llu%10.0f%10.0f%10.0f%10.0f\n", name.c_str(),
                static_cast<unsigned long long>(h.count()),
                static_cast<double>(h.percentile(50)) / 1e3,
                static_cast<double>(h.percentile(99)) / 1e3,
                static_cast<double>(h.percentile(99.9)) / 1e3, static_cast<double>(h.max()) / 1e3);
  }
  std::printf("\n");
  for (const auto& [name, value] : info_) {
    if (name.rfind("readstate", 0) == 0 || name == "used_memory" || name == "used_memory_rss" ||
        name == "maxmemory") {
      std::printf("%-36s %s\n", name.c_str(), value.c_str());
    }
  }
  if (settings_.restart != Restart::none) {
    std::printf("\nrestart by %s took %.2f s\n",
                settings_.restart == Restart::kill ? "SIGKILL" : "SIGTERM", downtime_seconds_);
  }
  if (settings_.restart == Restart::kill) {
    std::printf(
        "compared %llu users with their histories: %llu lost %llu acknowledged operations, the "
        "oldest %.0f ms before the kill (allowed %.0f)\n",
        static_cast<unsigned long long>(crash_.users_compared),
        static_cast<unsigned long long>(crash_.users_with_losses),
        static_cast<unsigned long long>(crash_.operations_lost),
        static_cast<double>(crash_.oldest_lost_ns) / 1e6,
        settings_.commit_delay_ms + settings_.loss_slack_ms);
  }
  std::printf("\nGETALL replies compared in full %llu, violations %llu, error replies %llu\n",
              static_cast<unsigned long long>(judge_.users_verified()),
              static_cast<unsigned long long>(judge_.violations()),
              static_cast<unsigned long long>(judge_.error_replies()));
  for (const std::string& example : judge_.examples()) std::printf("  %s\n", example.c_str());
  if (!judge_.first_error().empty())
    std::printf("  first error: %s\n", judge_.first_error().c_str());
}

}  // namespace tidemark::bench
