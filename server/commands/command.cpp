#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/introspection.hpp"
#include "server/commands/families.hpp"

namespace tidemark::server {

namespace {

Reply command(Context& ctx, ArgReader& args) { return commands_info(ctx.commands(), args); }

Reply command_info(Context& ctx, ArgReader& args) { return commands_info(ctx.commands(), args); }

Reply command_docs(Context& ctx, ArgReader& args) { return commands_docs(ctx.commands(), args); }

Reply command_list(Context& ctx, ArgReader& args) { return commands_list(ctx.commands(), args); }

Reply command_count(Context& ctx, ArgReader&) {
  return Reply::integer(static_cast<int64_t>(ctx.commands().commands().size()));
}

Reply command_getkeys(Context& ctx, ArgReader& args) {
  return keys_of_call(ctx.commands(), args, KeyFlags::hide);
}

Reply command_getkeysandflags(Context& ctx, ArgReader& args) {
  return keys_of_call(ctx.commands(), args, KeyFlags::show);
}

Reply command_help(Context& ctx, ArgReader& args) { return container_help(ctx.commands(), args); }

constexpr Command kCommandCount{
    .name = "count",
    .summary = "Counts the commands.",
    .since = "2.8.13",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(2),
    .flags = Flag::loading | Flag::stale,
    .categories = Category::connection,
    .scope = Scope::home,
    .run = command_count,
};

constexpr Command kCommandDocs{
    .name = "docs",
    .summary = "Documents commands for people.",
    .since = "7.0.0",
    .complexity = "O(N) in the commands asked for",
    .group = Group::server,
    .arity = at_least(2),
    .flags = Flag::loading | Flag::stale,
    .categories = Category::connection,
    .syntax = "[command-name...]",
    .tips = {"nondeterministic_output_order"},
    .scope = Scope::home,
    .run = command_docs,
};

constexpr Command kCommandGetkeys{
    .name = "getkeys",
    .summary = "Names the keys of a call.",
    .since = "2.8.13",
    .complexity = "O(N) in the arguments",
    .group = Group::server,
    .arity = at_least(3),
    .flags = Flag::loading | Flag::stale,
    .categories = Category::connection,
    .syntax = "command [arg...]",
    .scope = Scope::home,
    .run = command_getkeys,
};

constexpr Command kCommandGetkeysandflags{
    .name = "getkeysandflags",
    .summary = "Names the keys of a call, and what it would do to them.",
    .since = "7.0.0",
    .complexity = "O(N) in the arguments",
    .group = Group::server,
    .arity = at_least(3),
    .flags = Flag::loading | Flag::stale,
    .categories = Category::connection,
    .syntax = "command [arg...]",
    .scope = Scope::home,
    .run = command_getkeysandflags,
};

constexpr Command kCommandHelp{
    .name = "help",
    .summary = "Lists the subcommands.",
    .since = "5.0.0",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(2),
    .flags = Flag::loading | Flag::stale,
    .categories = Category::connection,
    .scope = Scope::home,
    .run = command_help,
};

constexpr Command kCommandInfo{
    .name = "info",
    .summary = "Describes commands.",
    .since = "2.8.13",
    .complexity = "O(N) in the commands asked for",
    .group = Group::server,
    .arity = at_least(2),
    .flags = Flag::loading | Flag::stale,
    .categories = Category::connection,
    .syntax = "[command-name...]",
    .tips = {"nondeterministic_output_order"},
    .scope = Scope::home,
    .run = command_info,
};

constexpr Command kCommandList{
    .name = "list",
    .summary = "Lists the names of commands.",
    .since = "7.0.0",
    .complexity = "O(N) in the commands",
    .group = Group::server,
    .arity = at_least(2),
    .flags = Flag::loading | Flag::stale,
    .categories = Category::connection,
    .syntax = "[FILTERBY filterby:{MODULE module-name|ACLCAT category|PATTERN pattern:pattern}]",
    .tips = {"nondeterministic_output_order"},
    .scope = Scope::home,
    .run = command_list,
};

constexpr Command kCommandCommands[] = {
    kCommandCount, kCommandDocs, kCommandGetkeys, kCommandGetkeysandflags,
    kCommandHelp,  kCommandInfo, kCommandList};

constexpr Command kCommand{
    .name = "command",
    .summary = "Describes all commands.",
    .since = "2.8.13",
    .complexity = "O(N) in the commands",
    .group = Group::server,
    .arity = at_least(1),
    .flags = Flag::loading | Flag::stale,
    .categories = Category::connection,
    .tips = {"nondeterministic_output_order"},
    .run = command,
    .subcommands = kCommandCommands,
};

constexpr Command kCommands[] = {kCommand};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> command_commands() { return kCommands; }

}  // namespace tidemark::server
