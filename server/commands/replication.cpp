// Replication, as far as a server without replicas answers for it.

#include <string>
#include <utility>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "storage/base/letter_case.hpp"

namespace tidemark::server {

namespace {

constexpr int64_t kPortMax = 65535;

Reply no_replication() { return Reply::error("ERR replication is not available in this version"); }

Reply failover(Context&, ArgReader& args) {
  if (equals_nocase(args.peek(), "abort")) return Reply::error("ERR No failover in progress.");
  return Reply::error("ERR FAILOVER requires connected replicas.");
}

constexpr Command kFailover{
    .name = "failover",
    .summary = "Hands over to a replica.",
    .since = "6.2.0",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = at_least(1),
    .flags = Flag::admin | Flag::no_script | Flag::stale,
    .syntax = "[TO target:(host port:integer [FORCE])] [ABORT] [TIMEOUT milliseconds:integer]",
    .scope = Scope::home,
    .run = failover,
};

Reply psync(Context&, ArgReader&) { return no_replication(); }

constexpr Command kPsync{
    .name = "psync",
    .summary = "Starts replication, continuing where it stopped if possible.",
    .since = "2.8.0",
    .group = Group::server,
    .arity = at_least(3),
    .flags = Flag::admin | Flag::no_script | Flag::no_async_loading | Flag::no_multi,
    .syntax = "replicationid offset:integer",
    .scope = Scope::home,
    .run = psync,
};

Reply replicaof(Context&, ArgReader& args) {
  if (args.remaining() == 2 && args.accept_with("no", 1) && args.accept("one")) return Reply::ok();
  (void)args.next();
  (void)args.next_integer(0, kPortMax, "ERR Invalid master port");
  if (args.failed()) return args.error();
  return no_replication();
}

constexpr Command kReplicaof{
    .name = "replicaof",
    .summary = "Makes this server a replica, or a master again.",
    .since = "5.0.0",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(3),
    .flags = Flag::admin | Flag::no_script | Flag::stale | Flag::no_async_loading,
    .syntax = "args:{host-port:(host port:integer)|no-one:(NO ONE)}",
    .scope = Scope::home,
    .run = replicaof,
};

Reply role(Context&, ArgReader&) {
  std::vector<Reply> parts;
  parts.push_back(Reply::bulk("master"));
  parts.push_back(Reply::integer(0));
  parts.push_back(Reply::empty_array());
  return Reply::array(std::move(parts));
}

constexpr Command kRole{
    .name = "role",
    .summary = "Tells the role of this server in replication.",
    .since = "2.8.12",
    .complexity = "O(1)",
    .group = Group::server,
    .arity = exactly(1),
    .flags = Flag::no_script | Flag::loading | Flag::stale | Flag::fast,
    .categories = Category::admin | Category::dangerous,
    .scope = Scope::home,
    .run = role,
};

constexpr Command kSlaveof{
    .name = "slaveof",
    .summary = "Makes this server a replica, or a master again.",
    .since = "1.0.0",
    .complexity = "O(1)",
    .deprecated = {.since = "5.0.0", .instead = "`REPLICAOF`"},
    .group = Group::server,
    .arity = exactly(3),
    .flags = Flag::admin | Flag::no_script | Flag::stale | Flag::no_async_loading,
    .syntax = "args:{host-port:(host port:integer)|no-one:(NO ONE)}",
    .scope = Scope::home,
    .run = replicaof,
};

Reply sync(Context&, ArgReader&) { return no_replication(); }

constexpr Command kSync{
    .name = "sync",
    .summary = "Starts replication from the beginning.",
    .since = "1.0.0",
    .group = Group::server,
    .arity = exactly(1),
    .flags = Flag::admin | Flag::no_script | Flag::no_async_loading | Flag::no_multi,
    .scope = Scope::home,
    .run = sync,
};

constexpr Command kCommands[] = {kFailover, kPsync, kReplicaof, kRole, kSlaveof, kSync};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> replication_commands() { return kCommands; }

}  // namespace tidemark::server
