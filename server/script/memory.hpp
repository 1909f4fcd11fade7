#pragma once

#include <cstddef>

namespace tidemark::server::script {

// What one Lua state allocates: counted, and bounded. At the limit Lua raises "not enough memory".
class Memory {
 public:
  explicit Memory(size_t limit) : limit_(limit) {}
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // Lua's way to allocate, resize and free (lua_Alloc).
  void* resize(void* block, size_t old_size, size_t new_size) noexcept;

  size_t used() const { return used_; }
  size_t limit() const { return limit_; }
  void set_limit(size_t limit) { limit_ = limit; }

 private:
  size_t used_ = 0;
  size_t limit_;
};

}  // namespace tidemark::server::script
