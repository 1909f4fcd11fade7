#include "server/script/memory.hpp"

#include <cstdlib>

namespace tidemark::server::script {

void* Memory::resize(void* block, size_t old_size, size_t new_size) noexcept {
  if (new_size == 0) {
    std::free(block);
    used_ -= old_size;
    return nullptr;
  }
  // Lua relies on it that making a block smaller succeeds.
  const bool grows = new_size > old_size;
  if (grows && (used_ >= limit_ || new_size - old_size > limit_ - used_)) return nullptr;
  void* const resized = std::realloc(block, new_size);
  if (resized == nullptr) return grows ? nullptr : block;
  used_ += new_size;
  used_ -= old_size;
  return resized;
}

}  // namespace tidemark::server::script
