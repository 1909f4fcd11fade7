#pragma once

#include <cstdint>
#include <span>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/expiry_option.hpp"

// What the commands about fields that expire share.
namespace tidemark::server {

// `FIELDS numfields field...` to the end of the arguments; fails with `not_positive` where the
// number is none, or not above 0.
std::span<const Bytes> read_fields(
    ArgReader& args, Bytes not_positive = "ERR Number of fields must be a positive integer");

// The next argument, a time, as a moment in milliseconds since the epoch, which may have passed.
// Fails where it is no integer, is negative, or means a moment beyond those that a field may have:
// with `beyond`.
int64_t read_field_end(const Context& ctx, ArgReader& args, TimeScale scale, Bytes beyond);

// EX, PX, EXAT or PXAT, where one is next with a time behind it: how that is given.
bool accept_field_scale(ArgReader& args, TimeScale& scale);

}  // namespace tidemark::server
