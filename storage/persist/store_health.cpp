#include "storage/persist/store_health.hpp"

#include <algorithm>

namespace tidemark::storage {

StoreHealth::StoreHealth(const Options& options)
    : options_(options),
      jitter_(static_cast<std::minstd_rand::result_type>(options.jitter_seed + 1)) {}

bool StoreHealth::may_try(int64_t now_us) const {
  if (up_ || now_us >= retry_at_us_) return true;
  return retry_at_us_ - now_us > options_.retry_max_us;  // the clock jumped back
}

void StoreHealth::succeeded(int64_t now_us) {
  if (up_) return;
  up_ = true;
  pause_us_ = 0;
  since_us_ = now_us;
}

void StoreHealth::failed(const std::string& reason, int64_t now_us) {
  note(reason, now_us);
  if (!may_try(now_us)) return;
  if (up_) since_us_ = now_us;
  up_ = false;
  pause_us_ = std::clamp(2 * pause_us_, options_.retry_min_us, options_.retry_max_us);
  // Between three quarters and all of the pause, so that the limit holds with the jitter.
  std::uniform_real_distribution<double> share(0.75, 1.0);
  retry_at_us_ = now_us + static_cast<int64_t>(static_cast<double>(pause_us_) * share(jitter_));
}

void StoreHealth::note(const std::string& reason, int64_t now_us) {
  last_error_ = reason;
  last_error_us_ = now_us;
}

}  // namespace tidemark::storage
