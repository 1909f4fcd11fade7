#pragma once

#include <cstdint>
#include <optional>

namespace tidemark::storage {

// Rate limiting by the generic cell rate algorithm: all that is remembered of a limit is the moment
// at which it will be as if nothing had ever been asked for (the theoretical arrival time), so that
// the window rolls and nothing has to drip in the background. Times are nanoseconds, moments since
// the epoch.

// A burst of `burst` above the first, then `count` in each period.
struct CellRate {
  int64_t burst = 0;
  int64_t count = 1;
  int64_t period_ns = 0;
};

struct CellVerdict {
  bool limited = false;
  int64_t limit = 0;      // how much there is at most
  int64_t remaining = 0;  // how much may be asked for now
  // How long to wait until as much may be asked for again; nothing where it may be now, or never.
  std::optional<int64_t> retry_after_ns;
  int64_t reset_after_ns = 0;  // until there is as much as ever
  int64_t arrival_ns = 0;      // what to remember, unless it is limited
};

// Asks for `quantity`; asking for 0 only looks. `arrival_ns`: what was remembered, if anything.
// Nothing where a number is out of its range: none may be negative, `count` and `period_ns` not 0,
// and the whole burst has to fit into 292 years.
std::optional<CellVerdict> ask_for_cells(const CellRate& rate, std::optional<int64_t> arrival_ns,
                                         int64_t quantity, int64_t now_ns);

}  // namespace tidemark::storage
