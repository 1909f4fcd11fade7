#pragma once

#include <cstddef>

// Memory from the system itself, for single blocks that are huge: it grows without being copied,
// since its pages are put under new addresses; what nobody has written yet reads as zeros and takes
// no memory; and it can be given back bit by bit. The allocator's blocks do none of that, and cost
// less: here every new page is a fault. Running out of memory ends the process, as in heap.hpp.
namespace tidemark::pages {

// Sizes are multiples of this, which is one on every system that we know.
inline constexpr size_t kGrain = size_t{64} << 10;

inline constexpr size_t rounded(size_t bytes) { return (bytes + kGrain - 1) & ~(kGrain - 1); }

// Zeros. Never null. REQUIRES: `bytes` is a positive multiple of kGrain, as everywhere below.
void* map(size_t bytes);
// Keeps the contents up to the smaller of both sizes; zeros beyond. The block may move.
void* remap(void* block, size_t bytes, size_t new_bytes);
// Gives back a block, or a part of it that begins at a grain.
void unmap(void* begin, size_t bytes);

}  // namespace tidemark::pages
