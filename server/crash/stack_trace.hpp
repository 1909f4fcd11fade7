#pragma once

#include "server/crash/safe_text.hpp"

namespace tidemark::server::crash {

// Frames of a stack, as a signal handler may find and name them: the files of the program and its
// libraries are mapped and read at that moment, with system calls alone.

// What must be done once before a handler may do the rest: loads what unwinding needs, and
// remembers where the program and its libraries lie.
void prepare_stack_traces();

// "file(function+0x1d)[0x55e1648409ed]", where a function is found.
void describe_address(const void* address, SafeText& text);

// One line a frame of the calling thread, the innermost first, to `write`.
void write_stack_here(void (*write)(Bytes line));

}  // namespace tidemark::server::crash
