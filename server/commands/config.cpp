// CONFIG.

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "server/client/client.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/introspection.hpp"
#include "server/commands/families.hpp"
#include "server/errors.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

Reply config_get(Context& ctx, ArgReader& args) {
  std::vector<Reply> flat;
  for (auto& [name, value] : ctx.server().config().get(args.rest())) {
    flat.push_back(Reply::bulk_copy(std::move(name)));
    flat.push_back(Reply::bulk_copy(std::move(value)));
  }
  return Reply::map(std::move(flat));
}

constexpr Command kConfigGet{
    .name = "get",
    .summary = "Tells the values of options.",
    .since = "2.0.0",
    .complexity = "O(N) in the options",
    .group = Group::server,
    .arity = at_least(3),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale,
    .syntax = "parameter...",
    .scope = Scope::home,
    .run = config_get,
};

Reply config_help(Context& ctx, ArgReader& args) { return container_help(ctx.commands(), args); }

constexpr Command kConfigHelp{
    .name = "help",
    .summary = "Lists the subcommands.",
    .since = "5.0.0",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(2),
    .flags = Flag::loading | Flag::stale,
    .scope = Scope::home,
    .run = config_help,
};

Reply config_resetstat(Context& ctx, ArgReader&) {
  for (const CoreId core : ctx.all_cores()) ctx.data(core).reset_statistics();
  return Reply::ok();
}

constexpr Command kConfigResetstat{
    .name = "resetstat",
    .summary = "Sets the statistics to zero.",
    .since = "2.0.0",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(2),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale,
    .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
    .scope = Scope::all_cores,
    .run = config_resetstat,
};

Reply config_rewrite(Context& ctx, ArgReader&) {
  if (const auto error = ctx.server().config().rewrite()) return Reply::error("ERR " + *error);
  return Reply::ok();
}

constexpr Command kConfigRewrite{
    .name = "rewrite",
    .summary = "Writes the options in effect to the configuration file.",
    .since = "2.8.0",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(2),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale,
    .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
    .scope = Scope::home,
    .run = config_rewrite,
};

Reply config_set(Context& ctx, ArgReader& args) {
  if (args.remaining() % 2 != 0) args.fail_syntax();
  if (args.failed()) return args.error();
  const std::span<const Bytes> pairs = args.rest();
  if (ctx.server().loading()) {
    for (size_t i = 0; i < pairs.size(); i += 2) {
      if (!may_set_while_loading(pairs[i])) return Reply::error(std::string(kLoading));
    }
  }

  const auto caller = ctx.client().from_this_machine() ? Config::Caller::on_this_machine
                                                       : Config::Caller::elsewhere;
  if (const auto error = ctx.server().config().set(pairs, caller)) {
    return Reply::error("ERR " + *error);
  }
  return Reply::ok();
}

// CONFIG SET name value ...: the value behind the name of a password and the like.
bool is_secret_value(std::span<const Bytes> args, size_t position) {
  return position >= 3 && position % 2 == 1 && is_secret_option(args[position - 1]);
}

constexpr Command kConfigSet{
    .name = "set",
    .summary = "Changes options.",
    .since = "2.0.0",
    .complexity = "O(N) in the options given",
    .group = Group::server,
    .arity = at_least(4),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale | Flag::hidden_args,
    .syntax = "data:(parameter value)...",
    .tips = {"request_policy:all_nodes", "response_policy:all_succeeded"},
    .scope = Scope::all_cores,
    .is_secret = is_secret_value,
    .run = config_set,
};

constexpr Command kConfigCommands[] = {kConfigGet, kConfigHelp, kConfigResetstat, kConfigRewrite,
                                       kConfigSet};

constexpr Command kConfig{
    .name = "config",
    .summary = "A container for commands about options.",
    .since = "2.0.0",
    .complexity = "Depends on the subcommand.",
    .group = Group::server,
    .arity = at_least(2),
    .subcommands = kConfigCommands,
};

constexpr Command kCommands[] = {kConfig};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> config_commands() { return kCommands; }

}  // namespace tidemark::server
