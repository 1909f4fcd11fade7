#include "server/core/allocator.hpp"

#include <unistd.h>

#include <cstdio>

#include "storage/base/ensure.hpp"

#ifdef TIDEMARK_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

namespace tidemark::server {

#ifdef TIDEMARK_JEMALLOC

namespace {

template <typename T>
T read_control(const char* name) {
  T value{};
  size_t size = sizeof value;
  ENSURE(mallctl(name, &value, &size, nullptr, 0) == 0);
  return value;
}

}  // namespace

AllocatorFigures allocator_figures() {
  // jemalloc's figures are those of the moment at which the epoch was last raised.
  uint64_t epoch = 1;
  size_t size = sizeof epoch;
  mallctl("epoch", &epoch, &size, &epoch, size);
  return {.allocated = read_control<size_t>("stats.allocated"),
          .active = read_control<size_t>("stats.active"),
          .resident = read_control<size_t>("stats.resident"),
          .retained = read_control<size_t>("stats.retained"),
          .metadata = read_control<size_t>("stats.metadata")};
}

void use_own_arena() {
  auto arena = read_control<unsigned>("arenas.create");
  ENSURE(mallctl("thread.arena", nullptr, nullptr, &arena, sizeof arena) == 0);
}

void purge_arenas() {
  char name[64];
  std::snprintf(name, sizeof name, "arena.%u.purge", static_cast<unsigned>(MALLCTL_ARENAS_ALL));
  mallctl(name, nullptr, nullptr, nullptr, 0);
}

std::string allocator_report() {
  std::string report;
  malloc_stats_print(
      [](void* to, const char* text) { static_cast<std::string*>(to)->append(text); }, &report,
      nullptr);
  return report;
}

const char* allocator_name() { return "jemalloc-5.3.0"; }

#else

AllocatorFigures allocator_figures() { return {}; }
void use_own_arena() {}
void purge_arenas() {}
std::string allocator_report() { return "The allocator is the C library's.\n"; }
const char* allocator_name() { return "libc"; }

#endif

uint64_t resident_set_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  unsigned long total = 0;
  unsigned long resident = 0;
  const int found = std::fscanf(file, "%lu %lu", &total, &resident);
  std::fclose(file);
  return found == 2 ? resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace tidemark::server
