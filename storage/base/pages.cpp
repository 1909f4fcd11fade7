#include "storage/base/pages.hpp"

#include <sys/mman.h>

#include <cstdint>

#include "storage/base/ensure.hpp"

namespace tidemark::pages {

namespace {

// Page tables are moved a whole one at a time where both addresses are aligned to what it maps.
constexpr size_t kTableSpan = size_t{2} << 20;

}  // namespace

void* map(size_t bytes) {
  ENSURE(bytes > 0 && bytes % kGrain == 0);
  // More than is needed, of which the ends are given back so that the rest is aligned.
  const size_t mapped = bytes + kTableSpan;
  void* const found =
      mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ENSURE(found != MAP_FAILED);
  auto* const begin = static_cast<char*>(found);
  const size_t before = (kTableSpan - reinterpret_cast<uintptr_t>(begin)) % kTableSpan;
  if (before > 0) unmap(begin, before);
  unmap(begin + before + bytes, mapped - before - bytes);
  return begin + before;
}

void* remap(void* block, size_t bytes, size_t new_bytes) {
  ENSURE(new_bytes > 0 && new_bytes % kGrain == 0);
  void* const moved = mremap(block, bytes, new_bytes, MREMAP_MAYMOVE);
  ENSURE(moved != MAP_FAILED);
  return moved;
}

void unmap(void* begin, size_t bytes) { ENSURE(munmap(begin, bytes) == 0); }

}  // namespace tidemark::pages
