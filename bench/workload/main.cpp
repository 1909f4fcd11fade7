// tidemark-workload: the synthetic read state workload as text, or its figures. See
// bench/README.md.

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/base/endpoint.hpp"
#include "bench/base/flags.hpp"
#include "bench/workload/stream.hpp"
#include "bench/workload/workload_flags.hpp"

namespace {

using namespace tidemark::bench;

struct Settings {
  WorkloadConfig workload;
  uint64_t operations = 1'000'000;
  uint32_t lanes = 8;
  bool print = false;
};

void print_operations(const Settings& settings) {
  std::vector<WorkloadStream> lanes;
  for (uint32_t i = 0; i < settings.lanes; ++i) {
    lanes.emplace_back(settings.workload, WorkloadStream::Lane{.index = i, .of = settings.lanes});
  }
  for (uint64_t n = 0; n < settings.operations; ++n) {
    std::puts(operation_line(lanes[n % lanes.size()].next()).c_str());
  }
}

void print_population(const Population& population) {
  const uint32_t users = population.config().users;
  std::vector<uint32_t> counts;
  counts.reserve(users);
  uint64_t total = 0;
  for (uint32_t user = 0; user < users; ++user) {
    counts.push_back(population.channel_count(user));
    total += counts.back();
  }
  std::sort(counts.begin(), counts.end());
  fmt::print("users {}, read states {}, a user: mean {:.1f} median {} p90 {} p99 {} max {}\n",
             users, total, static_cast<double>(total) / users, counts[users / 2],
             counts[static_cast<size_t>(users * 0.9)], counts[static_cast<size_t>(users * 0.99)],
             counts.back());
}

void print_figures(const Settings& settings) {
  print_population(Population(settings.workload.population));
  std::array<uint64_t, kOperationKinds> kinds{};
  std::vector<uint64_t> by_user(settings.workload.population.users);
  uint64_t members = 0;
  for (uint32_t i = 0; i < settings.lanes; ++i) {
    WorkloadStream stream(settings.workload, {.index = i, .of = settings.lanes});
    for (uint64_t n = 0; n < settings.operations / settings.lanes; ++n) {
      const Operation operation = stream.next();
      ++kinds[static_cast<size_t>(operation.kind)];
      members += operation.fanout_users.size();
      if (operation.kind != OperationKind::fanout) ++by_user[operation.user];
    }
  }
  for (size_t kind = 0; kind < kinds.size(); ++kind) {
    const auto which = static_cast<OperationKind>(kind);
    fmt::print("{:<8}{:>12}  {:.3f} %{}\n", name_of(which), kinds[kind],
               100.0 * static_cast<double>(kinds[kind]) / static_cast<double>(settings.operations),
               which == OperationKind::getall_since ? "  (SINCE)"
               : which == OperationKind::erase      ? "  (whole user)"
                                                    : "");
  }
  const auto touched =
      std::count_if(by_user.begin(), by_user.end(), [](uint64_t n) { return n != 0; });
  fmt::print("fan-out members {}, users touched by name {}\n", members, touched);
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  Flags flags("tidemark-workload: the synthetic read state workload.");
  add_workload_flags(flags, settings.workload);
  flags.add("--ops", "number", "operations (1000000)", settings.operations);
  flags.add("--lanes", "number", "users are dealt to so many lanes (8)", settings.lanes);
  flags.add_switch("--print", "the commands, one a line, instead of the figures", settings.print);
  try {
    if (flags.parse(argc, argv) == FlagsResult::helped) return 0;
    if (settings.lanes == 0 || settings.lanes > settings.workload.population.users) {
      throw BenchError("--lanes must be from 1 to the number of users");
    }
  } catch (const BenchError& error) {
    std::fprintf(stderr, "tidemark-workload: %s\n", error.what());
    return 2;
  }
  if (settings.print) {
    print_operations(settings);
  } else {
    print_figures(settings);
  }
  return 0;
}
