#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <random>

namespace tidemark::storage {

// What a model test's random operations start from: printed, and given back in TIDEMARK_SEED to see
// a failure again.
inline uint64_t seed_of_this_run() {
  const char* given = std::getenv("TIDEMARK_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  MESSAGE("TIDEMARK_SEED=" << seed);
  return seed;
}

}  // namespace tidemark::storage
