#include "server/client/client.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/core/core.hpp"

namespace tidemark::server {

namespace {

// Every core is told, so that none shows a command that another one ran before without it.
Reply monitor(Context& ctx, ArgReader&) {
  Client& client = ctx.client();
  if (!ctx.session().may_wait) {
    return Reply::error("ERR MONITOR isn't allowed for DENY BLOCKING client");
  }
  if (client.facts().monitor) return Reply::ok();
  client.facts().monitor = true;
  for (const CoreId core : ctx.all_cores()) {
    ctx.data(core).monitors.add(client.home(), ctx.session().client_id);
  }
  return Reply::ok();
}

constexpr Command kMonitor{
    .name = "monitor",
    .summary = "Shows every command that the server runs.",
    .since = "1.0.0",
    .group = Group::server,
    .arity = exactly(1),
    .flags = Flag::admin | Flag::no_script | Flag::loading | Flag::stale,
    .scope = Scope::all_cores,
    .run = monitor,
};

constexpr Command kCommands[] = {kMonitor};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> monitor_commands() { return kCommands; }

}  // namespace tidemark::server
