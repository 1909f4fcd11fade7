// Rate limits: CL.THROTTLE, as the module redis-cell has it.

#include <optional>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/errors.hpp"
#include "storage/base/number.hpp"
#include "storage/keyspace/database.hpp"
#include "storage/value/cell_rate.hpp"

namespace tidemark::server {

namespace {

using storage::CellRate;
using storage::CellVerdict;

constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;

// Whole seconds, so that whoever waits that long has waited long enough.
int64_t seconds_rounded_up(int64_t nanoseconds) {
  return nanoseconds / kNanosecondsPerSecond + (nanoseconds % kNanosecondsPerSecond != 0 ? 1 : 0);
}

Reply reply_of(const CellVerdict& verdict) {
  std::vector<Reply> items;
  items.push_back(Reply::integer(verdict.limited ? 1 : 0));
  items.push_back(Reply::integer(verdict.limit));
  items.push_back(Reply::integer(verdict.remaining));
  items.push_back(Reply::integer(
      verdict.retry_after_ns ? seconds_rounded_up(*verdict.retry_after_ns) : int64_t{-1}));
  items.push_back(Reply::integer(seconds_rounded_up(verdict.reset_after_ns)));
  return Reply::array(std::move(items));
}

// The moment that an earlier call has left at the key.
Result<std::optional<int64_t>> remembered(Context& ctx, Bytes key) {
  const storage::Entry* entry = ctx.find_to_read(key);
  if (entry == nullptr) return std::optional<int64_t>();
  if (entry->type() != storage::ValueType::string) return Errc::wrong_type;
  IntegerText scratch;
  const auto moment = parse_int64(entry->text(scratch));
  if (!moment) return Errc::not_an_integer;
  return moment;
}

Reply throttle(Context& ctx, ArgReader& args) {
  constexpr Bytes kNotAnInteger = "ERR value is not an integer or out of range";
  const Bytes key = args.next();
  CellRate rate;
  rate.burst = args.next_integer();
  rate.count = args.next_integer();
  const int64_t seconds = args.next_integer();
  const int64_t quantity = args.empty() ? 1 : args.next_integer();
  args.finish();
  if (__builtin_mul_overflow(seconds, kNanosecondsPerSecond, &rate.period_ns)) {
    args.fail(kNotAnInteger);
  }
  if (args.failed()) return args.error();

  const auto arrival_ns = remembered(ctx, key);
  if (!arrival_ns) return error_reply(arrival_ns.error());
  const int64_t now_ns = ctx.now_us() * 1000;
  const auto verdict = storage::ask_for_cells(rate, *arrival_ns, quantity, now_ns);
  if (!verdict) return Reply::error(std::string(kNotAnInteger));
  if (!verdict->limited && quantity > 0) {
    // The key goes when it would say nothing any more.
    const int64_t until_ms = verdict->arrival_ns / kNanosecondsPerMillisecond + 1;
    ctx.database(key).set_integer(ctx.hashed(key), verdict->arrival_ns, storage::Ttl::at(until_ms));
  }
  return reply_of(*verdict);
}

constexpr Command kThrottle{
    .name = "cl.throttle",
    .summary = "Asks a rate limit for a quantity: a burst, then so many in each period of seconds.",
    .since = "0.1.0",
    .complexity = "O(1)",
    .group = Group::generic,
    .arity = at_least(5),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .categories = Category::keyspace,
    .keys = {key_at(1, Access::access_update)},
    .syntax = "key:key max-burst:integer count:integer period<seconds>:integer [quantity:integer]",
    .run = throttle,
};

constexpr Command kCommands[] = {kThrottle};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> throttle_commands() { return kCommands; }

}  // namespace tidemark::server
