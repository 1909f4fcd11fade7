// PUBSUB: who has subscribed to what, over all cores.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/introspection.hpp"
#include "server/commands/families.hpp"
#include "server/core/core.hpp"
#include "storage/base/glob.hpp"

namespace tidemark::server {

namespace {

// Which it says as it was written.
Reply wrong_number(Bytes subcommand) {
  return Reply::error("ERR unknown subcommand or wrong number of arguments for '" +
                      std::string(subcommand) + "'. Try PUBSUB HELP.");
}

template <Topic kTopic>
Reply channels(Context& ctx, ArgReader& args) {
  const auto patterns = args.rest();
  if (args.failed()) return args.error();
  if (patterns.size() > 1) return wrong_number(args.all()[1]);
  std::vector<Reply> names;
  for (const CoreId core : ctx.all_cores()) {
    for (const auto& [name, cores] : ctx.data(core).directory.names(kTopic)) {
      if (patterns.empty() || glob_matches(patterns.front(), name))
        names.push_back(Reply::bulk(name));
    }
  }
  return Reply::array(std::move(names));
}

template <Topic kTopic>
Reply numsub(Context& ctx, ArgReader& args) {
  std::vector<Reply> counts;
  for (const Bytes name : args.rest()) {
    size_t count = 0;
    for (const CoreId core : ctx.all_cores()) {
      count += ctx.data(core).subscribers.count(kTopic, name);
    }
    counts.push_back(Reply::bulk(name));
    counts.push_back(Reply::integer(static_cast<int64_t>(count)));
  }
  return Reply::array(std::move(counts));
}

Reply numpat(Context& ctx, ArgReader&) {
  size_t patterns = 0;
  for (const CoreId core : ctx.all_cores()) {
    patterns += ctx.data(core).directory.size(Topic::pattern);
  }
  return Reply::integer(static_cast<int64_t>(patterns));
}

Reply help(Context& ctx, ArgReader& args) { return container_help(ctx.commands(), args); }

constexpr Flag kFlags = Flag::pubsub | Flag::loading | Flag::stale;

constexpr Command kChannels{
    .name = "channels",
    .summary = "Lists the channels that have subscribers.",
    .since = "2.8.0",
    .complexity = "O(N) in the channels",
    .group = Group::pubsub,
    .arity = at_least(2),
    .flags = kFlags,
    .syntax = "[pattern:pattern]",
    .scope = Scope::all_cores,
    .run = channels<Topic::channel>,
};

constexpr Command kHelp{
    .name = "help",
    .summary = "Lists the subcommands.",
    .since = "6.2.0",
    .complexity = "O(1)",
    .group = Group::pubsub,
    .arity = exactly(2),
    .flags = Flag::loading | Flag::stale,
    .scope = Scope::home,
    .run = help,
};

constexpr Command kNumpat{
    .name = "numpat",
    .summary = "Counts the patterns that have subscribers.",
    .since = "2.8.0",
    .complexity = "O(1)",
    .group = Group::pubsub,
    .arity = exactly(2),
    .flags = kFlags,
    .scope = Scope::all_cores,
    .run = numpat,
};

constexpr Command kNumsub{
    .name = "numsub",
    .summary = "Counts the subscribers of channels, those of patterns apart.",
    .since = "2.8.0",
    .complexity = "O(1) for each channel",
    .group = Group::pubsub,
    .arity = at_least(2),
    .flags = kFlags,
    .syntax = "[channel...]",
    .scope = Scope::all_cores,
    .run = numsub<Topic::channel>,
};

constexpr Command kShardchannels{
    .name = "shardchannels",
    .summary = "Lists the shard channels that have subscribers.",
    .since = "7.0.0",
    .complexity = "O(N) in the channels",
    .group = Group::pubsub,
    .arity = at_least(2),
    .flags = kFlags,
    .syntax = "[pattern:pattern]",
    .scope = Scope::all_cores,
    .run = channels<Topic::shard_channel>,
};

constexpr Command kShardnumsub{
    .name = "shardnumsub",
    .summary = "Counts the subscribers of shard channels.",
    .since = "7.0.0",
    .complexity = "O(1) for each channel",
    .group = Group::pubsub,
    .arity = at_least(2),
    .flags = kFlags,
    .syntax = "[shardchannel...]",
    .scope = Scope::all_cores,
    .run = numsub<Topic::shard_channel>,
};

constexpr Command kSubcommands[] = {kChannels, kHelp,          kNumpat,
                                    kNumsub,   kShardchannels, kShardnumsub};

constexpr Command kPubsub{
    .name = "pubsub",
    .summary = "A container for commands about subscriptions.",
    .since = "2.8.0",
    .complexity = "Depends on the subcommand.",
    .group = Group::pubsub,
    .arity = at_least(2),
    .subcommands = kSubcommands,
};

constexpr Command kCommands[] = {kPubsub};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> pubsub_query_commands() { return kCommands; }

}  // namespace tidemark::server
