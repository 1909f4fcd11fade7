#include "bench/base/process_usage.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

namespace tidemark::bench {

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

uint64_t resident_bytes(const std::string& folder) {
  std::ifstream file(folder + "/statm");
  uint64_t total_pages = 0;
  uint64_t resident_pages = 0;
  file >> total_pages >> resident_pages;
  return resident_pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

std::optional<ProcessUsage> usage_of(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  std::ifstream file(folder + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  // The second field is the program's name in parentheses, which may hold anything, so that fields
  // are counted from the last parenthesis: the state is the third, utime the 14th.
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::string passed_over;
  for (int field = 3; field < 14; ++field) fields >> passed_over;
  double user_ticks = 0;
  double system_ticks = 0;
  if (!(fields >> user_ticks >> system_ticks)) return std::nullopt;
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  return ProcessUsage{.user_seconds = user_ticks / ticks_per_second,
                      .system_seconds = system_ticks / ticks_per_second,
                      .rss_bytes = resident_bytes(folder)};
}

ProcessUsage own_usage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return ProcessUsage{.user_seconds = seconds(usage.ru_utime),
                      .system_seconds = seconds(usage.ru_stime),
                      .rss_bytes = resident_bytes("/proc/self")};
}

}  // namespace tidemark::bench
