#include "storage/base/ensure.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace tidemark {

namespace {

void print_to_stderr(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "=== ASSERTION FAILED ===\n==> %s:%d '%s' is not true\n", file, line,
               condition);
}

std::atomic<EnsureReport> ensure_report = print_to_stderr;

}  // namespace

void set_ensure_report(EnsureReport report) { ensure_report = report; }

void ensure_failed(const char* condition, const char* file, int line) {
  ensure_report.load()(condition, file, line);
  std::abort();
}

}  // namespace tidemark
