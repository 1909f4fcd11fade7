#include "server/commands/hash_field_args.hpp"

#include <limits>

#include "storage/base/number.hpp"

namespace tidemark::server {

namespace {

// The latest end of a field: Redis has 46 bits for it.
constexpr int64_t kFieldEndMax = (int64_t{1} << 46) - 1;

}  // namespace

std::span<const Bytes> read_fields(ArgReader& args, Bytes not_positive) {
  if (!args.accept("fields")) {
    args.fail("ERR Mandatory argument FIELDS is missing or not at the right position");
  }
  const int64_t count = args.next_integer(1, std::numeric_limits<int64_t>::max(), not_positive);
  const auto fields = args.rest();
  if (fields.size() != static_cast<size_t>(count)) {
    args.fail("ERR The `numfields` parameter must match the number of arguments");
  }
  return fields;
}

int64_t read_field_end(const Context& ctx, ArgReader& args, TimeScale scale, Bytes beyond) {
  const int64_t time = args.next_integer();
  if (time < 0) args.fail("ERR invalid expire time, must be >= 0");
  const int64_t unit_ms = scale.unit == LifetimeUnit::seconds ? 1000 : 1;
  const int64_t base_ms = scale.since == Since::now ? ctx.now_ms() : 0;
  if (time > (kFieldEndMax - base_ms) / unit_ms) args.fail(beyond);
  return args.failed() ? 0 : base_ms + time * unit_ms;
}

bool accept_field_scale(ArgReader& args, TimeScale& scale) {
  if (args.accept_with("ex", 1)) {
    scale = kSecondsFromNow;
  } else if (args.accept_with("px", 1)) {
    scale = kMillisecondsFromNow;
  } else if (args.accept_with("exat", 1)) {
    scale = kUnixSeconds;
  } else if (args.accept_with("pxat", 1)) {
    scale = kUnixMilliseconds;
  } else {
    return false;
  }
  return true;
}

}  // namespace tidemark::server
