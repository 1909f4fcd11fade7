#pragma once

#include <cstddef>
#include <cstdlib>

#ifdef TIDEMARK_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

#include "storage/base/ensure.hpp"

// Blocks whose exact cost is known. Everything that counts towards `used_memory` is allocated here:
// the caller remembers (or can compute) the size it asked for, so that freeing is sized and no
// ledger has to look a block up. Running out of memory ends the process, as a cache that cannot
// allocate cannot say so either.
//
// With jemalloc a block comes from the arena of the calling thread; the server binds each core to
// an arena of its own. Without it (sanitizer builds) sizes are rounded to what malloc hands out.
namespace tidemark::heap {

// Blocks are aligned to this, so that the low four bits of their address are free for flags.
inline constexpr size_t kAlignment = 16;
// The alignment of blocks from allocate_lines().
inline constexpr size_t kLine = 64;

// The bytes that allocate(size) takes from the allocator: at least `size`, and all of them may be
// used. With jemalloc its size classes: multiples of 16 up to 128, then four to each doubling;
// computed here because a call of nallocx() costs as much as the rest of an update (a test
// holds the two together). REQUIRES: size > 0.
inline size_t block_bytes(size_t size) {
#ifdef TIDEMARK_JEMALLOC
  constexpr size_t kEvenSteps = 128;
  if (size > kEvenSteps) {
    const size_t step = size_t{1} << (61 - static_cast<unsigned>(__builtin_clzll(size - 1)));
    return (size + step - 1) & ~(step - 1);
  }
#endif
  return (size + kAlignment - 1) & ~(kAlignment - 1);
}

// Never null. REQUIRES: size > 0.
inline void* allocate(size_t size) {
#ifdef TIDEMARK_JEMALLOC
  void* block = mallocx(size < kAlignment ? kAlignment : size, 0);
#else
  void* block = std::malloc(block_bytes(size));
#endif
  ENSURE(block != nullptr);
  return block;
}

// `size`: any value whose block_bytes() equals that of the size asked for.
inline void deallocate(void* block, [[maybe_unused]] size_t size) {
#ifdef TIDEMARK_JEMALLOC
  sdallocx(block, size < kAlignment ? kAlignment : size, 0);
#else
  std::free(block);
#endif
}

// Keeps the contents up to the smaller of both sizes; the block may move. Never null.
inline void* reallocate(void* block, size_t size) {
#ifdef TIDEMARK_JEMALLOC
  block = rallocx(block, size < kAlignment ? kAlignment : size, 0);
#else
  block = std::realloc(block, block_bytes(size));
#endif
  ENSURE(block != nullptr);
  return block;
}

// Whole cache lines. REQUIRES: size is a positive multiple of kLine.
inline void* allocate_lines(size_t size) {
#ifdef TIDEMARK_JEMALLOC
  void* block = mallocx(size, MALLOCX_ALIGN(kLine));
#else
  void* block = std::aligned_alloc(kLine, size);
#endif
  ENSURE(block != nullptr);
  return block;
}

inline size_t line_block_bytes(size_t size) {
#ifdef TIDEMARK_JEMALLOC
  return nallocx(size, MALLOCX_ALIGN(kLine));
#else
  return size;
#endif
}

inline void deallocate_lines(void* block, [[maybe_unused]] size_t size) {
#ifdef TIDEMARK_JEMALLOC
  sdallocx(block, size, MALLOCX_ALIGN(kLine));
#else
  std::free(block);
#endif
}

}  // namespace tidemark::heap
