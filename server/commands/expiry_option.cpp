#include "server/commands/expiry_option.hpp"

#include <limits>
#include <string>

#include "server/command/command_table.hpp"
#include "server/errors.hpp"
#include "storage/base/letter_case.hpp"
#include "storage/base/number.hpp"

namespace tidemark::server {

namespace {

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

int64_t read_time(const Context& ctx, ArgReader& args, int64_t time, TimeScale scale) {
  const int64_t unit_ms = scale.unit == LifetimeUnit::seconds ? 1000 : 1;
  const int64_t base = scale.since == Since::now ? ctx.now_ms() : 0;
  if (time <= 0 || time > (std::numeric_limits<int64_t>::max() - base) / unit_ms) {
    args.fail(invalid_time(args));
    return 0;
  }
  return base + time * unit_ms;
}

}  // namespace

bool ExpiryConditions::accept(ArgReader& args) {
  if (args.accept("nx")) return if_immortal = true;
  if (args.accept("xx")) return if_mortal = true;
  if (args.accept("gt")) return if_later = true;
  return args.accept("lt") && (if_sooner = true);
}

bool ExpiryConditions::hold(std::optional<int64_t> current_ms, int64_t at_ms) const {
  if (if_immortal && current_ms) return false;
  if (if_mortal && !current_ms) return false;
  if (if_later && (!current_ms || at_ms <= *current_ms)) return false;
  return !if_sooner || !current_ms || at_ms < *current_ms;
}

int64_t read_lifetime(const Context& ctx, ArgReader& args, LifetimeUnit unit) {
  return read_time(ctx, args, args.next_integer(), {.unit = unit, .since = Since::now});
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
  return read_time(ctx, args, *time,
                   {.unit = seconds ? LifetimeUnit::seconds : LifetimeUnit::milliseconds,
                    .since = from_now ? Since::now : Since::epoch});
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
