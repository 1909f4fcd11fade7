#include "storage/table/hash.hpp"

#include <random>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tidemark::storage {
namespace {

uint64_t draw_seed() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

// Drawn before main; written never again, so every thread may read it.
const uint64_t kSeed = draw_seed();

}  // namespace

uint64_t hash_bytes(Bytes bytes) { return XXH3_64bits_withSeed(bytes.data(), bytes.size(), kSeed); }

}  // namespace tidemark::storage
