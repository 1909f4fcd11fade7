#include "server/commands/timeout_arg.hpp"

#include <cmath>
#include <limits>

#include "storage/base/number.hpp"

namespace tidemark::server {

int64_t timeout_of(const Context& ctx, ArgReader& args, Bytes seconds) {
  if (args.failed()) return 0;
  const auto value = parse_long_double(seconds);
  if (!value) {
    args.fail("ERR timeout is not a float or out of range");
    return 0;
  }
  const long double ms = std::ceil(*value * 1000);
  if (ms < 0) {
    args.fail("ERR timeout is negative");
    return 0;
  }
  // The moment at which it ends must be a number, too.
  const int64_t longest_ms = std::numeric_limits<int64_t>::max() - ctx.now_ms();
  if (ms > static_cast<long double>(longest_ms)) {
    args.fail("ERR timeout is out of range");
    return 0;
  }
  return static_cast<int64_t>(ms);
}

}  // namespace tidemark::server
