#pragma once

#include <cstdint>

#include "storage/base/bytes.hpp"

namespace tidemark::storage {

// XXH3, keyed with a number drawn when the process starts, so that nobody outside can choose keys
// that fall together. Not stable across processes: never persist it, and never send it.
uint64_t hash_bytes(Bytes bytes);

}  // namespace tidemark::storage
