#include "storage/base/heap.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>

using namespace tidemark;

#ifdef TIDEMARK_JEMALLOC
TEST_CASE("the size of a block is the one that jemalloc gives it") {
  for (size_t size = 1; size < 300'000; ++size) {
    REQUIRE(heap::block_bytes(size) == nallocx(size < heap::kAlignment ? 16 : size, 0));
  }
  for (size_t size = 300'000; size < (size_t{1} << 33); size += size / 37 + 1) {
    REQUIRE(heap::block_bytes(size) == nallocx(size, 0));
  }
}
#endif

TEST_CASE("blocks are aligned, wholly usable and keep their contents when they grow") {
  for (size_t size = 1; size < 5000; size += 7) {
    auto* block = static_cast<char*>(heap::allocate(size));
    CHECK(reinterpret_cast<uintptr_t>(block) % heap::kAlignment == 0);
    std::memset(block, 'x', heap::block_bytes(size));
    block = static_cast<char*>(heap::reallocate(block, size * 2));
    CHECK(block[size - 1] == 'x');
    heap::deallocate(block, size * 2);

    void* lines = heap::allocate_lines(size * heap::kLine);
    CHECK(reinterpret_cast<uintptr_t>(lines) % heap::kLine == 0);
    heap::deallocate_lines(lines, size * heap::kLine);
  }
}
