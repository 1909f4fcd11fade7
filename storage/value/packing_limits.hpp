#pragma once

#include <cstddef>

namespace tidemark::storage {

// Up to where a collection is kept packed: Redis's *-max-listpack-entries and *-max-listpack-value.
// They hold for changes: a collection that was packed under other limits stays so until it grows.
struct PackingLimits {
  size_t elements_max;
  size_t element_bytes_max;
};

}  // namespace tidemark::storage
