#include "storage/base/ensure.hpp"

#include <cstdio>
#include <cstdlib>

namespace tidemark {

void ensure_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "=== ASSERTION FAILED ===\n==> %s:%d '%s' is not true\n", file, line,
               condition);
  std::abort();
}

}  // namespace tidemark
