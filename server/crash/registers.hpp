#pragma once

#include <ucontext.h>

#include "server/crash/safe_text.hpp"

namespace tidemark::server::crash {

// Of a thread that was interrupted: where it was, and null where this machine's are not known here.
const void* instruction_of(const ucontext_t& context);
const void* stack_of(const ucontext_t& context);
// All of them, a few to a line.
void describe_registers(const ucontext_t& context, SafeText& text);

}  // namespace tidemark::server::crash
