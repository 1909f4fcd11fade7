// SLOWLOG.

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/introspection.hpp"
#include "server/commands/families.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

constexpr int64_t kShownMax = 10;

size_t length_of(const Context& ctx) {
  size_t length = 0;
  for (const CoreId core : ctx.all_cores()) length += ctx.data(core).slow_log.commands().size();
  return std::min(length, static_cast<size_t>(ctx.settings().slowlog_max_len));
}

Reply show(const SlowCommand& command) {
  std::vector<Reply> args;
  for (const std::string& arg : command.args) args.push_back(Reply::bulk_copy(arg));
  std::vector<Reply> fields;
  fields.push_back(Reply::integer(static_cast<int64_t>(command.id)));
  fields.push_back(Reply::integer(command.unix_seconds));
  fields.push_back(Reply::integer(command.duration_us));
  fields.push_back(Reply::array(std::move(args)));
  fields.push_back(Reply::bulk_copy(command.peer));
  fields.push_back(Reply::bulk_copy(command.client_name));
  return Reply::array(std::move(fields));
}

Reply slowlog_get(Context& ctx, ArgReader& args) {
  constexpr Bytes kBadCount = "ERR count should be greater than or equal to -1";
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const int64_t asked = args.empty() ? kShownMax : args.next_integer(-1, kMax, kBadCount);
  args.finish();
  if (args.failed()) return args.error();

  std::vector<const SlowCommand*> all;
  for (const CoreId core : ctx.all_cores()) {
    for (const SlowCommand& command : ctx.data(core).slow_log.commands()) all.push_back(&command);
  }
  const size_t count =
      asked < 0 ? length_of(ctx) : std::min(length_of(ctx), static_cast<size_t>(asked));
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(all.begin(), end, all.end(),
                    [](const SlowCommand* a, const SlowCommand* b) { return a->id > b->id; });
  std::vector<Reply> shown;
  for (auto it = all.begin(); it != end; ++it) shown.push_back(show(**it));
  return Reply::array(std::move(shown));
}

constexpr Command kSlowlogGet{
    .name = "get",
    .summary = "Returns entries of the slow log.",
    .since = "2.2.12",
    .complexity = "O(N) in the entries returned",
    .group = Group::server,
    .arity = at_least(2),
    .flags = Flag::admin | Flag::loading | Flag::stale,
    .syntax = "[count:integer]",
    .tips = {"request_policy:all_nodes", "nondeterministic_output"},
    .scope = Scope::all_cores,
    .run = slowlog_get,
};

Reply slowlog_help(Context& ctx, ArgReader& args) { return container_help(ctx.commands(), args); }

constexpr Command kSlowlogHelp{
    .name = "help",
    .summary = "Lists the subcommands.",
    .since = "6.2.0",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(2),
    .flags = Flag::loading | Flag::stale,
    .scope = Scope::home,
    .run = slowlog_help,
};

Reply slowlog_len(Context& ctx, ArgReader&) {
  return Reply::integer(static_cast<int64_t>(length_of(ctx)));
}

constexpr Command kSlowlogLen{
    .name = "len",
    .summary = "Counts the entries of the slow log.",
    .since = "2.2.12",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(2),
    .flags = Flag::admin | Flag::loading | Flag::stale,
    .tips = {"request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"},
    .scope = Scope::all_cores,
    .run = slowlog_len,
};

Reply slowlog_reset(Context& ctx, ArgReader&) {
  for (const CoreId core : ctx.all_cores()) ctx.data(core).slow_log.clear();
  return Reply::ok();
}

constexpr Command kSlowlogReset{
    .name = "reset",
    .summary = "Empties the slow log.",
    .since = "2.2.12",
    .complexity = "O(N) in the entries",
    .group = Group::server,
    .arity = exactly(2),
    .flags = Flag::admin | Flag::loading | Flag::stale,
    .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
    .scope = Scope::all_cores,
    .run = slowlog_reset,
};

constexpr Command kSlowlogCommands[] = {kSlowlogGet, kSlowlogHelp, kSlowlogLen, kSlowlogReset};

constexpr Command kSlowlog{
    .name = "slowlog",
    .summary = "A container for commands about commands that took long.",
    .since = "2.2.12",
    .complexity = "Depends on the subcommand.",
    .group = Group::server,
    .arity = at_least(2),
    .subcommands = kSlowlogCommands,
};

constexpr Command kCommands[] = {kSlowlog};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> slowlog_commands() { return kCommands; }

}  // namespace tidemark::server
