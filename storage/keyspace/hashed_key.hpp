#pragma once

#include <cstdint>

#include "storage/base/bytes.hpp"
#include "storage/table/hash.hpp"

namespace tidemark::storage {

// A key and its hash, made once per command. The bytes are the caller's and outlive the call they
// are passed to.
struct HashedKey {
  Bytes bytes;
  uint64_t hash = 0;
};

inline HashedKey hash_key(Bytes bytes) { return {.bytes = bytes, .hash = hash_bytes(bytes)}; }

}  // namespace tidemark::storage
