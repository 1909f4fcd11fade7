#include "server/commands/pick_count.hpp"

#include <limits>

#include "server/config/settings.hpp"

namespace tidemark::server {

int64_t read_pick_count(ArgReader& args) {
  const int64_t count = args.next_integer();
  if (count == std::numeric_limits<int64_t>::min()) {
    args.fail(
        "ERR value is out of range, value must between -9223372036854775807 and "
        "9223372036854775807");
  }
  return count;
}

PickArgs read_picks(ArgReader& args, Bytes word) {
  constexpr int64_t kPairsMax = std::numeric_limits<int64_t>::max() / 2;
  PickArgs picks{.counted = !args.empty()};
  if (picks.counted) picks.count = read_pick_count(args);
  picks.in_pairs = args.accept(word);
  args.finish();
  if (picks.in_pairs && (picks.count > kPairsMax || picks.count < -kPairsMax)) {
    args.fail("ERR value is out of range");
  }
  return picks;
}

bool picks_fit(const Context& ctx, size_t reply_bytes) {
  return reply_bytes <= static_cast<size_t>(ctx.settings().proto_max_bulk_len) &&
         !ctx.is_past_reply_limit(reply_bytes);
}

Reply picks_too_long() {
  return Reply::error("ERR count is too large, the reply exceeds proto-max-bulk-len");
}

}  // namespace tidemark::server
