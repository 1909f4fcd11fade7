#pragma once

#include <cstdint>
#include <optional>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "storage/keyspace/database.hpp"

namespace tidemark::server {

enum class LifetimeUnit : uint8_t { seconds, milliseconds };

// What a time is counted from.
enum class Since : uint8_t { now, epoch };

// How a time is given to a command, or told by it.
struct TimeScale {
  LifetimeUnit unit;
  Since since;
};

inline constexpr TimeScale kSecondsFromNow{LifetimeUnit::seconds, Since::now};
inline constexpr TimeScale kMillisecondsFromNow{LifetimeUnit::milliseconds, Since::now};
inline constexpr TimeScale kUnixSeconds{LifetimeUnit::seconds, Since::epoch};
inline constexpr TimeScale kUnixMilliseconds{LifetimeUnit::milliseconds, Since::epoch};

// When EXPIRE and its like are to change anything.
struct ExpiryConditions {
  bool if_mortal = false;    // XX
  bool if_immortal = false;  // NX
  bool if_later = false;     // GT
  bool if_sooner = false;    // LT

  // Reads one of the words, where one is next.
  bool accept(ArgReader& args);
  // What has no time to live lives longer than anything else.
  bool hold(std::optional<int64_t> current_ms, int64_t at_ms) const;
};

// What SET and GETEX say of a key's time to live. The time itself is read later, since a command
// may have an answer that comes before the error that it is no time.
struct ExpiryOption {
  enum class Kind : uint8_t { none, keep, persist, ex, px, exat, pxat };
  Kind kind = Kind::none;
  Bytes time;  // of the last four

  bool has_time() const { return kind >= Kind::ex; }
};

// Which of the words a command takes besides EX, PX, EXAT and PXAT.
enum class ExpiryWords : uint8_t { keep_ttl, persist };

// Reads one option; a syntax error where it is none, or another one than was given before. Given
// again, it replaces the earlier one.
void accept_expiry_option(ArgReader& args, ExpiryWords words, ExpiryOption& option);
// When the lifetime that was asked for ends, in milliseconds since the epoch: that may have passed.
// REQUIRES: has_time().
int64_t end_of(const Context& ctx, ArgReader& args, const ExpiryOption& option);
// What becomes of the time to live of a key that is set.
storage::Ttl ttl_of(const Context& ctx, ArgReader& args, const ExpiryOption& option);
// Reads a lifetime, positive and in range, and returns when it ends, in milliseconds since the
// epoch.
int64_t read_lifetime(const Context& ctx, ArgReader& args, LifetimeUnit unit);

}  // namespace tidemark::server
