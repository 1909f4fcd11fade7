#pragma once

#include <cstdint>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"

namespace tidemark::server {

// The count of SRANDMEMBER and its like: so many different elements, or, where it is negative, so
// many whichever chance picks.
int64_t read_pick_count(ArgReader& args);

// The same for elements that have a second part, which the word after the count asks for.
struct PickArgs {
  bool counted = false;
  int64_t count = 1;
  bool in_pairs = false;
};
PickArgs read_picks(ArgReader& args, Bytes word);

// Picks that may be repeated can make a reply of any length out of any collection, so that it has
// the limit that a string has. Whether a reply in the making may grow, and what is answered beyond.
bool picks_fit(const Context& ctx, size_t reply_bytes);
Reply picks_too_long();
template <typename Picked>
Reply picks_reply(const Context& ctx, Picked&& picked) {
  const size_t bytes = picked.bytes();
  // Who may not have so many replies waiting is closed for them, whatever is in them.
  if (picks_fit(ctx, bytes) || ctx.is_past_reply_limit(bytes)) {
    return std::forward<Picked>(picked).finish();
  }
  return picks_too_long();
}

}  // namespace tidemark::server
