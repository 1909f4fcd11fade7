#include "server/commands/expiry_option.hpp"

#include <limits>
#include <string>

#include "server/command/command_table.hpp"
#include "server/errors.hpp"
#include "storage/base/number.hpp"

namespace tidemark::server {

namespace {

enum class From : uint8_t { now, epoch };

// "ERR invalid expire time in 'set' command" and its like: the texts name the command and live as
// long as the program.
Bytes invalid_time(const ArgReader& args) {
  const Bytes name = args.all().front();
  if (equals_nocase(name, "getex")) return "ERR invalid expire time in 'getex' command";
  if (equals_nocase(name, "setex")) return "ERR invalid expire time in 'setex' command";
  if (equals_nocase(name, "psetex")) return "ERR invalid expire time in 'psetex' command";
  return "ERR invalid expire time in 'set' command";
}

int64_t read_time(const Context& ctx, ArgReader& args, LifetimeUnit unit, From from) {
  const int64_t time = args.next_integer();
  const int64_t scale = unit == LifetimeUnit::seconds ? 1000 : 1;
  const int64_t base = from == From::now ? ctx.now_ms() : 0;
  if (time <= 0 || time > (std::numeric_limits<int64_t>::max() - base) / scale) {
    args.fail(invalid_time(args));
    return 0;
  }
  return base + time * scale;
}

}  // namespace

int64_t read_lifetime(const Context& ctx, ArgReader& args, LifetimeUnit unit) {
  return read_time(ctx, args, unit, From::now);
}

void accept_expiry_option(const Context& ctx, ArgReader& args, ExpiryWords words,
                          ExpiryOption& option) {
  using Kind = ExpiryOption::Kind;
  if (option.kind != Kind::none) return args.fail_syntax();
  const auto at = [&](LifetimeUnit unit, From from) {
    option = {.kind = Kind::at, .at_ms = read_time(ctx, args, unit, from)};
  };
  if (args.accept_with("ex", 1)) {
    at(LifetimeUnit::seconds, From::now);
  } else if (args.accept_with("px", 1)) {
    at(LifetimeUnit::milliseconds, From::now);
  } else if (args.accept_with("exat", 1)) {
    at(LifetimeUnit::seconds, From::epoch);
  } else if (args.accept_with("pxat", 1)) {
    at(LifetimeUnit::milliseconds, From::epoch);
  } else if (words == ExpiryWords::keep_ttl && args.accept("keepttl")) {
    option.kind = Kind::keep;
  } else if (words == ExpiryWords::persist && args.accept("persist")) {
    option.kind = Kind::persist;
  } else {
    args.fail_syntax();
  }
}

ExpiryOption read_expiry_option(const Context& ctx, ArgReader& args, ExpiryWords words) {
  ExpiryOption option;
  if (!args.empty()) accept_expiry_option(ctx, args, words, option);
  return option;
}

}  // namespace tidemark::server
