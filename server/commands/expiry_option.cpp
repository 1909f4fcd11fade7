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
  if (equals_nocase(name, "msetex")) return "ERR invalid expire time in 'msetex' command";
  if (equals_nocase(name, "getex")) return "ERR invalid expire time in 'getex' command";
  if (equals_nocase(name, "setex")) return "ERR invalid expire time in 'setex' command";
  if (equals_nocase(name, "psetex")) return "ERR invalid expire time in 'psetex' command";
  return "ERR invalid expire time in 'set' command";
}

int64_t read_time(const Context& ctx, ArgReader& args, int64_t time, LifetimeUnit unit, From from) {
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
  return read_time(ctx, args, args.next_integer(), unit, From::now);
}

int64_t end_of(const Context& ctx, ArgReader& args, const ExpiryOption& option) {
  using Kind = ExpiryOption::Kind;
  const auto time = parse_int64(option.time);
  if (!time) {
    args.fail("ERR value is not an integer or out of range");
    return 0;
  }
  const bool seconds = option.kind == Kind::ex || option.kind == Kind::exat;
  const bool from_now = option.kind == Kind::ex || option.kind == Kind::px;
  return read_time(ctx, args, *time, seconds ? LifetimeUnit::seconds : LifetimeUnit::milliseconds,
                   from_now ? From::now : From::epoch);
}

storage::Ttl ttl_of(const Context& ctx, ArgReader& args, const ExpiryOption& option) {
  using storage::Ttl;
  if (option.kind == ExpiryOption::Kind::keep) return Ttl::keep();
  return option.has_time() ? Ttl::at(end_of(ctx, args, option)) : Ttl::clear();
}

void accept_expiry_option(ArgReader& args, ExpiryWords words, ExpiryOption& option) {
  using Kind = ExpiryOption::Kind;
  auto kind = Kind::none;
  if (args.accept_with("ex", 1)) {
    kind = Kind::ex;
  } else if (args.accept_with("px", 1)) {
    kind = Kind::px;
  } else if (args.accept_with("exat", 1)) {
    kind = Kind::exat;
  } else if (args.accept_with("pxat", 1)) {
    kind = Kind::pxat;
  } else if (words == ExpiryWords::keep_ttl && args.accept("keepttl")) {
    kind = Kind::keep;
  } else if (words == ExpiryWords::persist && args.accept("persist")) {
    kind = Kind::persist;
  }
  if (kind == Kind::none || (option.kind != Kind::none && option.kind != kind)) {
    return args.fail_syntax();
  }
  option.kind = kind;
  if (option.has_time()) option.time = args.next();
}

}  // namespace tidemark::server
