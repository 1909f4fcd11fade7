#pragma once

#include <cstdint>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"

namespace tidemark::server {

// Where a string has as many bits as one may have, no bit lies: not even one that is only read.
uint64_t bit_offset_end(const Context& ctx);

inline constexpr Bytes kBadBitOffset = "ERR bit offset is not an integer or out of range";

// Reads a bit's offset.
uint64_t next_bit_offset(const Context& ctx, ArgReader& args);

}  // namespace tidemark::server
