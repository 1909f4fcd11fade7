#include "server/client/client.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"

namespace tidemark::server {

namespace {

Reply ping(Context&, ArgReader& args) {
  if (args.empty()) return Reply::pong();
  const Bytes message = args.next();
  if (!args.empty()) return Reply::error("ERR wrong number of arguments for 'ping' command");
  return Reply::bulk(message);
}

constexpr Command kPing{
    .name = "ping",
    .summary = "Answers, to show that the server is there.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .group = Group::connection,
    .arity = at_least(1),
    .flags = Flag::fast,
    .categories = Category::connection,
    .syntax = "[message]",
    .tips = {"request_policy:all_shards", "response_policy:all_succeeded"},
    .scope = Scope::home,
    .run = ping,
};

constexpr Command kCommands[] = {kPing};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> connection_commands() { return kCommands; }

}  // namespace tidemark::server
