#pragma once

namespace tidemark {

// Prints the broken invariant and ends the process. Never returns.
[[noreturn]] void ensure_failed(const char* condition, const char* file, int line);

// What tells of it instead of a line to standard error. It may return: the process ends all the
// same.
using EnsureReport = void (*)(const char* condition, const char* file, int line);
void set_ensure_report(EnsureReport report);

}  // namespace tidemark

// ENSURE states what must hold unless the program itself is wrong. It stays in release builds: a
// cache that goes on with broken books would corrupt what it is trusted with.
#define ENSURE(condition)                              \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::tidemark::ensure_failed(#condition, __FILE__, __LINE__))

// ENSURE_DEBUG is for invariants that are too costly to verify on the hot path.
#ifdef NDEBUG
#define ENSURE_DEBUG(condition) static_cast<void>(0)
#else
#define ENSURE_DEBUG(condition) ENSURE(condition)
#endif
