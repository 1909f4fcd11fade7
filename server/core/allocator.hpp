#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tidemark::server {

// What the allocator knows of the whole process; zeros where it is not jemalloc.
struct AllocatorFigures {
  uint64_t allocated = 0;  // by the program
  uint64_t active = 0;     // in pages that hold some of it
  uint64_t resident = 0;   // physical memory mapped
  uint64_t retained = 0;
  uint64_t metadata = 0;
};
AllocatorFigures allocator_figures();
// Resident memory of the process as the operating system counts it, in bytes.
uint64_t resident_set_bytes();
// From now on this thread allocates from an arena of its own.
void use_own_arena();
// Gives unused memory of every arena back to the operating system.
void purge_arenas();
// What the allocator tells people of itself.
std::string allocator_report();
// One of the allocator's own values, by the name that its manual gives it; `set_to` changes it
// before. Reads numbers of any width. The text is why it cannot be done.
struct AllocatorValue {
  std::optional<uint64_t> number;
  std::string error;
};
AllocatorValue allocator_number(const std::string& name, std::optional<uint64_t> set_to);
// The same for what is a text; `call` has the value do what it does, where it is none.
enum class AllocatorCall : uint8_t { read, call };
struct AllocatorText {
  std::string text;
  std::string error;
};
AllocatorText allocator_text(const std::string& name, AllocatorCall call);
// "jemalloc-5.3.0", or "libc".
const char* allocator_name();

}  // namespace tidemark::server
