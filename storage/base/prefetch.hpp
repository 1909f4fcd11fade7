#pragma once

namespace tidemark {

// Asks the processor to fetch the cache line at this address, which need not be valid.
inline void prefetch(const void* address) {
  __builtin_prefetch(address);
  // GCC 12 takes a function that only prefetches for one without effects, and drops the calls of
  // it.
  asm volatile("");
}

}  // namespace tidemark
