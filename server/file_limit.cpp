#include "server/file_limit.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace tidemark::server {

int64_t allow_clients(int64_t clients) {
  rlimit limit{};
  const auto wanted = static_cast<rlim_t>(clients + kReservedFiles);
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return clients;
  if (limit.rlim_max < wanted) {
    const rlimit more{.rlim_cur = wanted, .rlim_max = wanted};
    if (setrlimit(RLIMIT_NOFILE, &more) == 0) return clients;
  }
  const rlim_t had = limit.rlim_cur;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = had;
  return std::max<int64_t>(0, static_cast<int64_t>(limit.rlim_cur) - kReservedFiles);
}

}  // namespace tidemark::server
