#pragma once

#include <optional>
#include <string>

#include "server/config/settings.hpp"

namespace tidemark::server {

// How willing the kernel is to end this process where the machine runs out of memory:
// oom-score-adj and oom-score-adj-values.
class OomScore {
 public:
  // Has the kernel know what the settings say. Switched off, it is as it was before it was switched
  // on. Returns why that cannot be.
  std::optional<std::string> apply(const Settings& settings);

 private:
  std::optional<int> before_;  // as found; set while it is switched on
};

}  // namespace tidemark::server
