#pragma once

#include <cstdint>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"

namespace tidemark::server {

// How long a command waits for its keys: seconds with a fraction, in milliseconds rounded up; 0 for
// ever. Fails `args` where the text is no such time.
int64_t timeout_of(const Context& ctx, ArgReader& args, Bytes seconds);

}  // namespace tidemark::server
