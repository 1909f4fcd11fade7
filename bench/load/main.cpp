// tidemark-benchmark: a load generator for any RESP server. See bench/README.md.

#include <csignal>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>

#include "bench/load/options.hpp"
#include "bench/load/report.hpp"
#include "bench/load/run.hpp"

namespace {

using tidemark::bench::BenchError;
using tidemark::bench::LoadPlan;
using tidemark::bench::PhaseReport;
using tidemark::bench::RunReport;

void write_text(const std::string& path, const std::string& text) {
  if (path.empty()) {
    std::fputs(text.c_str(), stdout);
    return;
  }
  std::ofstream file(path, std::ios::trunc);
  if (!(file << text) || !file.flush()) throw BenchError("cannot write " + path);
}

int run(const LoadPlan& plan) {
  const RunReport report = tidemark::bench::run_load(plan);
  write_text(plan.output_path, tidemark::bench::format_report(plan, report));
  if (!plan.series_path.empty()) {
    write_text(plan.series_path, tidemark::bench::format_series(report.measurement));
  }
  for (const PhaseReport* phase : {&report.fill, &report.measurement}) {
    if (phase->first_error.empty()) continue;
    std::fprintf(stderr, "tidemark-benchmark: the server replied: %s\n",
                 phase->first_error.c_str());
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::optional<LoadPlan> plan;
  try {
    plan = tidemark::bench::parse_options(argc, argv);
  } catch (const BenchError& error) {
    std::fprintf(stderr, "tidemark-benchmark: %s\n", error.what());
    return 2;
  }
  if (!plan) return 0;
  try {
    return run(*plan);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tidemark-benchmark: %s\n", error.what());
    return 1;
  }
}
