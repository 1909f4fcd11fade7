#pragma once

#include <cstdint>
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
// "jemalloc-5.3.0", or "libc".
const char* allocator_name();

}  // namespace tidemark::server
