#include "server/core/allocator.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

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

namespace {

// Zero is success.
template <typename T>
int exchange(const char* name, const std::optional<uint64_t>& set_to, uint64_t& value) {
  T own{};
  size_t size = sizeof own;
  auto wanted = static_cast<T>(set_to.value_or(0));
  const int error = mallctl(name, &own, &size, set_to ? &wanted : nullptr, set_to ? size : 0);
  value = set_to ? *set_to : static_cast<uint64_t>(own);
  return error;
}

}  // namespace

AllocatorValue allocator_number(const std::string& name, std::optional<uint64_t> set_to) {
  uint64_t value = 0;
  int error = exchange<uint64_t>(name.c_str(), set_to, value);
  // It refuses a buffer of another width than the value's.
  if (error == EINVAL) error = exchange<uint32_t>(name.c_str(), set_to, value);
  if (error == EINVAL) error = exchange<bool>(name.c_str(), set_to, value);
  if (error != 0) return {.number = {}, .error = std::strerror(error)};
  return {.number = value, .error = {}};
}

AllocatorText allocator_text(const std::string& name, AllocatorCall call) {
  const char* text = nullptr;
  size_t size = sizeof text;
  const bool read = call == AllocatorCall::read;
  const int error =
      mallctl(name.c_str(), read ? &text : nullptr, read ? &size : nullptr, nullptr, 0);
  if (error != 0) return {.text = {}, .error = std::strerror(error)};
  return {.text = text == nullptr ? "OK" : text, .error = {}};
}

const char* allocator_name() { return "jemalloc-5.3.0"; }

#else

AllocatorFigures allocator_figures() { return {}; }
void use_own_arena() {}
void purge_arenas() {}
std::string allocator_report() { return "The allocator is the C library's.\n"; }
AllocatorValue allocator_number(const std::string&, std::optional<uint64_t>) {
  return {.number = {}, .error = std::strerror(ENOENT)};
}
AllocatorText allocator_text(const std::string&, AllocatorCall) {
  return {.text = {}, .error = std::strerror(ENOENT)};
}
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
