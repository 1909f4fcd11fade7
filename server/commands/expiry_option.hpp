#pragma once

#include <cstdint>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"

namespace tidemark::server {

enum class LifetimeUnit : uint8_t { seconds, milliseconds };

// What SET and GETEX say of a key's time to live.
struct ExpiryOption {
  enum class Kind : uint8_t { none, keep, persist, at };
  Kind kind = Kind::none;
  int64_t at_ms = 0;  // since the epoch, of Kind::at
};

// Which of the words a command takes besides EX, PX, EXAT and PXAT.
enum class ExpiryWords : uint8_t { keep_ttl, persist };

// Reads one option; a syntax error where it is none, or a second one.
void accept_expiry_option(const Context& ctx, ArgReader& args, ExpiryWords words,
                          ExpiryOption& option);
// Reads one option, or nothing where none is left.
ExpiryOption read_expiry_option(const Context& ctx, ArgReader& args, ExpiryWords words);
// Reads a lifetime, positive and in range, and returns when it ends, in milliseconds since the
// epoch.
int64_t read_lifetime(const Context& ctx, ArgReader& args, LifetimeUnit unit);

}  // namespace tidemark::server
