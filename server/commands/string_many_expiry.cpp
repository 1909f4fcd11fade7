// MSETEX: many strings in one command, with one lifetime, as Redis 8.4 has it.

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/expiry_option.hpp"
#include "server/commands/families.hpp"
#include "storage/keyspace/database.hpp"

namespace tidemark::server {

namespace {

struct ManyOptions {
  enum class Condition : uint8_t { always, if_none_exists, if_all_exist };
  Condition condition = Condition::always;
  ExpiryOption expiry;
};

ManyOptions read_options(ArgReader& args) {
  using Condition = ManyOptions::Condition;
  ManyOptions options;
  while (!args.empty() && !args.failed()) {
    if (options.condition != Condition::if_all_exist && args.accept("nx")) {
      options.condition = Condition::if_none_exists;
    } else if (options.condition != Condition::if_none_exists && args.accept("xx")) {
      options.condition = Condition::if_all_exist;
    } else {
      accept_expiry_option(args, ExpiryWords::keep_ttl, options.expiry);
    }
  }
  return options;
}

// Keys and values in turn.
bool may_set(Context& ctx, std::span<const Bytes> pairs, ManyOptions::Condition condition) {
  if (condition == ManyOptions::Condition::always) return true;
  const bool wanted = condition == ManyOptions::Condition::if_all_exist;
  for (size_t i = 0; i < pairs.size(); i += 2) {
    const bool exists =
        ctx.database(pairs[i]).find(ctx.hashed(pairs[i]), storage::Touch::no) != nullptr;
    if (exists != wanted) return false;
  }
  return true;
}

Reply msetex(Context& ctx, ArgReader& args) {
  const int64_t count = args.next_integer(1, INT32_MAX, "ERR invalid numkeys value");
  if (!args.failed() && static_cast<size_t>(count) > args.remaining() / 2) {
    args.fail("ERR wrong number of key-value pairs");
  }
  const auto pairs = args.take(static_cast<size_t>(count) * 2);
  const ManyOptions options = read_options(args);
  const storage::Ttl ttl = args.failed() ? storage::Ttl() : ttl_of(ctx, args, options.expiry);
  if (args.failed()) return args.error();

  if (!may_set(ctx, pairs, options.condition)) return Reply::integer(0);
  for (size_t i = 0; i < pairs.size(); i += 2) {
    ctx.database(pairs[i]).set_string(ctx.hashed(pairs[i]), pairs[i + 1], ttl);
  }
  return Reply::integer(1);
}

constexpr Command kMsetex{
    .name = "msetex",
    .summary = "Sets strings that share a lifetime, if all or none of the keys exist.",
    .since = "8.4.0",
    .complexity = "O(N) in the keys given",
    .group = Group::string,
    .arity = at_least(4),
    .flags = Flag::write | Flag::deny_oom,
    .event = "set",
    .keys = {{.start = StartAt{1}, .walk = WalkCounted{.step = 2}, .access = Access::overwrite}},
    .syntax =
        "numkeys:integer data:(key:key value)... [condition:{NX|XX}] [expiration:{EX "
        "seconds:integer|PX milliseconds:integer|EXAT unix-time-seconds:unix-time|PXAT "
        "unix-time-milliseconds:unix-time|KEEPTTL}]",
    .tips = {"request_policy:multi_shard", "response_policy:agg_min"},
    .run = msetex,
};

constexpr Command kCommands[] = {kMsetex};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> string_many_expiry_commands() { return kCommands; }

}  // namespace tidemark::server
