#pragma once

#include <cstdint>
#include <optional>

namespace tidemark::storage {

// How a key was used, as far as the policy of eviction wants to know: how long ago (LRU), or how
// often (LFU, the logarithmic counter).
struct KeyUse {
  std::optional<uint64_t> idle_seconds;
  std::optional<uint8_t> frequency;
};

}  // namespace tidemark::storage
